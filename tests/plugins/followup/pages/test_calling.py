"""Whom a call is to, how it is made from a page, and who may write answers down."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve
from tests.plugins.followup.pages.house import AGENT, LEADER, WORKS, Pages
from tests.plugins.followup.site import DAUGHTER, PHONE

from careline.auth.model import Scope
from careline.calls.model import Direction, Leg, LegKind
from careline.storage import Database
from careline.testing.web import Seen
from careline_followup.plans.model import Way
from careline_followup.tasks.model import State

CALLS = (*WORKS, "calls.dial")
ASK = {"question": "feeling", "value": "1"}
MINE: dict[str, Any] = {"user": AGENT, "may": WORKS}


@pytest.fixture
def pages(db: Database) -> Pages:
    made = Pages(db)
    made.site.ways(Way.AGENT)
    made.discharged(name="王小花", ward="骨科一病区", bed="12", diagnosis="股骨骨折")
    return made


def brief(pages: Pages, **how: Any) -> Seen:
    return pages.get(f"/panel/followup_brief?key={pages.site.first().call_key}", **how)


def test_the_card_says_whom_the_call_is_to(pages: Pages) -> None:
    shown = brief(pages, **MINE).text
    assert all(one in shown for one in ("王小花", "骨科一病区", "12", "股骨骨折"))
    assert PHONE[3:] not in shown
    other = {"user": evolve(AGENT, campus="east"), "may": dict.fromkeys(WORKS, Scope.CAMPUS)}
    assert "王小花" not in brief(pages, **other).text
    assert brief(pages, user=AGENT, may=("calls.dial",)).status == 403


def test_the_card_has_the_answers_of_before_the_bad_ones_first(pages: Pages) -> None:
    for question, value in (("feeling", 3), ("symptom", 4)):
        pages.site.reply(question, value)
    shown = brief(pages, **MINE).text
    survey = pages.site.run(pages.s.answers.survey(1))
    bad, good = (survey.question(one) for one in ("symptom", "feeling"))
    assert bad is not None
    assert good is not None
    assert shown.index(bad.label(4, "zh")) < shown.index(good.label(3, "zh"))


def test_what_waits_is_called_from_the_page_as_the_task_that_it_is(pages: Pages) -> None:
    path = "/followup/tasks/1"
    shown = pages.get(path, user=AGENT, may=CALLS)
    assert PHONE[3:] not in shown.text
    assert "138****0001" in shown.text
    assert shown.find("form[action=/outbound/call]")
    assert pages.site.first().call_key in shown.text
    assert not shown.find("[data-dial]"), "somebody else would call it as well"
    assert not pages.get(path, user=AGENT, may=WORKS).find("form[action=/outbound/call]")


def test_nobody_is_called_twice_at_once(pages: Pages) -> None:
    outbound = pages.site.core.outbound
    pages.site.run(outbound.take_this(pages.site.first().call_key, "8002"))
    shown = pages.get("/followup/tasks/1", user=AGENT, may=CALLS)
    assert not shown.find("form[action=/outbound/call]")
    assert not shown.find("[data-dial]")


def test_what_is_nobodys_call_is_dialled_by_number(pages: Pages) -> None:
    pages.site.run(pages.s.tasks.hand_over(1, "leader"))
    shown = pages.get("/followup/tasks/1", user=AGENT, may=CALLS)
    assert [one["data-dial"] for one in shown.find("[data-dial]")] == ["followup:1:0"]


@pytest.mark.parametrize(
    ("shown", "campus", "number"),
    [
        ("followup:1:0", "main", PHONE),
        ("followup:1:9", "main", None),
        ("followup:9:0", "main", None),
        ("followup:1:x", "main", None),
        ("sms:1:0", "main", None),
        ("followup:1:0", "east", None),
    ],
)
def test_a_masked_number_is_given_to_who_may_see_the_task(
    pages: Pages, shown: str, campus: str, number: str | None
) -> None:
    asked = _visit(campus)
    assert pages.site.run(pages.site.plugin.number_behind(shown, asked)) == number


def _dials(pages: Pages) -> bool:
    shown = pages.get("/followup/tasks/1", user=AGENT, may=CALLS)
    return bool(shown.find("[data-dial]") or shown.find("form[action=/outbound/call]"))


def test_nobody_calls_for_whoever_has_died(pages: Pages) -> None:
    pages.site.reply("feeling", 3)
    pages.site.reply("symptom", 4)
    rights = ("followup.view", "followup.ward", "calls.dial")
    assert pages.get("/followup/flags", may=rights).find("[data-dial]")
    pages.post("/followup/tasks/1/died", {"reason": "女儿说"}, **MINE)
    assert not _dials(pages)
    assert not pages.get("/followup/flags", may=rights).find("[data-dial]")
    for asked in (_visit("main"), _visit("main", (*WORKS, "followup.ward"))):
        assert pages.site.run(pages.site.plugin.number_behind("followup:1:0", asked)) is None


@pytest.mark.parametrize("how", ["decline", "no-more"])
def test_who_wants_no_more_is_called_by_the_ward_alone(pages: Pages, how: str) -> None:
    assert _dials(pages)
    pages.post(f"/followup/tasks/1/{how}", {"reason": "不要再打了"}, **MINE)
    assert not _dials(pages)
    behind = pages.site.plugin.number_behind
    assert pages.site.run(behind("followup:1:0", _visit("main"))) is None
    ward = _visit("main", (*WORKS, "followup.ward"))
    assert pages.site.run(behind("followup:1:0", ward)) == PHONE


def _visit(campus: str, rights: tuple[str, ...] = WORKS) -> Any:
    user = evolve(AGENT, campus=campus)

    def may(permission: str, subject: Any = None) -> bool:
        return permission in rights and getattr(subject, "campus", campus) == campus

    return SimpleNamespace(user=user, may=may)


def test_who_was_dialled_by_number_is_asked_in_that_call(pages: Pages) -> None:
    """Nothing else says whom it is to: there is no record of the patient."""
    pages.site.run(pages.site.plugin.number_behind("followup:1:0", _visit("main")))
    call = _call(PHONE, legs=())
    pages.site.core.calls.get = lambda asked: call if asked == call.id else None
    assert "王小花" in pages.get("/panel/followup_ask?call=hq-1.1", **MINE).text
    call = _call(DAUGHTER)
    assert "王小花" not in pages.get("/panel/followup_ask?call=hq-1.1", **MINE).text


def _call(number: str, legs: tuple[Leg, ...] | None = None) -> Any:
    """A call to that number; without legs of one, Asterisk did not say whom it has dialled."""
    leg = Leg(
        channel="x", kind=LegKind.OUTSIDE, number=number, started=datetime(2026, 11, 26, tzinfo=UTC)
    )
    return SimpleNamespace(
        id="hq-1.1",
        number=number,
        agents=("8001",),
        patients=(),
        direction=Direction.OUTBOUND,
        legs=(leg,) if legs is None else legs,
    )


def answers(pages: Pages) -> int:
    return pages.site.first().answers


def test_a_stray_key_is_nobodys_answer(pages: Pages) -> None:
    path = "/followup/tasks/1"
    shown = pages.get(f"{path}/ask", **MINE)
    assert not shown.find("[data-followup-key]")
    assert pages.post(f"{path}/answer", ASK, **MINE).status == 403
    assert answers(pages) == 0
    pages.post(f"{path}/mine", {}, **MINE)
    [keys] = pages.get(f"{path}/ask", **MINE).find("[data-followup-keys]")
    assert keys["data-followup-keys"] == "page", "keys count beside a call alone"
    assert pages.post(f"{path}/answer", ASK, **MINE).status == 200
    assert answers(pages) == 1


def test_who_has_made_the_call_writes_down_after_it(pages: Pages) -> None:
    outbound, key = pages.site.core.outbound, pages.site.first().call_key
    pages.site.run(outbound.take_this(key, "8001"))
    assert pages.post("/followup/tasks/1/answer", ASK, **MINE).status == 200
    assert answers(pages) == 1


def test_the_ward_asks_what_is_the_wards(pages: Pages) -> None:
    ward = {"user": evolve(LEADER, agent=""), "may": (*WORKS, "followup.ward")}
    assert pages.post("/followup/tasks/1/answer", ASK, **ward).status == 403
    pages.site.run(pages.s.tasks.hand_over(1, "leader"))
    assert pages.post("/followup/tasks/1/answer", ASK, **ward).status == 200
    assert pages.site.first().state is State.WITH_WARD


@pytest.mark.parametrize(
    ("typed", "due"), [("明天 9:00", "2026-11-27T01:00"), ("2026-11-27T15:00", "2026-11-27T07:00")]
)
def test_a_call_at_another_time_in_peoples_words(pages: Pages, typed: str, due: str) -> None:
    pages.post("/followup/tasks/1/later", {"at": typed})
    [call] = pages.site.calls()
    assert call.task.due.isoformat().startswith(due)


def test_a_red_flag_says_what_was_asked_and_answered_and_can_be_called(pages: Pages) -> None:
    for question, value in (("feeling", 3), ("symptom", 1), ("temperature", 395)):
        pages.site.reply(question, value)
    survey = pages.site.run(pages.s.answers.survey(1))
    question = survey.question("temperature")
    assert question is not None
    rights = ("followup.view", "followup.ward")
    shown = pages.get("/followup/flags", may=rights)
    assert question.read_as("zh") in shown.text
    assert "39.5" in shown.text
    assert "138****0001" in shown.text
    assert not shown.find("[data-dial]")
    dialled = pages.get("/followup/flags", may=(*rights, "calls.dial")).find("[data-dial]")
    assert [one["data-dial"] for one in dialled] == ["followup:1:0"]
    assert PHONE[3:] not in shown.text
    assert "39.5" in pages.get("/panel/followup_flags", may=rights).text
