"""What nobody will ever know is told as far as anybody does; links are kept no longer than used."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.plugins.sms.site import Site

from careline.errors import Conflict
from careline.messaging.gateway import Fate, Uncertain
from careline.outreach.model import Result
from careline.storage import Database
from careline_sms.console import Console
from careline_sms.links import hidden, is_hidden
from careline_sms.model import State, Wanted
from careline_sms.sending.silence import KIND

TOKEN = "Zk3J-x_9aQ2LmN0pRsTuVw"
LINK = f"https://call.example/f/{TOKEN}"


@pytest.fixture
def site(db: Database) -> Iterator[Site]:
    made = Site(db, "a").start()
    yield made
    made.stop()


def looked(site: Site, hours: float) -> None:
    """The hourly look, some hours later."""
    site.wall += timedelta(hours=hours)
    [handler] = [one for one in site.plugin.job_handlers() if one.kind == KIND]
    site.run(handler.do({}, None))


@pytest.mark.parametrize("ending", [None, Uncertain("cut off")])
def test_who_asked_is_told_once_when_no_receipt_comes(site: Site, ending: object) -> None:
    site.gateways["a"].script = [ending]
    site.put(settles=True)
    site.pass_(10)
    looked(site, 23)
    assert site.told == []
    looked(site, 2)
    looked(site, 1)
    assert site.told == [("k", ending is None)]
    booked = site.db.run_sync(site.core.outreach.booked, "sms:k")
    assert booked.result is (None if ending else Result.REACHED)


def test_a_message_put_long_before_its_day_is_told_of_like_any_other(site: Site) -> None:
    ahead = timedelta(days=30)
    at = site.now() + ahead
    site.put(settles=True, not_before=at, not_after=at + timedelta(hours=8))
    site.wall += ahead
    site.pass_(10)
    assert site.state() is State.SENT
    looked(site, 25)
    assert site.told == [("k", True)]


def test_a_late_receipt_is_told_once_more(site: Site) -> None:
    site.put(settles=True)
    site.pass_(10)
    looked(site, 25)
    site.run(site.gateways["a"].sink.receipt("a", "a1-1", Fate.FAILED, "off"))
    assert site.told == [("k", True), ("k", False)]


def test_a_link_is_not_kept_once_it_went(site: Site) -> None:
    site.put(text=f"请填写：{LINK} 谢谢")
    site.pass_(10)
    assert TOKEN in site.gateways["a"].sent[0].text
    assert site.message().text == "请填写：https://call.example/f/••• 谢谢"
    site.run(site.gateways["a"].sink.receipt("a", "a1-1", Fate.FAILED, "off"))
    with pytest.raises(Conflict, match="its link is not kept"):
        site.run(site.plugin.messages.resend(site.message().id, "leader"))


def test_a_secret_after_the_question_mark_is_one_too() -> None:
    text = f"https://call.example/f?lang=zh&t={TOKEN} 谢谢"
    assert hidden(text) == "https://call.example/f?lang=zh&t=••• 谢谢"
    assert is_hidden(hidden(text))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("请点 https://t.cn/A6xYz9，谢谢", "请点 https://t.cn/•••，谢谢"),
        ("https://a.example/s/k3jd82ma/next?x=1", "https://a.example/s/•••/next?x=1"),
        ("https://a.example/v?lang=zh&code=4829", "https://a.example/v?lang=zh&code=•••"),
        ("https://a.example/#token=ab12", "https://a.example/#token=•••"),
    ],
)
def test_short_secrets_are_no_better_kept_than_long_ones(text: str, left: str) -> None:
    assert hidden(text) == left
    assert is_hidden(left)
    assert hidden(left) == left


def test_a_link_that_may_not_have_gone_is_kept_for_a_day_and_shown_to_nobody(site: Site) -> None:
    site.gateways["a"].script = [Uncertain("cut off")]
    site.put(text=LINK)
    site.pass_(10)
    assert TOKEN not in site.message().text
    site.run(site.plugin.messages.resend(site.message().id, "leader"))
    site.wall += timedelta(hours=2)
    site.pass_(10)
    assert [TOKEN in one.text for one in site.gateways["a"].sent] == [True, True]
    assert site.state() is State.SENT


def test_the_telephones_of_the_demonstration_show_links(site: Site) -> None:
    console = Console("a", site.clock, site.tasks)
    site.run(console.start(site.plugin.ways.intake))
    site.plugin.services.gateways.lines["a"].gateway = console
    site.put(text=LINK)
    site.pass_(10)
    [shown], _ = site.run(site.plugin.messages.listed(Wanted(), as_sent=True))
    assert (shown.state, shown.text) == (State.DELIVERED, LINK)


@pytest.mark.parametrize(
    "text",
    [
        "https://hospital.example/map",
        "http://a.example/f/short?x=1",
        "https://hospital.example/news/20261123",
        "https://hospital.example/guide2026.html?campus=east&lang=zh#way-to-us",
        "https://3f8a7c91b2d4e6f8.example/map",
        "2026-11-23 10:00",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert hidden(text) == text
