"""A StarPy program that stays: counts channels, and counts anew whenever Asterisk comes back.

usage: watch.py PORT USER SECRET
"""

import logging
import sys

from twisted.internet import reactor  # noqa: TID251 - a program of its own

from careline.starpy import manager

log = logging.getLogger("watch")


class ChannelTracker:
    def __init__(self):
        self.channels = {}

    def onConnect(self, ami):
        self.channels.clear()
        ami.registerEvent("Newchannel", self.onNew)
        ami.registerEvent("Hangup", self.onHangup)
        ami.registerEvent(None, self.onAny)
        ami.command("core show uptime").addCallback(self.onUptime).addErrback(self.onFailure)
        ami.collectDeferred(
            [("Action", "CoreShowChannels")], "CoreShowChannelsComplete"
        ).addCallback(self.onStatus, ami).addErrback(self.onFailure)

    def onAny(self, ami, event):
        log.debug("%s %s", ami, event)

    def onUptime(self, lines):
        print("uptime:", lines[0].split(":")[0], flush=True)

    def onStatus(self, events, ami):
        for event in events[1:-1]:
            self.channels[event["uniqueid"]] = event
        print("connected:", len(self.channels), flush=True)

    def onNew(self, ami, event):
        self.channels[event["uniqueid"]] = event
        print("channels:", len(self.channels), flush=True)

    def onHangup(self, ami, event):
        self.channels.pop(event["uniqueid"], None)
        print("channels:", len(self.channels), flush=True)

    def onReconnect(self, login):
        print("lost", flush=True)
        login.addCallbacks(self.onConnect, self.onFailure)

    def onFailure(self, reason):
        print("failed:", reason.getErrorMessage(), flush=True)


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stdout, format="%(name)s: %(message)s")
    manager.log.setLevel(logging.INFO)
    tracker = ChannelTracker()
    port, user, secret = sys.argv[1:]
    factory = manager.AMIFactory(
        user, secret, id="watch", plaintext_login=False, on_reconnect=tracker.onReconnect
    )
    reactor.callWhenRunning(
        lambda: factory.login("127.0.0.1", int(port)).addCallbacks(
            tracker.onConnect, tracker.onFailure
        )
    )
    reactor.run()
