"""What patients write back: kept, matched to what was asked, answered once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.plugins.sms.site import Site

from careline.hooks import Urgency
from careline.storage import Database
from careline_sms.config import ALLOWING, REFUSING
from careline_sms.model import Heard, State
from careline_sms.replies import service as replies
from careline_sms.replies.words import wish


@pytest.fixture
def site(db: Database) -> Site:
    return Site(db).start()


def test_whoever_asked_is_told_and_its_words_are_said_back(site: Site) -> None:
    id = site.put("survey:7", patient=12, settles=True)
    site.listener.says = {"survey:7": "谢谢您的评价。"}
    site.replied(" 5 ")
    [asked] = site.listener.asked
    assert (asked.about, asked.text, asked.patient, asked.channel) == ("survey:7", "5", 12, "sms")
    [reply] = site.run(site.plugin.messages.replies_to(id))
    assert (reply.heard, reply.patient, reply.answer) == (Heard.ANSWERED, 12, "谢谢您的评价。")
    assert site.gateways["a"].sent[-1].body == "谢谢您的评价。"


def test_the_newest_question_is_asked_first(site: Site) -> None:
    site.put("old")
    site.wall += timedelta(hours=2)
    site.put("new")
    site.listener.says = {"old": "旧", "new": "新"}
    site.replied("1")
    assert [one.about for one in site.listener.asked] == ["new"]
    del site.listener.says["new"]
    site.replied("1", reference="x")
    assert [one.about for one in site.listener.asked][1:] == ["new", "old"]


def test_the_same_reply_delivered_twice_is_one(site: Site) -> None:
    site.put()
    for _ in range(3):
        site.replied("2", reference="mo-1")
    assert len(site.listener.asked) == 1
    assert len(site.run(site.plugin.messages.replies())) == 1


def test_nobody_understands_it(site: Site) -> None:
    site.replied("你们几点上班？", number="+8613912345678")
    [reply] = site.run(site.plugin.messages.replies(unknown=True))
    assert (reply.heard, reply.message) == (Heard.UNKNOWN, 0)
    assert site.gateways["a"].sent == []


@pytest.mark.parametrize("text", ["TD", "“td”", "ＴＤ", " 退订。", "Stop", "T D"])
def test_words_that_refuse(text: str) -> None:
    assert wish(text, REFUSING, ALLOWING) is Heard.REFUSED


def test_td_refuses_all_but_the_goodbye(site: Site) -> None:
    site.put("first")
    site.replied("TD")
    assert len(site.gateways["a"].sent) == 2
    site.wall += timedelta(hours=3)
    site.put("second")
    site.put("urgent", urgency=Urgency.URGENT)
    assert site.state("second") is site.state("urgent") is State.REJECTED
    site.replied("退订", reference="again")
    assert len(site.gateways["a"].sent) == 2
    site.replied("恢复")
    site.wall += timedelta(days=1)
    site.put("third")
    assert site.state("third") is State.SENT


def test_a_machine_at_the_other_end_does_not_talk_for_ever(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies, "MOST_ANSWERS", 3)
    site.put("k")
    site.listener.says = {"k": "好的"}
    for number in range(6):
        site.replied("自动回复", reference=f"r{number}")
    assert len(site.gateways["a"].sent) == 1 + 3


HOSTILE = (
    *("", "\x00\x1b[2J", "1" * 10_000, "' OR 1=1 --", "{name}", "{{7*7}}", "\ud800"),
    *("<b>1</b>", "%s"),
)


def test_hostile_replies_are_kept_as_text(site: Site) -> None:
    site.put()
    for number, text in enumerate(HOSTILE):
        site.replied(text, reference=f"x{number}")
    found = site.run(site.plugin.messages.replies())
    assert {reply.heard for reply in found} == {Heard.UNKNOWN}
    assert len(found) == len(HOSTILE)
    assert all(len(reply.text) <= 1000 and "\x00" not in reply.text for reply in found)


def test_hostile_numbers_are_nobodys(site: Site) -> None:
    numbers = ["", "+", "abc", "9" * 40, "+8613800001111\n+86139", "110", "\x00"]
    for index, number in enumerate(numbers):
        site.replied("TD", number=number, reference=f"x{index}")
    found = site.run(site.plugin.messages.replies())
    assert all(len(reply.number) <= 32 for reply in found)
    assert {reply.heard for reply in found} == {Heard.UNKNOWN}
    assert len(found) == len(numbers)


@given(st.text())
def test_only_the_whole_reply_refuses(text: str) -> None:
    if wish(text, REFUSING, ALLOWING) is Heard.REFUSED:
        assert len(text) < 40 or not text.strip()
    assert wish(f"{text}吗?不", REFUSING, ALLOWING) is None
