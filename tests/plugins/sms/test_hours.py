"""The governor is asked at the moment of sending, whatever was said before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.plugins.sms.site import NUMBER, Site

from careline.messaging.gateway import Fate, Uncertain
from careline.outreach.model import Means
from careline.storage import Database, Tx
from careline_sms.model import State

TO_NIGHT = timedelta(hours=13)


@pytest.fixture
def site(db: Database) -> Site:
    return Site(db, "a")


def _refuses(tx: Tx, site: Site) -> None:
    outreach = site.core.outreach
    outreach.refuse(tx, NUMBER, Means.MESSAGE, by="sms", now=site.now())


@pytest.mark.parametrize("asked", [{"answer": True}, {"call": "c1"}])
def test_an_answer_goes_at_night_while_it_is_one(site: Site, asked: dict[str, object]) -> None:
    site.wall = TO_NIGHT
    site.start()
    site.put(**asked)
    assert site.state() is State.SENT


@pytest.mark.parametrize("asked", [{"answer": True}, {"call": "c1"}])
def test_an_answer_of_the_afternoon_waits_for_the_morning(
    site: Site, asked: dict[str, object]
) -> None:
    site.put(**asked)
    site.wall = TO_NIGHT
    site.start()
    site.pass_(60)
    assert (site.state(), site.message().code) == (State.QUEUED, "outreach.quiet")


def test_who_wants_no_messages_gets_no_answers_but_the_good_bye(site: Site) -> None:
    site.start()
    site.db.run_sync(_refuses, site)
    site.put("booked", answer=True)
    site.put("beside", call="c1")
    site.put("bye", answer=True, purpose="reply")
    assert [one.key for one in site.gateways["a"].sent] == ["bye"]
    assert (site.state("booked"), site.message("booked").code) == (
        State.REJECTED,
        "outreach.refused",
    )
    assert site.state("beside") is State.REJECTED


def test_a_repetition_under_its_key_waits_for_the_morning(site: Site) -> None:
    site.gateways["a"].takes_key = True
    site.gateways["a"].script = [Uncertain("cut off")]
    site.start()
    site.put()
    site.wall = TO_NIGHT
    site.pass_(60)
    assert len(site.gateways["a"].sent) == 1
    assert (site.state(), site.message().bound) == (State.QUEUED, "a")
    site.wall += timedelta(hours=10)
    site.pass_(120)
    assert (site.state(), len(site.gateways["a"].sent)) == (State.SENT, 2)


def test_a_repetition_is_given_up_when_the_number_refuses_meanwhile(site: Site) -> None:
    site.gateways["a"].takes_key = True
    site.gateways["a"].script = [Uncertain("cut off")]
    site.start()
    site.put()
    site.db.run_sync(_refuses, site)
    site.pass_(60)
    assert (site.state(), len(site.gateways["a"].sent)) == (State.UNCERTAIN, 1)


def test_sent_again_it_is_a_new_message_for_a_gateway_with_keys(site: Site) -> None:
    site.gateways["a"].takes_key = True
    site.start()
    id = site.put()
    assert site.gateways["a"].sink is not None
    site.run(site.gateways["a"].sink.receipt("a", f"a{id}-1", Fate.FAILED, "phone_off"))
    site.run(site.plugin.messages.resend(id, "leader"))
    site.wall = timedelta(hours=2)
    site.pass_(60)
    assert [one.key for one in site.gateways["a"].sent] == ["k", "k#1"]
    assert site.message().round == 1
