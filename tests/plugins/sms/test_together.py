"""One text carries two messages: both or none, no matter what the gateway says of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from tests.plugins.sms.site import NUMBER, Site

from careline.messaging.gateway import Busy, Fate, Rejected, Uncertain
from careline.outreach.model import Result, Verdict
from careline.storage import Database
from careline_sms.model import State
from careline_sms.sending.together import LONGEST

REMINDER, LINK = "提醒：明天就诊", "请填写随访问卷"
BOTH = f"【市一院】{REMINDER}\n{LINK}"


@pytest.fixture
def site(db: Database) -> Iterator[Site]:
    made = Site(db, "a").start()
    yield made
    made.stop()


def remind(site: Site, hours: float = 4, **values: Any) -> None:
    """A reminder that is due in some hours."""
    due = site.now() + timedelta(hours=hours)
    site.put("r", text=REMINDER, not_before=due, shares=True, settles=True, **values)


def link(site: Site, key: str = "l", **values: Any) -> None:
    """A message that another plugin has delivered now."""
    site.put(key, **{"text": LINK, "shares": True, "settles": True, **values})


def later(site: Site, hours: float, seconds: float = 60.0) -> None:
    """The wall clock goes on, then the senders have some time."""
    site.wall += timedelta(hours=hours)
    site.pass_(seconds)


def texts(site: Site, name: str = "a") -> list[str]:
    return [one.text for one in site.gateways[name].sent]


def booked(site: Site, key: str) -> Any:
    return site.db.run_sync(site.core.outreach.booked, f"sms:{key}")


def states(site: Site) -> list[State]:
    return [site.state("r"), site.state("l")]


def test_two_messages_are_one(site: Site) -> None:
    remind(site)
    link(site)
    assert (texts(site), site.state("l")) == ([], State.QUEUED)
    assert site.message("l").code == "outreach.joined"
    later(site, 4)
    assert texts(site) == [BOTH]
    assert states(site) == [State.SENT, State.SENT]
    assert (site.message("r").cost, site.message("l").cost) == (45, 0)
    site.run(site.gateways["a"].sink.receipt("a", "a1-1", Fate.DELIVERED))
    assert states(site) == [State.DELIVERED, State.DELIVERED]
    assert sorted(site.told) == [("l", True), ("r", True)]
    assert booked(site, "r").result is booked(site, "l").result is Result.REACHED
    assert booked(site, "l").decision.verdict is Verdict.JOIN
    later(site, 24)
    assert len(texts(site)) == 1


def test_what_is_written_in_one_is_answered_in_one(site: Site) -> None:
    remind(site)
    link(site)
    later(site, 4)
    site.listener.says["l"] = "谢谢"
    site.replied("好")
    assert {one.about for one in site.listener.asked} == {"l"}
    site.listener.says = {"r": "确认"}
    site.replied("1", reference="2")
    assert {one.about for one in site.listener.asked} == {"l", "r"}


@pytest.mark.parametrize(
    ("ending", "state"),
    [(Uncertain("cut off"), State.UNCERTAIN), (Rejected("x"), State.REJECTED)],
)
def test_both_share_their_fate_or_part(site: Site, ending: Exception, state: State) -> None:
    """What may have gone is unsure for both; what did not go takes the other not with it."""
    site.gateways["a"].script = [ending]
    remind(site)
    link(site)
    later(site, 5)
    unsure = state is State.UNCERTAIN
    assert states(site) == [state, State.UNCERTAIN if unsure else State.SENT]
    assert texts(site) == [BOTH] if unsure else [BOTH, f"【市一院】{LINK}"]
    assert site.told == ([] if unsure else [("r", False)])


def test_a_failed_text_has_failed_for_both(site: Site) -> None:
    remind(site)
    link(site)
    later(site, 4)
    site.run(site.gateways["a"].sink.receipt("a", "a1-1", Fate.FAILED, "away"))
    assert states(site) == [State.FAILED, State.FAILED]
    assert sorted(site.told) == [("l", False), ("r", False)]
    site.run(site.plugin.messages.resend(site.message("r").id, "leader"))
    later(site, 4)
    assert texts(site) == [BOTH, f"【市一院】{REMINDER}"]
    assert site.state("l") is State.FAILED


def test_a_text_that_waits_for_its_gateway_stays_one(site: Site) -> None:
    site.gateways["a"].script = [Busy(20.0), Busy(20.0)]
    remind(site)
    link(site)
    later(site, 5)
    assert texts(site) == [BOTH] * 3
    assert states(site) == [State.SENT, State.SENT]


def test_a_repetition_under_its_key_has_the_same_words(site: Site) -> None:
    site.gateways["a"].takes_key = True
    site.gateways["a"].script = [Uncertain("cut off")]
    remind(site)
    link(site)
    later(site, 4, 6)
    late = site.now() + timedelta(minutes=1)
    site.put("late", text="又一条", shares=True, not_before=late)
    later(site, 1)
    assert texts(site)[:2] == [BOTH, BOTH]
    assert states(site) == [State.SENT, State.SENT]


def test_what_is_inside_is_not_repeated_by_itself(site: Site) -> None:
    """Though it was put before its carrier, and comes before it in the queue."""
    site.gateways["a"].takes_key = True
    site.gateways["a"].script = [Uncertain("cut off")]
    link(site, held=True)
    remind(site)
    site.run(site.plugin.messages.release(site.message("l").id, "leader"))
    site.pass_(10)
    later(site, 4, 6)
    later(site, 30)
    assert texts(site) == [BOTH, BOTH]


def test_a_carrier_that_is_withdrawn_lets_the_other_go(site: Site) -> None:
    remind(site)
    link(site)
    site.db.run_sync(site.plugin.messages.withdraw, "r", "cancelled")
    site.pass_(20)
    assert texts(site) == [f"【市一院】{LINK}"]
    assert states(site) == [State.WITHDRAWN, State.SENT]


def test_what_is_withdrawn_travels_in_nothing(site: Site) -> None:
    remind(site)
    link(site)
    site.db.run_sync(site.plugin.messages.withdraw, "l", "answered")
    later(site, 5)
    assert texts(site) == [f"【市一院】{REMINDER}"]


@pytest.mark.parametrize(
    "other",
    [
        {"text": "很长" * 250},
        {"language": "en"},
        {"by": "li", "shares": False},
        {"to": "+8613800002222"},
        {"patient": 7},
        {"campus": "east"},
    ],
)
def test_what_does_not_go_together_goes_alone(site: Site, other: dict[str, Any]) -> None:
    remind(site)
    link(site, **other)
    site.pass_(20)
    assert site.state("l") is State.SENT


def test_a_gateway_of_approved_texts_sends_each_alone(db: Database) -> None:
    site = Site(db, "a").start()
    line = site.plugin.services.gateways.lines["a"]
    line.settings = evolve(line.settings)
    object.__setattr__(line.settings, "kind", "aliyun")
    remind(site)
    link(site)
    site.pass_(20)
    assert texts(site) == [f"【市一院】{LINK}"]
    site.stop()


def test_three_are_one_as_far_as_one_can_be_read(site: Site) -> None:
    remind(site)
    link(site)
    link(site, "m", text="体检" * 130)
    link(site, "n", text="体检" * 130)
    later(site, 4)
    [sent] = texts(site)
    assert sent == BOTH + "\n" + "体检" * 130
    assert len(sent) <= LONGEST + len("【市一院】")
    assert site.state("n") is State.QUEUED
    later(site, 24)
    assert site.state("n") is State.SENT
    assert [one.to for one in site.gateways["a"].sent] == [NUMBER] * 2
