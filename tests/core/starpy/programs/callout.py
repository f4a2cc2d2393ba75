"""A StarPy program: call a channel, tell what becomes of it, log off when it hangs up.

usage: callout.py PORT USER SECRET CHANNEL CONTEXT EXTENSION
"""

import logging
import sys

from twisted.internet import reactor  # noqa: TID251 - a program of its own

from careline.starpy import error, manager

log = logging.getLogger("callout")


class CallOut:
    def __init__(self, channel, context, exten):
        self.channel, self.context, self.exten = channel, context, exten
        self.uniqueid = None

    def onLogin(self, ami):
        self.ami = ami
        ami.registerEvent("Newchannel", self.onNewChannel)
        ami.registerEvent(("OriginateResponse", "Hangup"), self.onEvent)
        df = ami.originate(
            self.channel,
            self.context,
            self.exten,
            "1",
            timeout=15,
            callerid="预约中心 <4001>",
            variable={"PATIENT": "0001", "REASON": "follow-up"},
            nowait=True,
        )
        df.addCallbacks(self.onOriginated, self.onFailure)
        return df

    def onOriginated(self, message):
        print("originated:", message["message"], flush=True)

    def onNewChannel(self, ami, event):
        if self.uniqueid is None:
            self.uniqueid = event["uniqueid"]
            print("new:", event["channel"].split("-")[0], flush=True)
            ami.getVar(event["channel"], "PATIENT").addCallbacks(self.onPatient, self.onFailure)

    def onPatient(self, value):
        print("patient:", value, flush=True)

    def onEvent(self, ami, event):
        if event["event"] == "OriginateResponse":
            print("outcome:", event["response"], flush=True)
        elif event["uniqueid"] == self.uniqueid:
            print("hangup:", event["cause"], flush=True)
            ami.deregisterEvent("Hangup", self.onEvent)
            ami.status().addCallback(self.onStatus).addErrback(self.onFailure)

    def onStatus(self, events):
        print("left:", len([e for e in events if e.get("event") == "Status"]), flush=True)
        self.ami.logoff().addBoth(lambda _: reactor.stop())

    def onFailure(self, reason):
        reason.trap(error.AMICommandFailure)
        print("failed:", reason.value.args[0]["message"], flush=True)
        reactor.stop()


def main(port, user, secret, channel, context, exten):
    program = CallOut(channel, context, exten)
    factory = manager.AMIFactory(user, secret)
    df = factory.login("127.0.0.1", int(port))
    df.addCallbacks(program.onLogin, program.onFailure)


if __name__ == "__main__":
    logging.basicConfig()
    manager.log.setLevel(logging.WARNING)
    reactor.callWhenRunning(main, *sys.argv[1:])
    reactor.run()
