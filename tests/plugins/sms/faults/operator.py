"""A gateway's operator that takes messages badly: in a thread, on a port of this machine.

One line for each message, ``<key> <id>``; it answers ``<id> ok <reference>`` or ``<id> 500``. Of
each message it writes down that it has gone out, or not, before it answers, cuts off or is silent.
"""

from __future__ import annotations

import random
import socketserver
import threading
from collections import Counter
from collections.abc import Mapping
from enum import Enum

from attrs import frozen


class Whim(Enum):
    """What it does with a message: sends it or not, and tells the truth, nothing, or an error."""

    WELL = "well"
    SENT_AND_CUT = "sent and cut"
    CUT = "cut"
    SENT_AND_SILENT = "sent and silent"
    SILENT = "silent"
    SENT_AND_500 = "sent and 500"
    ERROR_500 = "500"

    @property
    def sends(self) -> bool:
        """True when the message goes out all the same."""
        return self in (Whim.WELL, Whim.SENT_AND_CUT, Whim.SENT_AND_SILENT, Whim.SENT_AND_500)


@frozen
class Whims:
    """How often each, in parts of a whole."""

    weights: Mapping[Whim, int]

    def choose(self, chance: random.Random) -> Whim:
        """What becomes of the next message."""
        return chance.choices(list(self.weights), list(self.weights.values()))[0]


class Operator:
    """``keyed``: it sends a key once, however often it is asked. ``sent`` counts what went out."""

    def __init__(self, keyed: bool, whims: Whims, seed: int = 1) -> None:
        self.keyed = keyed
        self.sent: Counter[str] = Counter()
        self.asked = 0
        self._whims = whims
        self._chance = random.Random(seed)
        self._changed = threading.Condition()
        operator = self

        class Line(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                for line in self.rfile:
                    key, id = line.decode().split()
                    whim = operator._take(key)
                    if whim in (Whim.CUT, Whim.SENT_AND_CUT):
                        return
                    said = {
                        Whim.WELL: f"ok {key}-r",
                        Whim.ERROR_500: "500",
                        Whim.SENT_AND_500: "500",
                    }
                    if whim in said:
                        self.wfile.write(f"{id} {said[whim]}\n".encode())

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, request: object, client_address: object) -> None:
                """The other side was killed: that is what is tested."""

        self._server = Server(("127.0.0.1", 0), Line)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def _take(self, key: str) -> Whim:
        with self._changed:
            self.asked += 1
            whim = self._whims.choose(self._chance)
            known = self.keyed and key in self.sent
            if whim.sends and not known:
                self.sent[key] += 1
            self._changed.notify_all()
            return whim

    def wait_until_asked(self, often: int, timeout: float) -> bool:
        """Until it was asked so often; False when that takes too long."""
        with self._changed:
            return self._changed.wait_for(lambda: self.asked >= often, timeout)

    def start(self) -> None:
        """Listen."""
        self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
