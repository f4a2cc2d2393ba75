"""Callers answer by keys: counted once, low scores told, and nobody is kept on the line."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve
from tests.plugins.satisfaction.site import CALL, Line, Site

from careline.calls.model import Direction
from careline.errors import Conflict, Refused, Unavailable
from careline.ivr.exits import Hangup, ToQueue, ToVoicemail
from careline.ivr.line import CallerGone
from careline.ivr.model import Enter
from careline.storage import Database
from careline.surveys.model import Kind, Question, Survey, Words
from careline.testing.line import HANG_UP, KILL, Killed
from careline_satisfaction.answers.model import State, Way
from careline_satisfaction.starter import starter


@pytest.fixture
def site(db: Database) -> Site:
    return Site(db)


sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def test_a_low_score_is_asked_about_stored_and_told_once(site: Site) -> None:
    line = site.rings("2", "3", "2")
    answer = site.answer()
    assert line.left == Hangup()
    assert "satisfaction-thanks" in line.names
    assert (answer.state, answer.level, answer.low, answer.way) == (
        *(State.ANSWERED, 2, True),
        Way.KEYS,
    )
    assert answer.values == {"score": 2, "reason": 3, "words": 2}
    assert (answer.agent, answer.queue, answer.campus, answer.patient) == (
        *("8001", "service", "main"),
        4,
    )
    assert str(answer.day) == "2026-11-23"
    assert site.heard("low_score") == [{"answer_id": answer.id}]
    assert ("satisfaction_changed", str(answer.id)) in site.shown


@sqlite
def test_asked_in_the_callers_language(site: Site) -> None:
    chinese, english = (
        site.rings("5", "1"),
        site.rings("4", "1", call=site.talk("hq-2.2"), language="en"),
    )
    assert chinese.heard[0].text.startswith("请对本次服务评分")
    assert english.heard[0].text.startswith("Please rate this call")
    assert [one.values for one in (site.answer(), site.answer("hq-2.2"))] == [
        {"score": 5, "solved": 1},
        {"score": 4, "solved": 1},
    ]
    assert site.heard("low_score") == []


@sqlite
def test_silence_twice_ends_politely(site: Site) -> None:
    line = site.rings()
    assert line.left == Hangup()
    assert line.names == [
        *("satisfaction-hotline-1-score", "no-input", "satisfaction-hotline-1-score", "goodbye")
    ]
    assert site.answer().state is State.SILENT
    assert site.run(site.plugin.after_call(site.talk())) is None, "not asked again"


@sqlite
def test_the_score_counts_when_the_caller_hangs_up_after_it(site: Site) -> None:
    with pytest.raises(CallerGone):
        site.rings("1", HANG_UP)
    assert site.answer().level == 1
    site.over(site.talk())
    assert site.answer().state is State.ANSWERED
    assert len(site.heard("low_score")) == 1


@sqlite
@pytest.mark.parametrize("before", [(KILL,), ("2", KILL), ("2", "1", KILL)])
def test_a_core_that_takes_the_call_up_asks_on(site: Site, before: tuple[str, ...]) -> None:
    line = Line(before)
    with pytest.raises(Killed):
        site.rings(line=line)
    line.acts = ["2", "1", "2"][len(before) - 1 :]
    site.rings(line=line)
    assert line.left == Hangup()
    assert site.answer().values == {"score": 2, "reason": 1, "words": 2}
    assert len(site.heard("low_score")) == 1


@sqlite
def test_sent_there_twice_is_asked_once(site: Site) -> None:
    site.rings("5", "1")
    assert site.rings("1", call=site.talk()).names == ["goodbye"]
    assert site.answer().level == 5


@sqlite
def test_wrong_keys_zero_and_a_spoken_comment(site: Site) -> None:
    assert site.rings("7", "9").left == Hangup()
    assert isinstance(site.rings("0", call=site.talk("hq-2.2")).left, ToQueue)
    left = site.rings("3", "1", "1", call=site.talk("hq-3.3")).left
    assert isinstance(left, ToVoicemail)
    assert site.answer("hq-3.3").values["words"] == 1


@sqlite
def test_each_queue_has_its_own_survey_and_scale(site: Site) -> None:
    ten = Question(name="nps", kind=Kind.SCALE, words=Words("请按0到10评分"), low=0, high=10)
    site.use(Survey(name="nps", title=Words("推荐度"), questions=(ten,)), "complaints")
    line = site.rings("10", call=site.talk(queue="complaints"))
    assert line.names[0] == "satisfaction-nps-1-nps"
    assert (site.answer().values, site.answer().level) == ({"nps": 10}, 5)
    site.rings("0", call=site.talk("hq-2.2", queue="complaints"))
    assert site.answer("hq-2.2").low, "zero is a score here"


@sqlite
def test_a_new_version_is_asked_and_old_answers_keep_theirs(site: Site) -> None:
    site.rings("5", "1")
    question = evolve(starter().questions[0], branches=(), then="end", words=Words("新的"))
    site.use(Survey(name="hotline", title=Words("二"), questions=(question,)))
    line = site.rings("5", call=site.talk("hq-2.2"))
    assert line.heard[0].text == "新的"
    assert (site.answer().version, site.answer("hq-2.2").version) == (1, 2)


# After the talk


@sqlite
def test_who_talked_with_an_agent_is_led_there_and_nobody_else(site: Site) -> None:
    after = site.plugin.after_call
    call = site.talk()
    assert site.run(after(call)) == Enter("rating")
    assert site.run(after(evolve(call, stays=()))) == Enter("rating"), "without a queue"
    assert site.run(after(evolve(call, direction=Direction.OUTBOUND))) is None
    assert site.run(after(evolve(call, agents=()))) is None
    site.run(site.plugin.book.assign({}))
    assert site.run(after(call)) is None


@sqlite
def test_the_call_ends_as_usual_when_the_plugin_fails(site: Site) -> None:
    site.talk()

    async def broken(*_: object) -> None:
        raise Unavailable("db.away", "the database is away")

    site.plugin.answers._db = type("Broken", (), {"run": staticmethod(broken)})()
    line = site.rings("2", "1", "2")
    assert line.left == Hangup(), "asked, though nothing can be kept"
    assert "satisfaction-thanks" in line.names
    site.plugin.book.for_queue = None  # type: ignore[assignment,method-assign]
    line = site.rings("2")
    assert (line.left, line.names) == (Hangup(), ["goodbye"])


def test_who_hung_up_first_may_be_asked_later_once(site: Site) -> None:
    call = site.talk()
    site.over(call)
    site.run(site.plugin.call_ended(CALL))
    assert site.answer().state is State.WANTED
    assert site.heard("survey_wanted") == [{"call_id": CALL, "survey": "hotline"}]
    take = site.plugin.answers.take
    answer = site.run(take(CALL, {"score": 1, "solved": 2, "reason": 2}, Way.MESSAGE, "", "太慢"))
    assert answer.values == {"score": 1, "reason": 2, "note": 0}, "only what was asked on the way"
    assert answer.comment == "太慢"
    with pytest.raises(Conflict, match="already"):
        site.run(take(CALL, {"score": 5}, Way.MESSAGE, ""))
    assert site.answer().level == 1
    assert len(site.heard("low_score")) == 1


@sqlite
def test_a_late_answer_does_not_count(site: Site) -> None:
    site.over(site.talk())
    site.fake.advance(timedelta(days=8).total_seconds())
    with pytest.raises(Refused, match="late"):
        site.run(site.plugin.answers.take(CALL, {"score": 5}, Way.MESSAGE, ""))
    assert site.answer().state is State.WANTED


@sqlite
def test_asked_in_vain_is_no_survey_wanted(site: Site) -> None:
    site.rings()
    site.over(site.talk())
    with pytest.raises(CallerGone):
        site.rings(HANG_UP, call=site.talk("hq-2.2"))
    site.over(site.talk("hq-2.2"))
    assert site.answer("hq-2.2").state is State.SILENT
    assert site.heard("survey_wanted") == []
