"""Who hung up first is asked by message: once, in time, and what comes back counts once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from tests.plugins.satisfaction.site import CALL, NUMBER, Site

from careline.calls.model import Direction
from careline.hooks import InboundMessage, Urgency
from careline.storage import Database
from careline.surveys.model import Kind, Question, Words
from careline_satisfaction.answers.model import State, Way
from careline_satisfaction.messages.part import reachable
from careline_satisfaction.messages.reading import Read, read_rating

TEN = timedelta(minutes=10)
FIVE = Question(name="score", kind=Kind.SCALE, words=Words("请评分"))
sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture
def site(db: Database) -> Site:
    return Site(db, by_message=True)


@pytest.fixture
def asked(site: Site) -> Site:
    """A caller who has the question on the telephone's screen."""
    site.over(site.talk())
    later(site, TEN)
    return site


def later(site: Site, time: timedelta) -> None:
    site.fake.advance(time.total_seconds())
    site.work()


def replies(site: Site, text: str, about: str = f"satisfaction:{CALL}") -> str | None:
    at = datetime(2026, 11, 23, 3, tzinfo=UTC)
    reply = InboundMessage(about=about, channel="sms", number=NUMBER, text=text, at=at)
    return site.run(site.plugin.message_replied(reply))


def test_asked_once_some_minutes_after_the_call(site: Site) -> None:
    site.over(site.talk())
    site.run(site.plugin.call_ended(CALL))
    later(site, TEN - timedelta(seconds=1))
    assert site.listener.messages == [], "the agent may still ask"
    later(site, timedelta(seconds=1))
    [message] = site.listener.messages
    assert (message.id, message.to, message.patient) == (f"satisfaction:{CALL}", NUMBER, 4)
    assert (message.purpose, message.urgency) == ("satisfaction", Urgency.GREETING)
    assert message.values == {"low": "1", "high": "5", "best": "5", "worst": "1"}
    assert "1-5" in message.text
    assert message.not_after is not None
    assert (site.answer().state, site.answer().way) == (State.ASKED, Way.MESSAGE)
    site.run(site.plugin.call_ended(CALL))
    assert site.answer().state is State.ASKED, "told again, it is not asked in vain"
    assert site.jobs == []


@sqlite
def test_nobody_is_asked_twice(site: Site) -> None:
    site.rings("5", "1")
    site.over(site.talk())
    site.over(site.talk("hq-2.2"))
    answers = site.plugin.answers
    site.run(answers.take("hq-2.2", {"score": 4, "solved": 1}, Way.AGENT, "8001"))
    later(site, TEN)
    assert site.listener.messages == [], "one was asked by keys and one by the agent"


@sqlite
def test_only_mobile_telephones_of_those_who_called_us(site: Site) -> None:
    call = site.talk()
    assert reachable(call)
    for other in ({"number": "+861088886666"}, {"number": ""}, {"blocked": True}):
        assert not reachable(evolve(call, **other))
    assert not reachable(evolve(call, number="10086"))
    assert site.plugin.answers.survey_for(evolve(call, direction=Direction.OUTBOUND)) is None


@sqlite
def test_switched_off_no_message_is_planned(db: Database) -> None:
    site = Site(db)
    site.over(site.talk())
    assert site.jobs == []


@sqlite
def test_tried_again_while_nobody_takes_it_but_not_for_ever(site: Site) -> None:
    site.listener.sends = False
    site.over(site.talk())
    later(site, TEN)
    assert site.answer().state is State.WANTED, "not asked: nobody has sent anything"
    for _ in range(200):
        later(site, timedelta(minutes=15))
    assert site.jobs == []
    assert site.answer().state is State.WANTED


def test_a_message_that_did_not_arrive_asked_nobody(asked: Site) -> None:
    asked.run(asked.plugin.message_settled("followup:7", False))
    assert asked.answer().state is State.ASKED
    asked.run(asked.plugin.message_settled(f"satisfaction:{CALL}", False))
    assert (asked.answer().state, asked.answer().way) == (State.WANTED, Way.NONE)


def test_a_low_rating_by_message_is_told_and_words_after_it_are_kept(asked: Site) -> None:
    said = replies(asked, "2")
    assert said is not None
    assert "抱歉" in said
    answer = asked.answer()
    assert (answer.state, answer.way, answer.level, answer.low) == (
        *(State.ANSWERED, Way.MESSAGE),
        *(2, True),
    )
    assert asked.heard("low_score") == [{"answer_id": answer.id}]
    assert replies(asked, "等了半个小时") == "谢谢，您的意见已记录。"
    assert asked.answer().comment == "等了半个小时"
    assert replies(asked, "还有态度不好") == "", "one comment, and no word more"
    assert replies(asked, "5") == "", "the first rating counts"
    assert asked.answer().level == 2
    assert len(asked.heard("low_score")) == 1
    asked.run(asked.plugin.message_settled(f"satisfaction:{CALL}", False))
    assert asked.answer().level == 2, "whoever answers has got it"


@sqlite
def test_what_is_not_understood_is_asked_for_again_and_late_is_late(asked: Site) -> None:
    assert replies(asked, "您好") == "请回复 1-5 的数字为本次服务评分，谢谢。"
    assert replies(asked, "7") == "请回复 1-5 的数字为本次服务评分，谢谢。"
    assert replies(asked, "hello there") == "Please reply with a number from 1 to 5. Thank you."
    assert asked.answer().state is State.ASKED
    asked.fake.advance(timedelta(days=8).total_seconds())
    assert replies(asked, "5") == "谢谢您，本次通话的评价时间已过。"
    assert asked.answer().state is State.ASKED
    assert replies(asked, "5", about="satisfaction:hq-9.9") == ""
    assert replies(asked, "5", about="followup:7") is None, "not ours"


@sqlite
def test_the_agent_was_faster(asked: Site) -> None:
    answers = asked.plugin.answers
    asked.run(answers.take(CALL, {"score": 3, "reason": 1}, Way.AGENT, "8001"))
    assert replies(asked, "5 很好") == ""
    assert (asked.answer().level, asked.answer().comment) == (3, "")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("5", Read(5)),
        ("５", Read(5)),
        (" 5分。", Read(5)),
        ("5分 态度很好！", Read(5, "态度很好")),
        ("2,等太久", Read(2, "等太久")),
        ("等了10分钟", Read(None, "等了10分钟")),
        ("等了10分钟，给2分", Read(2, "等了10分钟,给2分")),
        ("五星", Read(5)),
        ("四", Read(4)),
        ("一般", Read(3)),
        ("一般般吧", Read(3, "一般般吧")),
        ("非常满意", Read(5)),
        ("满意", Read(4)),
        ("不满意", Read(2)),
        ("不是很满意", Read(2)),
        ("非常不满意，没人管", Read(1, "非常不满意,没人管")),
        ("Very satisfied, thank you", Read(5, "Very satisfied, thank you")),
        ("not satisfied", Read(2)),
        ("6", Read(None)),
        ("0", Read(None)),
        ("12345", Read(None, "12345")),
        ("", Read(None)),
    ],
)
def test_what_people_write(text: str, read: Read) -> None:
    assert read_rating(text, FIVE) == read


def test_words_fit_every_scale() -> None:
    best_low = evolve(FIVE, low=1, high=3, best_low=True)
    ten = evolve(FIVE, low=0, high=10)
    texts = ("非常满意", "一般", "非常不满意")
    assert [read_rating(one, best_low).value for one in texts] == [1, 2, 3]
    assert [read_rating(one, ten).value for one in texts] == [10, 5, 0]
    assert read_rating("10分", ten) == Read(10)
    assert read_rating("十分满意", ten).value == 10
