"""What nobody foresaw stops one message, not all of them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.plugins.sms.site import Site
from twisted.internet.defer import Deferred

from careline.messaging.gateway import Busy, Rejected, Sent, Uncertain
from careline.outreach.model import LONGEST
from careline.storage import Database
from careline_sms.model import State
from careline_sms.sending import claiming
from careline_sms.sending import sender as sender_module
from careline_sms.sending.outcomes import MOST_TRIES

OTHER = "+8613800002222"


@pytest.fixture
def site(db: Database) -> Site:
    return Site(db, "a", "b")


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    told: list[str] = []
    monkeypatch.setattr(sender_module.log, "failure", lambda text, **_: told.append(text))
    return told


def test_an_ending_that_cannot_be_stored_keeps_no_other_one(site: Site, logged: list[str]) -> None:
    waits: list[Deferred[Any]] = [Deferred() for _ in range(3)]
    site.gateways["a"].script = list(waits)
    for number in range(3):
        site.put(f"k{number}", to=f"+861380000{number:04}")
    site.start()
    waits[0].callback(Sent(reference=("r",), parts=10**30))  # more than a column holds
    waits[1].callback(None)
    waits[2].callback(None)
    site.put("later", to="+8613800009999")
    site.pass_(10)
    assert (site.state("k0"), site.message("k0").code) == (State.UNCERTAIN, "lost")
    assert {site.state(key) for key in ("k1", "k2", "later")} == {State.SENT}
    assert len(site.gateways["a"].sent) == 4
    assert len(logged) == 1


def test_a_message_that_is_no_contact_is_rejected_and_others_go(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LONGEST, "purpose", 4)
    site.put("bad", purpose="too long")
    site.start()
    site.put("good", to=OTHER)
    site.pass_(5)
    assert (site.state("bad"), site.message("bad").code) == (State.REJECTED, "odd")
    assert site.state("good") is State.SENT


def test_a_message_that_nobody_can_look_at_is_passed_over(
    site: Site, logged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = claiming.contact_of

    def fails(message: Any) -> Any:
        if message.key == "bad":
            raise KeyError("unforeseen")
        return real(message)

    monkeypatch.setattr(claiming, "contact_of", fails)
    site.start()
    site.put("bad")
    site.put("good", to=OTHER)
    site.pass_(10)
    assert (site.state("bad"), site.state("good")) == (State.QUEUED, State.SENT)
    assert len(logged) == 1
    monkeypatch.setattr(claiming, "contact_of", real)
    site.pass_(3700, step=60)
    assert site.state("bad") is State.SENT


def test_beats_go_on(site: Site, logged: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    site.start()
    real = sender_module.beats.held_by_nobody
    monkeypatch.setattr(sender_module.beats, "held_by_nobody", lambda tx: 1 / 0)
    site.pass_(20)
    monkeypatch.setattr(sender_module.beats, "held_by_nobody", real)
    before = len(logged)
    site.pass_(20)
    assert before == len(logged) > 1
    beat = site.db.run_sync(sender_module.beats.beat, site.plugin.sender.owner)
    assert beat is not None
    assert beat[site.plugin.sender.owner] > 6


@pytest.mark.parametrize("name", ["purpose", "campus", "call", "template", "language"])
def test_what_the_tables_cannot_hold_is_refused_at_the_door(site: Site, name: str) -> None:
    site.put(**{name: "x" * 65})
    message = site.message()
    assert (message.state, message.code) == (State.REJECTED, "odd")
    assert len(getattr(message, name)) <= 64


def test_signs_that_no_database_takes_are_left_out(site: Site) -> None:
    site.gateways["a"].script = [Rejected("x\0y", "no\0 \ud800")]
    site.gateways["b"].script = [Sent(reference=("r\0\ud800",))]
    site.start()
    site.put(values={"name": "a\0b"})
    assert site.state() is State.SENT
    assert [one.detail for one in site.history()][2] == "no ?"
    assert dict(site.message().values) == {"name": "ab"}


# Gateways that are away, or busy


def test_messages_of_a_gateway_that_is_away_keep_no_others(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claiming, "PAGE", 2)
    monkeypatch.setattr(claiming, "PAGES", 2)
    site = Site(db, "a", "b", gateway={"a": {"purposes": ("x",)}, "b": {"purposes": ("y",)}})
    site.gateways["b"].up = False
    site.gateways["b"].script = [Deferred()]  # the probe hangs
    for number in range(8):
        site.put(f"k{number}", to=f"+861380000{number:04}", purpose="y")
    site.start()
    site.put("reminder", to=OTHER, purpose="x")
    site.put("nobody", to=OTHER, purpose="z")
    assert site.state("reminder") is State.SENT
    assert (site.state("nobody"), site.message("nobody").code) == (State.REJECTED, "no_gateway")


def test_what_one_refused_and_waits_for_the_other_keeps_no_others(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claiming, "PAGE", 2)
    monkeypatch.setattr(claiming, "PAGES", 2)
    site = Site(db, "a", "b")
    site.gateways["b"].up = False
    site.gateways["b"].script = [Deferred()]
    site.gateways["a"].script = [Rejected("template")] * 8
    site.start()
    for number in range(8):
        site.put(f"k{number}", to=f"+861380000{number:04}")
    site.put("reminder", to=OTHER)
    assert site.state("reminder") is State.SENT


def test_a_busy_gateway_uses_no_tries_up(site: Site) -> None:
    site.gateways["a"].takes_key = True
    site.gateways["a"].script = [Uncertain("?"), *[Busy(1.0)] * MOST_TRIES, Uncertain("?")]
    site.start()
    site.put()
    site.pass_(120)
    assert site.state() is State.SENT
    assert site.message().tries == 3


def test_who_was_taken_for_dead_does_not_give_up_what_it_still_sends(site: Site) -> None:
    slow: Deferred[Any] = Deferred()
    site.gateways["a"].script = [slow]
    site.start()
    site.put()
    site.db.run_sync(sender_module.beats.end, site.plugin.sender.owner)
    site.pass_(20)
    assert site.state() is State.LEASED
    slow.errback(Busy(5.0))
    site.pass_(10)
    assert site.state() is State.SENT
    assert len(site.gateways["a"].sent) + len(site.gateways["b"].sent) == 2
