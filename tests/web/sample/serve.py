"""Serve the sample page on a port of 127.0.0.1: python -m tests.web.sample.serve [PORT]."""

from __future__ import annotations

import sys
import warnings

from tests.web.sample.hooks import PERMISSION, Hooks

from careline.clock import Clock
from careline.testing.web import WebHouse
from careline.web.site import Site


def main(port: int) -> None:
    """Listen, and print the cookie to come with."""
    from twisted.internet import reactor  # noqa: TID251 - a program of its own

    warnings.simplefilter("ignore")
    house = WebHouse(
        [("sample", Hooks())], permissions=[PERMISSION, "desk.use"], clock=Clock(reactor)
    )
    Site(reactor, house.shell).listen(port, "127.0.0.1")
    print("careline=" + house.browser().cookies["careline"], flush=True)
    reactor.run()  # type: ignore[attr-defined]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8765)
