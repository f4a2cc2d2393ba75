// An SMSC: the npm package smpp. What it does with a message depends on the last digits of its number:
// 01 throttled once, 02 no such number, 03 hangs up, 04 never answers, 05 the receipt comes first,
// 06 ids in hex, receipts in decimal, 07 receipts shout, 08 receipts by parameters alone, 09 a reply
// in three parts, the last first; 10 throttles the second part once, 11 refuses it, and
// 12 answers late, 13 refuses. Each text is told.
import smpp from "smpp";

const refused = (status) => ({ command_status: smpp[status] });
const seen = new Map();
let last = Number(process.argv[2] ?? 4000);

function once(key) {
  const before = seen.get(key) ?? 0;
  seen.set(key, before + 1);
  return before === 0;
}

function text(pdu) {
  return pdu.short_message.message ?? pdu.message_payload?.message ?? "";
}

function receipt(session, pdu, id, more = {}) {
  const said = `id:${id} sub:001 dlvrd:001 submit date:2611230900 done date:2611230901 stat:DELIVRD err:000 text:`;
  session.deliver_sm({
    source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, esm_class: 4,
    short_message: said, ...more,
  });
}

function reply(session, pdu) {
  ["我要", "改到星期一，", "谢谢😀"].map((part, index) => ({
    source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, esm_class: 0x40, data_coding: 8,
    short_message: { udh: Buffer.from([5, 0, 3, 77, 3, index + 1]), message: part },
  })).reverse().forEach((one) => session.deliver_sm(one));
}

function submitted(session, pdu) {
  const digits = pdu.destination_addr.slice(-2);
  const udh = pdu.short_message.udh?.[0];
  const part = udh ? [...udh].slice(-2) : [1, 1];
  console.log(JSON.stringify({
    to: pdu.destination_addr, from: pdu.source_addr, coding: pdu.data_coding, esm: pdu.esm_class,
    part, text: text(pdu),
  }));
  const second = part[1] === 2;
  if (digits === "01" && once(pdu.destination_addr)) return session.send(pdu.response(refused("ESME_RTHROTTLED")));
  if (digits === "02") return session.send(pdu.response(refused("ESME_RINVDSTADR")));
  if (digits === "03") return session.destroy();
  if (digits === "04") return undefined;
  if (digits === "10" && second && once(pdu.destination_addr)) return session.send(pdu.response(refused("ESME_RTHROTTLED")));
  if (digits === "13") return session.send(pdu.response(refused("ESME_RSUBMITFAIL")));
  if (digits === "11" && second) return session.send(pdu.response(refused("ESME_RSUBMITFAIL")));
  last += 1;
  const id = digits === "06" ? last.toString(16) : `m${last}a`;
  const taken = pdu.response({ message_id: id });
  if (digits === "05") {
    receipt(session, pdu, id);
    return setTimeout(() => session.send(taken), 50);
  }
  if (digits === "12") {
    return setTimeout(() => {
      session.send(taken);
      receipt(session, pdu, id);
    }, 3000);
  }
  session.send(taken);
  if (digits === "11") return setTimeout(() => receipt(session, pdu, id), 200);
  if (digits === "06") receipt(session, pdu, String(last).padStart(10, "0"));
  else if (digits === "07") receipt(session, pdu, id.toUpperCase());
  else if (digits === "08") receipt(session, pdu, "", { short_message: "", receipted_message_id: id, message_state: 5 });
  else receipt(session, pdu, id);
  if (digits === "09") reply(session, pdu);
  return undefined;
}

const server = smpp.createServer((session) => {
  const bind = (pdu) => {
    const right = pdu.password === "secret";
    session.send(pdu.response(right ? { system_id: "npm" } : refused("ESME_RINVPASWD")));
    if (!right) session.close();
  };
  for (const kind of ["bind_transceiver", "bind_transmitter", "bind_receiver"]) session.on(kind, bind);
  session.on("submit_sm", (pdu) => submitted(session, pdu));
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
  session.on("unbind", (pdu) => session.send(pdu.response(), null, () => session.close()));
  session.on("error", () => {});
});
server.listen(0, "127.0.0.1", () => console.log(`ready ${server.address().port}`));
