"""Refused numbers and reasons on the command line."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from tests.cli.conftest import Terminal


def test_a_number_is_refused_listed_and_allowed(careline: Terminal) -> None:
    careline.says("outreach", "refuse", "138 1111 2222", "--means", "message", "--reason", "TD")
    careline.says("outreach", "refuse", "13811112222", "--greetings")
    assert "already" in careline.says("outreach", "refuse", "13811112222", "--greetings")
    listed = careline.json("outreach", "list", "2222")
    assert {(one["means"], one["scope"]) for one in listed} == {
        ("message", "all"),
        ("both", "greetings"),
    }
    assert careline.json("outreach", "list", "9999") == []
    careline.says("outreach", "allow", "13811112222")
    assert careline.json("outreach", "list") == []
    assert "nothing stands against" in careline.refuses("outreach", "allow", "13811112222")
    assert "not a telephone number" in careline.refuses("outreach", "refuse", "abc")


def test_why_tells_of_a_contact_and_of_a_patient(careline: Terminal) -> None:
    from datetime import UTC, datetime

    from careline.campuses.service import Campuses
    from careline.outreach.model import Contact, Means
    from careline.outreach.rules import Rules
    from careline.outreach.service import Outreach
    from careline_cli.site import Site

    assert "nothing was decided" in careline.says("outreach", "why", "sms:7")
    site = Site(str(careline.home.root))
    campuses = Campuses(site.db, site.clock)
    site.wait(campuses.load())
    contact = Contact(
        key="sms:7", number="+8613811112222", means=Means.MESSAGE, purpose="reminder", patient=7
    )
    refused = Outreach(campuses, Rules())
    site.run(refused.refuse, contact.number, by="test", now=datetime.now(UTC))
    site.run(refused.decide, contact, datetime.now(UTC))
    [one] = careline.json("outreach", "why", "sms:7")
    assert (one["verdict"], one["why"], one["number"]) == (
        "never",
        "outreach.do_not_call",
        "138****2222",
    )
    shown = careline.says("outreach", "why", "7")
    assert "do-not-contact list" in shown
    decided = datetime.fromisoformat(one["decided"]).astimezone(ZoneInfo("Asia/Shanghai"))
    assert f"{decided:%Y-%m-%d %H:%M:%S}" in shown
