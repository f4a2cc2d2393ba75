// A hospital's system behind npm soap: /typed and /his (each with ?wsdl), and /control for faults.
//   node soap.mjs [--data hospital.json] [--port 8090] [--capacity 2]
// POST /control {"mode": "late", "ms": 2000, "times": 1, "what": "Book"} switches a fault on for
// calls whose body holds `what`, ?reset forgets all visits and stops; GET /control tells bookings and how often each call was carried out.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import express from "express";
import { listen } from "soap";
import { Hospital } from "./soap_hospital.mjs";
import { called, typed } from "./soap_services.mjs";

const { values: given } = parseArgs({
  options: { data: { type: "string" }, port: { type: "string", default: "0" }, capacity: { type: "string", default: "2" } },
});
const his = new Hospital(given.data, Number(given.capacity));
const calls = {};
let fault = { mode: "none" };
let twice = false;
const counted = (name, work) => {
  calls[name] = (calls[name] ?? 0) + 1;
  const answer = work();
  if (!twice) return answer;
  calls[name] += 1;
  return work() && answer;
};

const app = express();
app.use(express.text({ type: "*/*", limit: "10mb" }));
app.get("/control", (_, res) => res.json({ bookings: his.bookings, calls, patients: his.patients.length }));
app.post("/control", (req, res) => {
  if (req.query.reset !== undefined) {
    his.bookings.length = 0;
    his.stopped.clear();
    for (const name of Object.keys(calls)) delete calls[name];
  }
  fault = { times: 1e9, what: "", ...JSON.parse(req.body) };
  res.json({});
});

const BOMB = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "${"ha".repeat(50)}">${"bcdefgh".split("").map((n, i) => `<!ENTITY ${n} "${`&${"abcdefg"[i]};`.repeat(10)}">`).join("")}]><x>&h;</x>`;
const OUTSIDE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]><x>&f;</x>';
const INSTEAD = { garbage: "<html><b>系统维护中", bomb: BOMB, outside: OUTSIDE, empty: "" };
const CHANGED = {
  types: (body) => body.replace(/(&lt;剩余&gt;|<t:Left>)\d+/g, "$1许多"),
  code: (body) => body.replace(/(&lt;结果代码&gt;|<t:ResultCode>)\w+/g, "$177"),
};

app.use(["/typed", "/his"], (req, res, next) => {
  const hit = req.method === "POST" && fault.times > 0 && req.body.includes(fault.what);
  const mode = hit ? fault.mode : "none";
  if (hit) fault.times -= 1;
  twice = mode === "work-twice";
  if (mode === "never") return;
  if (mode === "drop-before") return req.socket.destroy();
  if (mode === "late") return setTimeout(next, fault.ms);
  if (mode === "status") return res.status(fault.ms).end("no");
  if (mode in INSTEAD) return res.type("text/xml").send(INSTEAD[mode]);
  if (mode === "huge") return huge(res);
  if (mode === "fault") return res.status(500).type("text/xml").send('<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Server</faultcode><faultstring>ORA-03113</faultstring></s:Fault></s:Body></s:Envelope>');
  if (["drop", "answer-twice", "types", "code"].includes(mode)) instead(res, mode);
  return next();
});

// Take what npm soap answers and do something else with it.
function instead(res, mode) {
  let body = "";
  res.write = (part) => ((body += part), true);
  res.end = (part = "") => {
    body = (CHANGED[mode] ?? ((same) => same))(body + part);
    if (mode === "drop") return res.socket.destroy();
    const whole = `HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    return res.socket.end(mode === "answer-twice" ? whole + whole : whole);
  };
}

function huge(res) {
  const part = `<Row>${"x".repeat(1_000_000)}</Row>`;
  let left = 50;
  res.on("close", () => console.log(`huge ${50 - left} ${res.writableFinished ? "whole" : "cut"}`));
  res.type("text/xml").write("<Rows>");
  const more = () => {
    while (left > 0) {
      left -= 1;
      if (!res.write(part)) return res.once("drain", more);
    }
    return res.end("</Rows>");
  };
  more();
}

const server = createServer(app);
server.listen(Number(given.port), "127.0.0.1", () => {
  const { port } = server.address();
  const wsdl = (name) => readFileSync(new URL(name, import.meta.url), "utf8").replaceAll("{port}", port);
  let ready = 0;
  const callback = () => ++ready === 2 && console.log(`ready ${port}`);
  for (const [path, services, name] of [["/typed", typed(his, counted), "soap_typed.wsdl"], ["/his", called(his, counted), "soap_call.wsdl"]]) {
    listen(app, { path, services, xml: wsdl(name), callback, suppressStack: true });
  }
});
