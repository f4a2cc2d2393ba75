"""``python -m tests.bench.web_site``: the shell with nothing but event streams, told of things.

Prints where it listens; for each line on standard input, what was buffered at most.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from twisted.internet import reactor as installed  # noqa: TID251 -- a program of its own
from twisted.internet.stdio import StandardIO
from twisted.internet.task import LoopingCall
from twisted.protocols.basic import LineReceiver

from careline.clock import Clock
from careline.testing.web import WebHouse
from careline.web.site import Site

reactor: Any = installed
PEOPLE = 50
#: Bytes of an event's name, so that even few events fill the buffer of one who does not read.
NAME = "call_changed_" + "x" * 1500


class Talk(LineReceiver):
    """Answers each line."""

    delimiter = b"\n"

    def __init__(self, house: WebHouse, site: Site) -> None:
        self._house = house
        self._site = site
        self._most = 0

    def look(self) -> None:
        """See what the streams' connections hold."""
        for transport in self._site.transports:
            held = len(transport.dataBuffer) - transport.offset + transport._tempDataLen
            self._most = max(self._most, held)

    def lineReceived(self, line: bytes) -> None:
        """Tell."""
        said = {"most": self._most, "cut": self._house.events.slow}
        self.sendLine(json.dumps(said).encode())


def main() -> None:
    """Run until terminated."""
    reactor.seconds = time.monotonic
    house = WebHouse(clock=Clock(reactor))
    site = Site(reactor, house.shell)
    site.listen(0, "127.0.0.1")
    tokens = [house.browser().cookies["careline"] for _ in range(PEOPLE)]
    talk = Talk(house, site)
    StandardIO(talk)

    def tell() -> None:
        house.events.tell(NAME, repr(reactor.seconds()))
        talk.look()

    every = 1 / float(sys.argv[1])
    LoopingCall(tell).start(every)
    where = {"host": "127.0.0.1", "port": site.port, "tokens": tokens}
    talk.sendLine(json.dumps(where).encode())
    reactor.run()


if __name__ == "__main__":
    main()
