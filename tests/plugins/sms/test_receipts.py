"""Receipts in any order, and however often; never more is said than they say."""

from __future__ import annotations

import pytest
from tests.plugins.sms.site import NUMBER, Site
from twisted.internet.defer import Deferred

from careline.messaging.gateway import WRONG_NUMBER, Fate, Sent, Uncertain
from careline.storage import Database
from careline_sms.model import State


@pytest.fixture
def site(db: Database) -> Site:
    return Site(db).start()


def receipt(
    site: Site,
    reference: str,
    fate: Fate = Fate.DELIVERED,
    code: str = "",
    ours: int = 0,
    number: str = "",
) -> None:
    sink = site.gateways["a"].sink
    assert sink is not None
    site.run(sink.receipt("a", reference, fate, code, ours=ours, number=number))


def test_a_receipt_may_come_before_the_gateways_answer(site: Site) -> None:
    answer: Deferred[Sent] = Deferred()
    site.gateways["a"].script = [answer]
    site.put(settles=True)
    receipt(site, "r1")
    receipt(site, "r2")
    assert (site.state(), site.told) == (State.LEASED, [])
    answer.callback(Sent(reference=("r1", "r2"), parts=2))
    assert (site.state(), site.told) == (State.DELIVERED, [("k", True)])
    assert (site.message().parts, site.message().cost) == (2, 90)


def test_all_parts_must_have_arrived(site: Site) -> None:
    site.gateways["a"].script = [Sent(reference=("r1", "r2"))]
    site.put()
    receipt(site, "r1")
    receipt(site, "r1")
    assert site.state() is State.SENT
    receipt(site, "r2")
    assert site.state() is State.DELIVERED


def test_one_part_that_failed_spoils_all_until_it_is_corrected(site: Site) -> None:
    site.gateways["a"].script = [Sent(reference=("r1", "r2"))]
    site.put(settles=True)
    receipt(site, "r1")
    receipt(site, "r2", Fate.FAILED, "absent")
    assert (site.state(), site.message().code) == (State.FAILED, "absent")
    receipt(site, "r2", Fate.DELIVERED)
    assert site.told == [("k", False), ("k", True)]
    receipt(site, "r2", Fate.FAILED, "late")
    assert site.state() is State.DELIVERED


def test_a_late_receipt_ends_the_uncertainty(site: Site) -> None:
    site.gateways["a"].script = [Uncertain("cut off")]
    id = site.put()
    receipt(site, "unknown", ours=id)
    assert site.state() is State.DELIVERED


def test_receipts_of_others_and_of_nobody_change_nothing(site: Site) -> None:
    site.gateways["a"].script = [Sent(reference=("r1",))]
    id = site.put()
    sink = site.gateways["a"].sink
    assert sink is not None
    site.run(sink.receipt("b", "r1", Fate.DELIVERED))
    site.run(sink.receipt("b", "", Fate.DELIVERED, ours=id))
    receipt(site, "x" * 5000)
    receipt(site, "", ours=99)
    assert site.state() is State.SENT


def test_an_id_that_is_given_again_marks_no_other_patients_message(site: Site) -> None:
    """A center restarts its ids: the receipt of today's 5 comes before its answer."""
    answer: Deferred[Sent] = Deferred()
    site.gateways["a"].script = [Sent(reference=("5",)), answer]
    site.put("yesterday", to="+8613800003333")
    site.put("today", to="+8613800004444")
    receipt(site, "5", Fate.FAILED, WRONG_NUMBER, number="13800004444")
    assert site.state("yesterday") is State.SENT
    answer.callback(Sent(reference=("5",)))
    assert (site.state("yesterday"), site.state("today")) == (State.SENT, State.FAILED)
    receipt(site, "5", number="8613800004444")
    assert (site.state("yesterday"), site.state("today")) == (State.SENT, State.DELIVERED)


def test_a_receipt_that_was_kept_for_another_number_marks_nobody(site: Site) -> None:
    """It is about a message of old, which had the same id and is forgotten."""
    site.gateways["a"].script = [Sent(reference=("5",))]
    receipt(site, "5", Fate.FAILED, WRONG_NUMBER, number="13800009999")
    site.put("today", to="+8613800004444")
    assert site.state("today") is State.SENT


def test_what_ended_days_ago_is_not_meant_any_more(site: Site) -> None:
    answer: Deferred[Sent] = Deferred()
    site.gateways["a"].script = [Sent(reference=("5",)), answer]
    site.put("old")
    receipt(site, "5", number=NUMBER)
    site.pass_(4 * 86400, step=86400)
    site.put("new")
    receipt(site, "5", number=NUMBER)
    answer.callback(Sent(reference=("5",)))
    assert site.state("new") is State.DELIVERED


def test_a_receipt_of_a_wrong_number_is_remembered(site: Site) -> None:
    site.gateways["a"].script = [Sent(reference=("r1",))]
    site.put()
    receipt(site, "r1", Fate.FAILED, WRONG_NUMBER)
    site.put("next")
    assert site.state("next") is State.REJECTED
    assert len(site.gateways["a"].sent) == 1
