// A small hospital in memory: departments, doctors, schedules that roll on for ever, bookings.
import { readFileSync } from "node:fs";

const DEMO = {
  departments: [
    { code: "E01", name: "内科", place: "门诊楼2层", intro: "常见病、多发病" },
    { code: "E02", name: "骨科", place: "门诊楼3层", intro: "" },
    { code: "E03", name: "儿科", place: "门诊楼1层", intro: "" },
  ],
  doctors: [
    { code: "E101", name: "陈静", department: "E01", title: "主任医师", expert: true, specialty: "高血压、冠心病" },
    { code: "E102", name: "刘洋", department: "E02", title: "副主任医师", expert: true, specialty: "关节置换" },
    { code: "E103", name: "赵敏", department: "E03", title: "主治医师", expert: false, specialty: "小儿呼吸" },
  ],
  patients: [
    { number: "E0000001", name: "王芳", sex: "女", birth: "1980-05-01", idCard: "11010119800501002X", phone: "13800138001" },
    { number: "E0000002", name: "王小明", sex: "男", birth: "2018-03-02", idCard: "", phone: "13800138001" },
  ],
  info: {
    inpatients: [{ number: "ZY001", name: "孙丽", ward: "二病区", bed: "12", day: "2026-11-20" }],
    drugs: [{ name: "阿莫西林胶囊", spec: "0.25g*24粒", unit: "盒", price: "12.50" }],
  },
};
const HALVES = [["上午", "AM", 8], ["下午", "PM", 14]];
export const STATES = { booked: "已预约", cancelled: "已取消" };

export class Hospital {
  constructor(file, capacity = 2) {
    Object.assign(this, DEMO, file ? JSON.parse(readFileSync(file, "utf8")) : {});
    this.capacity = capacity;
    this.bookings = [];
    this.stopped = new Set();
    this.next = 1;
  }

  clinics(first, last, department) {
    const found = [];
    const end = Date.parse(`${last}T00:00Z`);
    for (let at = Date.parse(`${first}T00:00Z`); at <= end; at += 86400e3) {
      const day = new Date(at).toISOString().slice(0, 10);
      this.doctors.forEach((doctor, index) => {
        if (department && doctor.department !== department) return;
        const [half, letter, hour] = HALVES[(index + at / 86400e3) % 2];
        found.push(this.clinic(day, doctor, half, letter, hour));
      });
    }
    return found;
  }

  clinic(day, doctor, half, letter, hour) {
    const code = `${day.replaceAll("-", "")}-${doctor.code}-${letter}`;
    const stopped = this.stopped.has(code);
    const slots = [0, 1, 2, 3].map((step) => {
      const minutes = (start) => `${String(hour + Math.floor(start / 60)).padStart(2, "0")}:${String(start % 60).padStart(2, "0")}`;
      const slot = `${code}-${step + 1}`;
      const taken = this.bookings.filter((b) => b.slot === slot && b.state === "booked").length;
      const left = stopped ? 0 : this.capacity - taken;
      return { code: slot, clinic: code, start: minutes(step * 30), end: minutes(step * 30 + 30), capacity: this.capacity, left };
    });
    const kind = doctor.expert ? "专家" : "普通";
    return { code, department: doctor.department, doctor: doctor.code, day, half, kind, fee: doctor.expert ? "30.00" : "7.50", room: "301诊室", stopped, slots };
  }

  slot(code) {
    const [digits, doctor] = code.split("-");
    const day = `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6, 8)}`;
    if (Number.isNaN(Date.parse(day))) return undefined;
    const clinics = this.clinics(day, day, "").filter((one) => one.doctor === doctor);
    return clinics.flatMap((one) => one.slots).find((one) => one.code === code);
  }

  // The patient's record, made when there is none.
  patient(who) {
    const known = this.patients.find((one) => this.same(one, who));
    if (known) return known;
    const made = { ...who, number: `E9${String(this.next++).padStart(6, "0")}` };
    this.patients.push(made);
    return made;
  }

  same(one, who) {
    const by = (name) => Boolean(who[name]) && one[name] === who[name];
    return by("number") || by("idCard") || (by("name") && by("phone"));
  }

  // [what it came to, the booking]: booked, taken, stopped, unknown, duplicate
  book(slotCode, who, key = "") {
    const before = key && this.bookings.find((b) => b.key === key);
    if (before) return ["duplicate", before];
    const slot = this.slot(slotCode);
    if (!slot) return ["unknown"];
    if (this.stopped.has(slot.clinic)) return ["stopped"];
    if (slot.left < 1) return ["taken"];
    const patient = this.patient(who);
    const id = this.next++;
    const booking = { id: `YY${id}`, key, slot: slotCode, clinic: slot.clinic, patient: patient.number, state: "booked", queue: id };
    this.bookings.push(booking);
    return ["booked", booking];
  }

  cancel(id) {
    const booking = this.bookings.find((b) => b.id === id);
    if (!booking) return "absent";
    if (booking.state === "cancelled") return "absent";
    booking.state = "cancelled";
    return "cancelled";
  }

  visits(who, day) {
    const numbers = this.patients.filter((one) => this.same(one, who)).map((one) => one.number);
    const of = day.replaceAll("-", "");
    return this.bookings.filter((b) => numbers.includes(b.patient) && b.slot.startsWith(of));
  }

  find({ number, idCard, phone }) {
    return this.patients.filter(
      (one) => (number && one.number === number) || (idCard && one.idCard === idCard) || (phone && one.phone === phone),
    );
  }
}
