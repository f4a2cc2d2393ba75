"""A gateway that loses messages is left alone, more and more, while another one sends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.plugins.sms.site import Site

from careline.messaging.gateway import Busy, Sent, Uncertain
from careline.storage import Database
from careline_sms.model import State
from careline_sms.sending.lines import ENOUGH

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture
def site(db: Database) -> Iterator[Site]:
    made = Site(db, "a", "b").start()
    made.gateways["a"].script = [Uncertain("no answer")] * 100
    made.gateways["a"].room = 1
    yield made
    made.stop()


def put(site: Site, count: int, first: int = 0, every: float = 0.0) -> None:
    for number in range(first, first + count):
        site.put(f"k{number}", to=f"+861380000{number:04}")
        if every:
            site.pass_(every, step=every)


def states(site: Site, count: int) -> list[State]:
    return [site.state(f"k{number}") for number in range(count)]


def test_a_gateway_that_never_answers_loses_few_while_another_one_is_there(site: Site) -> None:
    put(site, 200, every=10.0)
    lost = [one for one in states(site, 200) if one is State.UNCERTAIN]
    assert ENOUGH < len(lost) <= ENOUGH + 9, "5, 10, 20 ... 600 s apart"
    (line, _) = site.plugin.services.gateways.listed()
    assert not line.state.up
    assert line.state.detail


def test_one_answer_ends_its_rest(site: Site) -> None:
    put(site, ENOUGH, every=1.0)
    site.gateways["a"].script = []
    put(site, 1, first=ENOUGH)
    site.pass_(10)
    before = len(site.gateways["a"].sent)
    put(site, 3, first=ENOUGH + 1, every=6.0)
    assert len(site.gateways["a"].sent) == before + 3
    assert site.plugin.services.gateways.lines["a"].state.up


def test_those_that_are_lost_at_once_count_as_one_try(site: Site) -> None:
    line = site.plugin.services.gateways.lines["a"]
    for _ in range(10):
        line.begin()
    for _ in range(10):
        line.ended(Uncertain("the connection broke"))
    assert (line.inflight, line.room) == (0, 0)
    site.fake.advance(5)
    assert line.room == 1
    line.begin()
    line.ended(Uncertain("again"))
    site.fake.advance(5)
    assert line.room == 0
    site.fake.advance(5)
    line.begin()
    line.ended(Busy(0.0))
    assert not line.state.up, "busy says nothing of what was lost"
    line.ended(Sent(reference=()))
    assert line.state.up
