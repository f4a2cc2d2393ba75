// A hospital's HL7 engine that tells of an admission: node-hl7-client, to the port given.
import Client, { HL7_2_5 } from "node-hl7-client";

const [, , port, control, name] = process.argv;
const message = new HL7_2_5()
  .buildMSH({
    msh_3: "HIS", msh_4: "EAST", msh_5: "CARELINE", msh_6: "EAST",
    msh_9_1: "ADT", msh_9_2: "A01", msh_10: control, msh_11_1: "P",
  })
  .buildEVN({ evn_1: "A01" })
  .buildPID({ pid_3: "ZY0001", pid_5: name, pid_8: "M" })
  .toMessage();
message.addSegment("PV1").set("19", `V-${control}`);

console.log("ready 0");
const client = new Client({ host: "127.0.0.1", version: "2.5" });
const line = client.createConnection({ port: Number(port) }, async (res) => {
  const answer = res.getMessage();
  console.log(`${answer.get("MSA.1")} ${answer.get("MSA.2")}`);
  process.exit(0);
});
await line.sendMessage(message);
