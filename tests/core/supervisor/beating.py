"""A child for the tests: beats, prints what it does, and ends when told or orphaned."""

from __future__ import annotations

import sys
import time

from twisted.internet import reactor as real  # noqa: TID251 - a program of its own

from careline.clock import Clock
from careline.supervisor import beat_to_supervisor


def main(way: str) -> None:
    reactor = real
    reactor.seconds = time.monotonic
    beat_to_supervisor(reactor, Clock(reactor), lambda: say_and_stop(reactor))
    # Only once the reactor runs does it hear SIGTERM.
    reactor.callWhenRunning(lambda: print("up", flush=True))
    if way == "block":
        reactor.callLater(0.2, time.sleep, 600)
    reactor.run()
    print("bye", flush=True)


def say_and_stop(reactor) -> None:
    with open(sys.argv[2], "a") as file:
        file.write("orphaned\n")
    reactor.stop()


main(sys.argv[1])
