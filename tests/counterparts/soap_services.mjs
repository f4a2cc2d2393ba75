// What the hospital offers: typed operations, and one operation with trade codes.
import { STATES } from "./soap_hospital.mjs";

const OK = { ResultCode: "0", ResultText: "成功" };
const no = (code, text) => ({ ResultCode: code, ResultText: text });

export function typed(his, counted) {
  const patientOf = (p = {}) => ({ number: p.PatientNo ?? "", name: p.Name ?? "", sex: p.Sex ?? "", birth: p.BirthDate ?? "", idCard: p.IdCard ?? "", phone: p.Phone ?? "" });
  const day = (value) => (value instanceof Date ? value.toISOString() : String(value)).slice(0, 10);
  const operations = {
    GetDepartments: () => ({ ...OK, Departments: { Department: his.departments.map((d, i) => ({ DeptCode: d.code, DeptName: d.name, Place: d.place, Intro: d.intro, SortNo: i + 1 })) } }),
    GetDoctors: ({ DeptCode }) => ({ ...OK, Doctors: { Doctor: his.doctors.filter((d) => !DeptCode || d.department === DeptCode).map((d) => ({ DoctorCode: d.code, DoctorName: d.name, DeptCode: d.department, Title: d.title, Expert: Boolean(d.expert), Specialty: d.specialty, Intro: d.intro })) } }),
    GetSchedule: ({ DeptCode, BeginDate, EndDate }) => {
      if (DeptCode && !his.departments.some((d) => d.code === DeptCode)) {
        throw { Fault: { faultcode: "soap:Client", faultstring: "科室不存在", statusCode: 500 } };
      }
      const found = his.clinics(day(BeginDate), day(EndDate), DeptCode);
      return { ...OK, Schedules: { Schedule: found.map((c) => ({ ScheduleCode: c.code, DeptCode: c.department, DoctorCode: c.doctor, WorkDate: c.day, HalfDay: c.half, ClinicType: c.kind, Fee: c.fee, Room: c.room, Stopped: c.stopped, Slots: { Slot: c.slots.map((s) => ({ SlotCode: s.code, BeginTime: `${s.start}:00`, EndTime: `${s.end}:00`, Capacity: s.capacity, Left: s.left })) } })) } };
    },
    // This system knows no keys: asked twice, it books twice.
    Book: ({ SlotCode, Patient }) => {
      const [what, b] = his.book(SlotCode, patientOf(Patient));
      if (what === "booked") return { ...OK, BookingNo: b.id, QueueNo: b.queue, PatientNo: b.patient, Place: "301诊室" };
      return what === "taken" ? no("101", "号源已满") : no("102", what === "stopped" ? "已停诊" : "号源不存在");
    },
    Cancel: ({ BookingNo }) => (his.cancel(BookingNo) === "cancelled" ? OK : no("201", "预约不存在或已取消")),
    GetVisits: ({ Patient, VisitDate }) => ({ ...OK, Visits: { Visit: his.visits(patientOf(Patient), day(VisitDate)).map((b) => ({ BookingNo: b.id, ScheduleCode: b.clinic, SlotCode: b.slot, State: STATES[b.state], QueueNo: b.queue, PatientNo: b.patient })) } }),
    StopClinic: ({ ScheduleCode }) => (his.stopped.add(ScheduleCode), OK),
    FindPatients: (asked) => ({ ...OK, Patients: { Patient: his.find({ number: asked.PatientNo, idCard: asked.IdCard, phone: asked.Phone }).map((p) => ({ PatientNo: p.number, Name: p.name, Sex: p.sex, BirthDate: p.birth, IdCard: p.idCard, Phone: p.phone })) } }),
    GetInpatients: ({ Keyword }) => ({ ...OK, Inpatients: { Inpatient: some(his.info.inpatients, Keyword).map((r) => ({ AdmissionNo: r.number, Name: r.name, Ward: r.ward, Bed: r.bed, AdmitDate: r.day })) } }),
    GetDrugPrices: ({ Keyword }) => ({ ...OK, Drugs: { Drug: some(his.info.drugs, Keyword).map((r) => ({ DrugName: r.name, Spec: r.spec, Unit: r.unit, Price: r.price })) } }),
  };
  const wrapped = Object.fromEntries(Object.entries(operations).map(([name, work]) => [name, (asked) => counted(name, () => work(asked ?? {}))]));
  return { Registration: { RegistrationPort: wrapped } };
}

const some = (rows = [], text = "") => rows.filter((row) => !text || Object.values(row).some((value) => String(value).includes(text)));

export function called(his, counted) {
  const trades = {
    1001: () => rows("科室", his.departments.map((d) => ({ 科室代码: d.code, 科室名称: d.name, 位置: d.place, 简介: d.intro }))),
    1002: () => rows("医生", his.doctors.map((d) => ({ 医生工号: d.code, 医生姓名: d.name, 科室代码: d.department, 职称: d.title, 是否专家: d.expert ? "是" : "否", 擅长: d.specialty, 简介: d.intro }))),
    1003: (a) => rows("排班", his.clinics(a.开始日期, a.结束日期, a.科室代码).map((c) => ({ 排班号: c.code, 科室代码: c.department, 医生工号: c.doctor, 出诊日期: c.day, 午别: c.half, 号别: c.kind, 挂号费: `${c.fee}元`, 诊室: c.room, 状态: c.stopped ? "停诊" : "正常" }))),
    1004: (a) => rows("号源", his.clinics(a.开始日期, a.结束日期, a.科室代码).filter((c) => !a.排班号 || c.code === a.排班号).flatMap((c) => c.slots).map((s) => ({ 号源号: s.code, 排班号: s.clinic, 时段: `${s.start}-${s.end}`, 总数: s.capacity, 剩余: s.left }))),
    2001: (a) => {
      const [what, b] = his.book(a.号源号, patientOf(a), a.平台流水号);
      if (what === "booked") return { code: "0", text: "预约成功", 预约单号: b.id, 就诊序号: b.queue, 门诊号: b.patient, 就诊地点: "301诊室" };
      const codes = { taken: ["1001", "号源已满"], stopped: ["1002", "已停诊"], unknown: ["1003", "号源不存在"], duplicate: ["1004", "流水号重复"] };
      return { code: codes[what][0], text: codes[what][1] };
    },
    2002: (a) => (his.cancel(a.预约单号) === "cancelled" ? { code: "0", text: "取消成功" } : { code: "2001", text: "无此预约" }),
    2003: (a) => rows("预约", his.bookings.filter((b) => (a.平台流水号 && b.key === a.平台流水号) || (a.预约单号 && b.id === a.预约单号)).map((b) => ({ 预约单号: b.id, 平台流水号: b.key, 排班号: b.clinic, 号源号: b.slot, 状态: STATES[b.state], 就诊序号: b.queue, 门诊号: b.patient }))),
    2004: (a) => (his.stopped.add(a.排班号), { code: "0", text: "停诊成功" }),
    3001: (a) => rows("患者", his.find({ number: a.门诊号, idCard: a.证件号, phone: a.手机号 }).map((p) => ({ 门诊号: p.number, 姓名: p.name, 性别: p.sex, 出生日期: p.birth, 证件号: p.idCard, 手机号: p.phone }))),
    ...Object.fromEntries(["inpatients", "discharges", "surgeries", "costs", "drugs", "card", "check_ups", "routes"].map((kind, i) => [4001 + i, (a) => rows("记录", some(his.info[kind], a.关键字))])),
  };
  const CallService = ({ TradeCode, InputXml }) => {
    const work = trades[TradeCode] ?? (() => ({ code: "-1", text: "交易代码不存在" }));
    return { CallServiceResult: counted(TradeCode, () => written(work(read(InputXml)))) };
  };
  return { HisService: { HisPort: { CallService } } };
}

const rows = (tag, list) => (list.length ? { code: "0", text: "成功", list: [tag, list] } : { code: "100", text: "未查询到数据" });
const patientOf = (a) => ({ number: a.门诊号, name: a.姓名, sex: a.性别, birth: a.出生日期, idCard: a.证件号, phone: a.手机号 });
const escape = (value) => String(value ?? "").replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);
const tags = (row) => Object.entries(row).map(([name, value]) => `<${name}>${escape(value)}</${name}>`).join("");

function written({ code, text, list, ...rest }) {
  const inside = list ? `<列表>${list[1].map((row) => `<${list[0]}>${tags(row)}</${list[0]}>`).join("")}</列表>` : tags(rest);
  return `<?xml version="1.0" encoding="gb2312"?><响应><结果代码>${code}</结果代码><结果描述>${escape(text)}</结果描述>${inside}</响应>`;
}

function read(xml) {
  const plain = (text) => text.replace(/&(lt|gt|quot|amp);/g, (_, name) => ({ lt: "<", gt: ">", quot: '"', amp: "&" })[name]);
  return Object.fromEntries([...xml.matchAll(/<([\p{L}\w]+)>([^<]*)<\/\1>/gu)].map(([, name, text]) => [name, plain(text)]));
}
