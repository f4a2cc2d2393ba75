// A hospital's HL7 engine: node-hl7-server. It listens on every address whatever it is told, so
// the socket is told here. A patient called 满 is refused with AE; 断 loses the connection.
import net from "node:net";
import { Server } from "node-hl7-server";

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function loopback(options, ready) {
  return listen.call(this, { port: 0, host: "127.0.0.1" }, () => {
    console.log(`ready ${this.address().port}`);
    ready?.();
  });
};

new Server().createInbound({ port: 0 }, async (req, res) => {
  const message = req.getMessage();
  const name = message.get("PID.5").toString();
  console.log(`${message.get("MSH.9.2")} ${message.get("SCH.1.1")} ${name}`);
  if (name.startsWith("断")) return res._socket.destroy();
  await res.sendResponse(name.startsWith("满") ? "AE" : "AA");
});
