"""A plugin of parts brings what they bring, and begins and ends with them in order."""

from __future__ import annotations

from datetime import timedelta

from careline.hooks import JobHandler, Schedule
from careline.plugins import OfParts
from careline.testing import run_async


async def _do(args: object, job: object) -> None:
    return None


class Part:
    """One part; ``told`` is where it says what happens to it."""

    def __init__(self, name: str, told: list[str]) -> None:
        self.name, self.told = name, told

    async def start(self) -> None:
        self.told.append(f"{self.name} starts")

    async def stop(self) -> None:
        self.told.append(f"{self.name} stops")

    def job_handlers(self) -> list[JobHandler]:
        return [JobHandler(kind=f"p.{self.name}", do=_do)]


class Silent:
    """A part that only brings a schedule."""

    def schedules(self) -> list[Schedule]:
        return [Schedule(name="tick", kind="p.a", every=timedelta(minutes=1))]


class Whole(OfParts):
    def __init__(self, told: list[str]) -> None:
        self.parts = [Part("a", told), Silent(), Part("b", told)]


def test_what_parts_bring_is_joined_in_their_order() -> None:
    whole = Whole([])
    assert [one.kind for one in whole.job_handlers()] == ["p.a", "p.b"]
    assert [one.name for one in whole.schedules()] == ["tick"]
    assert whole.panels() == []


def test_parts_begin_in_order_and_end_the_last_first() -> None:
    told: list[str] = []
    whole = Whole(told)
    run_async(whole.start())
    run_async(whole.stop())
    assert told == ["a starts", "b starts", "b stops", "a stops"]
