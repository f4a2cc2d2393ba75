// A gateway of text messages over HTTP (express): /form and /json answer as a generic one, /aliyun,
// /tencent, /twilio as those do. The last digits of the number choose: 02 a wrong number, 03 hangs up,
// 04 never answers, 05 HTTP 500, 06 HTTP 503, 07 too many, 08 no money, 09 an odd answer, 10 leads
// elsewhere. Each request is told.
import express from "express";

const app = express();
let last = 0;
app.use(express.urlencoded({ extended: false }));
app.use(express.text({ type: "application/json" }));

const ANSWERS = {
  form: { good: (id) => ({ code: 0, data: { id } }), "02": { code: 11 }, "07": { code: 22, msg: "慢一点" }, "08": { code: 33, msg: "余额不足" } },
  aliyun: {
    good: (id) => ({ Code: "OK", Message: "OK", BizId: id, RequestId: "r" }),
    "02": { Code: "isv.MOBILE_NUMBER_ILLEGAL", Message: "号码格式错误" },
    "07": { Code: "Throttling.User", Message: "Request was denied due to user flow control." },
    "08": { Code: "isv.AMOUNT_NOT_ENOUGH", Message: "余额不足" },
  },
  tencent: {
    good: (id) => ({ Response: { SendStatusSet: [{ SerialNo: id, Fee: 2, Code: "Ok", Message: "send success" }], RequestId: "r" } }),
    "02": { Response: { SendStatusSet: [{ SerialNo: "", Fee: 0, Code: "InvalidParameterValue.IncorrectPhoneNumber", Message: "incorrect phone number" }] } },
    "07": { Response: { Error: { Code: "RequestLimitExceeded", Message: "slow" }, RequestId: "r" } },
    "08": { Response: { SendStatusSet: [{ SerialNo: "", Fee: 0, Code: "FailedOperation.InsufficientBalanceInSmsPackage", Message: "no" }] } },
  },
  twilio: {
    good: (id) => ({ sid: id, num_segments: "1", status: "queued" }),
    "02": { code: 21211, message: "The 'To' number is not a valid phone number.", status: 400 },
    "07": { code: 20429, message: "Too Many Requests", status: 429 },
    "08": { code: 20003, message: "Authenticate", status: 401 },
  },
};
ANSWERS.json = ANSWERS.form;

app.use((req, res) => {
  const kind = req.path.split("/")[1] === "2010-04-01" ? "twilio" : req.path.split("/")[1] || "aliyun";
  const body = typeof req.body === "string" ? JSON.parse(req.body) : req.body ?? {};
  const to = String(body.mobile ?? req.query.mobile ?? req.query.PhoneNumbers ?? body.PhoneNumberSet?.[0] ?? body.To ?? "");
  const digits = to.slice(-2);
  console.log(JSON.stringify({ method: req.method, url: req.url, headers: req.headers, body }));
  if (digits === "03") return req.socket.destroy();
  if (digits === "04") return undefined;
  if (digits === "05") return res.status(500).send("oops");
  if (digits === "06") return res.status(503).send("later");
  if (digits === "09") return res.send("<html>login</html>");
  if (digits === "10") return res.redirect(307, "/elsewhere");
  const said = ANSWERS[kind][digits];
  if (said) return res.status(said.status ?? 200).json(said);
  last += 1;
  return res.status(kind === "twilio" ? 201 : 200).json(ANSWERS[kind].good(`B${last}`));
});

const server = app.listen(0, "127.0.0.1", () => console.log(`ready ${server.address().port}`));
