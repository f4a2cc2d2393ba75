"""A hospital's system over TCP that is honest with its books and terrible at answering.

It answers late, twice, out of order or never, works off what it was sent long after, and cuts
connections; what it has booked is in :attr:`Books.visits`. One JSON object a line, both ways.
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from attrs import define, field, frozen


@frozen
class Manners:
    """Chances of each fault for one request, and ``second``: how long a second lasts here."""

    late: float = 0.06
    mute: float = 0.05
    deaf: float = 0.05
    slow: float = 0.04
    twice: float = 0.05
    down: float = 0.03
    cut: float = 0.005
    second: float = 1.0


@define
class Visit:
    """One visit in the books."""

    slot: str
    patient: int
    state: str


@define
class Books:
    """The truth: visits by key, and how many numbers a slot has."""

    capacity: dict[str, int]
    visits: dict[str, Visit] = field(factory=dict)
    left: dict[str, int] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.left = dict(self.capacity)

    def book(self, key: str, slot: str, patient: int) -> str:
        known = self.visits.get(key)
        if known is not None:
            return "booked" if known.state == "booked" else "refused"
        if self.left[slot] < 1:
            return "taken"
        self.left[slot] -= 1
        self.visits[key] = Visit(slot, patient, "booked")
        return "booked"

    def cancel(self, key: str) -> str:
        known = self.visits.get(key)
        if known is not None and known.state == "booked":
            known.state = "cancelled"
            self.left[known.slot] += 1
        return "cancelled"

    def state(self, key: str) -> str:
        known = self.visits.get(key)
        return known.state if known else "absent"


class Hospital:
    """The system, in a thread of its own; ``port`` is where it listens."""

    def __init__(self, books: Books, manners: Manners, seed: int) -> None:
        self.books = books
        self.manners = manners
        self.counts: dict[str, int] = {}
        self._chance = random.Random(seed)
        self._ready = threading.Event()
        self._awake = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._work: set[asyncio.Task[None]] = set()
        self.port = 0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(60)

    def behave(self) -> None:
        """From now on every request is answered at once; what is under way arrives."""
        self.manners = Manners(0, 0, 0, 0, 0, 0, 0)
        self._loop.call_soon_threadsafe(self._awake.set)
        while self._work:
            threading.Event().wait(0.01)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                self._begin(self._answer(json.loads(line), writer))
        except OSError:
            pass
        finally:
            writer.close()

    def _begin(self, coro: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(coro)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def _answer(self, asked: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        fault = self._fault()
        self.counts[fault] = self.counts.get(fault, 0) + 1
        second = self.manners.second
        if fault == "cut":
            writer.close()
        elif fault == "down":
            self._say(asked, "unavailable", writer)
        elif fault == "slow":  # long after everybody has given up
            await self._sleep(self._chance.uniform(5, 200) * second)
            self._do(asked)
        elif fault == "mute":
            self._do(asked)
        elif fault != "deaf":
            if fault == "late":
                await self._sleep(self._chance.uniform(0, 12) * second)
            for _ in range(2 if fault == "twice" else 1):
                self._say(asked, self._do(asked), writer)

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._awake.wait(), seconds)

    def _fault(self) -> str:
        at = self._chance.random()
        for name in ("late", "mute", "deaf", "slow", "twice", "down", "cut"):
            at -= getattr(self.manners, name)
            if at < 0:
                return name
        return "well"

    def _do(self, asked: dict[str, Any]) -> str:
        if asked["what"] == "book":
            return self.books.book(asked["key"], asked["slot"], asked["patient"])
        if asked["what"] == "cancel":
            return self.books.cancel(asked["key"])
        return self.books.state(asked["key"])

    def _say(self, asked: dict[str, Any], answer: str, writer: asyncio.StreamWriter) -> None:
        if not writer.is_closing():
            writer.write(json.dumps({"id": asked["id"], "answer": answer}).encode() + b"\n")
