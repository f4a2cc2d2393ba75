"""The checker finds every planted fault, and nothing in a history that is right."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve
from tests.plugins.appointments.faults.checker import Evidence, Held, Line, Told, check

GOOD = Evidence(
    lines=(
        Line(Told.BOOKED, "a", "s1", 1),
        Line(Told.BOOKED, "b", "s2", 2),
        Line(Told.CANCEL, "b"),
        Line(Told.CANCELLED, "b"),
        Line(Told.REFUSED, "c"),
        Line(Told.UNSURE, "d", "s2", 3),
    ),
    careline=(
        Held("a", "s1", 1, "booked"),
        Held("b", "s2", 2, "cancelled"),
        Held("c", "s1", 2, "failed"),
        Held("d", "s2", 3, "booked"),
    ),
    hospital=(
        Held("a", "s1", 1, "booked"),
        Held("b", "s2", 2, "cancelled"),
        Held("d", "s2", 3, "booked"),
    ),
    capacity={"s1": 1, "s2": 2},
    booked={"a": 1, "b": 1, "d": 1},
    cancelled={"b": 1},
)


def test_a_history_that_is_right() -> None:
    assert check(GOOD) == []


def ours(key: str, state: str) -> Callable[[Evidence], Evidence]:
    return lambda all_: evolve(all_, careline=_with(all_.careline, key, state))


def theirs(key: str, state: str) -> Callable[[Evidence], Evidence]:
    return lambda all_: evolve(all_, hospital=_with(all_.hospital, key, state))


def _with(rows: tuple[Held, ...], key: str, state: str) -> tuple[Held, ...]:
    return tuple(evolve(row, state=state) if row.key == key else row for row in rows)


@pytest.mark.parametrize(
    ("plant", "kind"),
    [
        (lambda e: evolve(e, capacity={"s1": 0, "s2": 2}), "double"),
        (lambda e: evolve(e, hospital=(*e.hospital, Held("e", "s2", 3, "booked"))), "double"),
        (lambda e: evolve(e, hospital=(*e.hospital, Held("a", "s3", 1, "gone"))), "double"),
        (ours("a", "failed"), "lost"),
        (theirs("a", "cancelled"), "lost"),
        (lambda e: evolve(e, hospital=e.hospital[1:]), "lost"),
        (ours("b", "booked"), "undone"),
        (theirs("b", "booked"), "undone"),
        (theirs("d", "cancelled"), "ghost"),
        (ours("d", "failed"), "ghost"),
        (lambda e: evolve(e, hospital=(*e.hospital, Held("c", "s2", 9, "booked"))), "ghost"),
        (ours("d", "unsure"), "open"),
        (ours("b", "cancelling"), "open"),
        (lambda e: evolve(e, booked={**e.booked, "a": 2}), "event"),
        (lambda e: evolve(e, booked={}), "event"),
        (lambda e: evolve(e, cancelled={}), "event"),
    ],
)
def test_planted_faults_are_found(plant: Callable[[Evidence], Evidence], kind: str) -> None:
    assert kind in {problem.kind for problem in check(plant(GOOD))}
