"""Whatever is put, withdrawn and refused by gateways: each is sent once, with others or alone."""

from __future__ import annotations

from datetime import timedelta

from attrs import evolve, frozen
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.plugins.sms.site import Site
from tests.support.databases import put_tables
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.hooks import Urgency
from careline.messaging.gateway import Busy, Rejected, Uncertain
from careline.outreach.model import Verdict
from careline.storage import open_database
from careline.tasks import Tasks
from careline_sms.model import State

DAYS = 4
ENDINGS = (None, None, None, Busy(5.0), Rejected("odd"), Uncertain("cut off"))


@frozen
class Put:
    """A message that is asked for at an hour, due some hours later, and perhaps not wanted then."""

    hour: int
    wait: int
    shares: bool
    urgency: Urgency
    patient: int
    withdrawn: int


PUTS = st.builds(
    Put,
    hour=st.integers(0, 30),
    wait=st.sampled_from([0, 0, 2, 8, 20]),
    shares=st.sampled_from([True, True, True, False]),
    urgency=st.sampled_from([Urgency.ROUTINE] * 5 + list(Urgency)),
    patient=st.integers(1, 2),
    withdrawn=st.sampled_from([0, 0, 0, 0, 1, 5]),
)


def played(puts: list[Put], endings: list[int], takes_key: bool) -> Site:
    """Some days of it, hour by hour."""
    db = open_database("sqlite://", clock=Clock(FakeClock()), tasks=Tasks())
    put_tables(db)
    site = Site(db, "a").start()
    site.gateways["a"].takes_key = takes_key
    site.gateways["a"].script = [ENDINGS[one] for one in endings]
    for hour in range(DAYS * 24):
        for at, one in enumerate(puts):
            if one.hour == hour:
                due = site.now() + timedelta(hours=one.wait)
                given = {"shares": one.shares, "urgency": one.urgency, "patient": one.patient}
                to = f"+861380000000{one.patient}"
                site.put(f"k{at}", text=f"<{at}>", to=to, not_before=due, settles=True, **given)
            if one.withdrawn and one.hour + one.withdrawn == hour:
                site.db.run_sync(site.plugin.messages.withdraw, f"k{at}", "not wanted")
        site.pass_(6, step=6)
        site.wall += timedelta(seconds=3594)
    return site


def test_two_are_one() -> None:
    one = Put(hour=1, wait=8, shares=True, urgency=Urgency.ROUTINE, patient=1, withdrawn=0)
    site = played([one, evolve(one, hour=2, wait=0)], [], False)
    [sent] = site.gateways["a"].sent
    assert sent.text.replace("【市一院】", "") == "<0>\n<1>"
    site.stop()
    site.db.engine.dispose()


@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(
    st.lists(PUTS, min_size=2, max_size=8),
    st.lists(st.integers(0, len(ENDINGS) - 1), max_size=8),
    st.booleans(),
)
def test_each_is_sent_once_together_or_alone(
    puts: list[Put], endings: list[int], takes_key: bool
) -> None:
    site = played(puts, endings, takes_key)
    try:
        for at in range(len(puts)):
            message = site.message(f"k{at}")
            assert message.state not in (State.QUEUED, State.LEASED), message
            _agrees(site, message.key, message.state)
            handed = _handed(site, endings, at)
            if takes_key:
                assert len(set(handed)) <= 1, "a repetition says the same"
            else:
                assert len(handed) == (message.state in (State.SENT, State.UNCERTAIN))
    finally:
        site.stop()
        site.db.engine.dispose()


def _handed(site: Site, endings: list[int], at: int) -> list[str]:
    """The texts with a message that a gateway took, or may have taken."""
    sent = enumerate(site.gateways["a"].sent)
    return [one.text for nth, one in sent if f"<{at}>" in one.text and _gone(endings, nth)]


def _gone(endings: list[int], at: int) -> bool:
    """Whether the gateway has that one, or nobody can say."""
    ending = ENDINGS[endings[at]] if at < len(endings) else None
    return ending is None or isinstance(ending, Uncertain)


def _agrees(site: Site, key: str, state: State) -> None:
    """The governor knows of each that went: by itself, or in one that did."""
    booked = site.db.run_sync(site.core.outreach.booked, f"sms:{key}")
    if state in (State.SENT, State.UNCERTAIN):
        assert booked.decision.verdict in (Verdict.GO, Verdict.JOIN)
        inside = booked.decision.verdict is Verdict.JOIN
        assert bool(site.message(key).carrier) == inside
