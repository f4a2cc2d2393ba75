"""``python -m tests.bench.screens.browsers``: the desks' browsers, without their drawing.

Takes host, port, the tokens by agent and a file on standard input; writes a line for each answer.
"""

from __future__ import annotations

import json
import re
import sys
import time
import warnings
from typing import Any

from twisted.internet import reactor as installed  # noqa: TID251 -- a program of its own
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol
from twisted.web.client import Agent, HTTPConnectionPool, readBody
from twisted.web.http_headers import Headers

reactor: Any = installed
STATE = re.compile(rb'data-state="(\w+)"')
PANEL = re.compile(rb'hx-get="(/panel/[^"]*)"')
SPAN_S = 0.25
"""A browser fetches what it was told of at once, and then at most so often."""


class Desk(Protocol):
    """One desk's event stream, and what it fetches."""

    def __init__(self, agent: str, token: str, base: str, out: Any) -> None:
        self.agent, self.base, self.out = agent, base, out
        self._pool = HTTPConnectionPool(reactor)
        self._pool.maxPersistentPerHost = 6
        self._http = Agent(reactor, pool=self._pool)
        self._headers = Headers({"Cookie": [f"careline={token}"], "HX-Request": ["true"]})
        self._left = b""
        self._fetching = self._again = False
        self._call = ""

    async def listen(self) -> None:
        """Open the stream."""
        answer = await self._ask("/events")
        if answer.code != 200:
            raise AssertionError(f"agent {self.agent}: {answer.code}")
        answer.deliverBody(self)

    def _ask(self, path: str) -> Deferred[Any]:
        asked: Any = self._http.request(b"GET", f"{self.base}{path}".encode(), self._headers)
        return asked  # type: ignore[no-any-return]

    def dataReceived(self, data: bytes) -> None:
        """Events."""
        *events, self._left = (self._left + data).split(b"\n\n")
        for event in events:
            if event.startswith(b"event: desk\n"):
                call = json.loads(event.partition(b"data: ")[2])["id"]
                self._told(call)

    def _told(self, call: str) -> None:
        if self._fetching:
            self._again = True
            return
        self._fetching = True
        Deferred.fromCoroutine(self._show(call)).addErrback(self._failed)

    def _failed(self, failure: Any) -> None:
        print(f"agent {self.agent}: {failure.getErrorMessage()}", file=sys.stderr)
        self._fetching = False

    async def _show(self, call: str) -> None:
        """The bar; at a ring the call's page and its panels too."""
        began = time.time()  # noqa: TID251 -- compared with Asterisk's
        body, _ = await self._fetch("/desk/bar")
        state = STATE.search(body)
        shown = state.group(1).decode() if state else ""
        self._note(shown, time.time() - began)  # noqa: TID251 -- as above
        reactor.callLater(SPAN_S, self._free, call)
        if shown == "ringing" and call and call != self._call:
            self._call = call
            page, _ = await self._fetch(f"/call/{call}")
            for path in PANEL.findall(page):
                address = path.decode().replace("&amp;", "&")
                _, took = await self._fetch(address)
                self._note(address, took)

    def _free(self, call: str) -> None:
        self._fetching = False
        if self._again:
            self._again = False
            self._told(call)

    async def _fetch(self, path: str) -> tuple[bytes, float]:
        """The answer, and the seconds that the server says it took."""
        answer = await self._ask(path)
        body: bytes = await readBody(answer)
        if answer.code != 200:
            raise AssertionError(f"{path}: {answer.code}")
        said = answer.headers.getRawHeaders("Server-Timing", ["dur=0"])[0]
        return body, float(said.rpartition("dur=")[2]) / 1000

    def _note(self, what: str, took: float) -> None:
        now = time.time()  # noqa: TID251 -- compared with Asterisk's
        line = {"at": now, "agent": self.agent, "what": what, "took_s": took}
        self.out.write(json.dumps(line) + "\n")
        self.out.flush()


def main() -> None:
    """Run until terminated."""
    warnings.simplefilter("ignore", DeprecationWarning)  # readBody's own of its own transport
    told = json.load(sys.stdin)
    with open(told["file"], "w", encoding="utf-8") as out:
        base = f"http://{told['host']}:{told['port']}"
        desks = [Desk(agent, token, base, out) for agent, token in told["tokens"].items()]

        def begin() -> None:
            for desk in desks:
                Deferred.fromCoroutine(desk.listen()).addErrback(lambda failure: print(failure))

        reactor.callWhenRunning(begin)
        reactor.run()


if __name__ == "__main__":
    main()
