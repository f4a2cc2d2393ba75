"""Pages: what is due is found and asked by keys, red flags are looked after, figures are right."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from attrs import evolve
from tests.plugins.followup.pages.house import AGENT, WORKS, Pages

from careline.auth.model import Scope
from careline.calls.model import Direction
from careline.storage import Database
from careline_followup.flags.model import FlagState
from careline_followup.plans.model import Way
from careline_followup.tasks.model import State


@pytest.fixture
def pages(db: Database) -> Pages:
    made = Pages(db)
    made.site.ways(Way.AGENT)
    made.discharged(name="王小花")
    return made


PATHS = (
    "/followup",
    "/followup?list=all&text=%E7%8E%8B&days=1-1",
    "/followup/tasks/1",
    "/followup/tasks/1/ask",
    "/followup/flags",
    "/followup/flags/now?state=closed",
    "/followup/posts",
    "/followup/coverage",
    "/followup/coverage/now?by=plan",
    "/followup/plans",
    "/followup/plans/new",
    "/followup/plans/general",
    "/followup/questionnaires",
    "/reports/followup",
    "/reports/followup_answers",
    "/panel/followup_ask?call=x",
    "/panel/followup_flags",
    "/panel/followup_wall",
    "/panel/followup_patient?patient=1",
)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_is_there(pages: Pages, lang: str) -> None:
    pages.site.reply("feeling", 3, way=Way.AGENT)
    pages.site.reply("symptom", 3, way=Way.AGENT)
    seen = {path: pages.get(path, lang=lang).status for path in PATHS}
    assert seen == dict.fromkeys(PATHS, 200)


def test_the_agent_asks_question_by_question(pages: Pages) -> None:
    task = pages.site.first().id
    assert "王小花" in pages.get("/followup", user=AGENT, may=WORKS).text
    for question, value in (("feeling", "1"), ("medicine", "1"), ("visit", "1"), ("content", "5")):
        seen = pages.post(
            f"/followup/tasks/{task}/answer",
            {"question": question, "value": value},
            user=AGENT,
            may=WORKS,
        )
        assert seen.status == 200
    done = pages.site.first()
    assert (done.state, done.agent) == (State.ANSWERED, "8001")


def test_an_answer_is_corrected_and_a_wrong_one_is_not_taken(pages: Pages) -> None:
    path = "/followup/tasks/1/answer"
    pages.post(path, {"question": "feeling", "value": "3"})
    assert pages.post(path, {"question": "symptom", "value": "9"}).status == 422
    pages.post(path, {"question": "symptom", "value": "1"})
    pages.post(path, {"question": "temperature", "value": "37.5"})
    pages.post(path, {"question": "temperature", "value": "39.1", "correct": "1"})
    given = pages.site.run(pages.s.answers.given(1))
    assert given["temperature"].value == 391
    [flag] = pages.site.run(pages.s.flags.of_task(1))
    assert flag.question == "temperature"


def test_a_red_flag_is_on_the_wards_page_until_somebody_has_looked_after_it(pages: Pages) -> None:
    pages.site.reply("feeling", 3)
    pages.site.reply("symptom", 4)
    assert "王小花" in pages.get("/followup/flags").text
    [flag] = pages.site.run(pages.s.flags.listed())
    pages.post(f"/followup/flags/{flag.id}/see", {})
    assert pages.site.run(pages.s.flags.get(flag.id)).state is FlagState.SEEN
    pages.post(f"/followup/flags/{flag.id}/close", {"reason": "已电话联系，来急诊"})
    assert "王小花" not in pages.get("/followup/flags").text
    assert "已电话联系" in pages.get("/followup/flags?state=closed").text


def test_what_is_cancelled_has_a_reason_and_can_be_taken_up_again(pages: Pages) -> None:
    assert pages.post("/followup/tasks/1/cancel", {"reason": ""}).status == 422
    pages.post("/followup/tasks/1/cancel", {"reason": "家属要求"})
    assert "家属要求" in pages.get("/followup?list=cancelled").text
    pages.post("/followup/tasks/1/restore", {})
    assert pages.site.first().state is State.PLANNED


def test_the_ward_gets_it_and_gives_it_back(pages: Pages) -> None:
    pages.post("/followup/tasks/1/ward", {"reason": "请病房联系"})
    assert pages.site.first().state is State.WITH_WARD
    pages.post("/followup/tasks/1/back", {})
    assert pages.site.first().state is State.DUE


def test_a_call_at_another_time(pages: Pages) -> None:
    assert pages.post("/followup/tasks/1/later", {"at": "yesterday"}).status == 422
    pages.post("/followup/tasks/1/later", {"at": "2026-11-27T15:00"})
    [call] = pages.site.calls()
    assert call.task.due.isoformat() == "2026-11-27T07:00:00+00:00"


def test_other_campuses_are_not_found(pages: Pages) -> None:
    may = dict.fromkeys((*WORKS, "followup.ward", "followup.report"), Scope.CAMPUS)
    other = evolve(AGENT, campus="east")
    assert "王小花" not in pages.get("/followup?list=all", user=other, may=may).text
    assert pages.get("/followup/tasks/1", user=other, may=may).status == 404
    assert pages.get("/followup/tasks/1/ask", user=other, may=may).status == 404
    pages.site.reply("feeling", 3)
    pages.site.reply("symptom", 4)
    assert "王小花" not in pages.get("/followup/flags", user=other, may=may).text
    assert pages.post("/followup/flags/1/see", {}, user=other, may=may).status == 404


def test_without_the_right_nothing_is_cancelled(pages: Pages) -> None:
    assert pages.post("/followup/tasks/1/cancel", {"reason": "x"}, may=WORKS).status == 403


def test_a_plan_is_made_and_problems_stand_beside_it(pages: Pages) -> None:
    form = {
        "name": "heart",
        "title": "心梗随访",
        "kind": "disease",
        "diagnoses": "心肌梗死、心梗",
        "questionnaire": "chronic",
        "days": "3, 30",
        "keep": "4, 7",
        "way1": "message",
        "way2": "agent",
        "last": "ward",
        "enabled": "1",
    }
    assert pages.post("/followup/plans", form | {"days": "30, 3"}).status == 422
    assert pages.post("/followup/plans", form | {"message_hours": "0"}).status == 422
    pages.post("/followup/plans", form)
    plan = pages.s.plans.get("heart")
    assert plan.diagnoses == ("心肌梗死", "心梗")
    assert [(one.days, one.keep_days) for one in plan.steps] == [(3, 4), (30, 7)]
    assert plan.ways == (Way.MESSAGE, Way.AGENT)


def test_coverage_counts_what_is_there_now(pages: Pages) -> None:
    pages.discharged(2, days=0, name="李四")
    assert pages.get("/followup/coverage/now?by=ward").text.count("100.0%") == 1  # covered
    pages.site.well()
    assert pages.get("/followup/coverage/now?by=ward").text.count("100.0%") == 4  # done, reached


def test_a_call_that_is_made_for_a_task_opens_with_its_questions(pages: Pages) -> None:
    pages.site.dial()  # of nobody's record: known by the call alone
    call = SimpleNamespace(id="hq-1.1", agents=("8001",), patients=(), direction=Direction.OUTBOUND)
    pages.site.core.calls.get = lambda asked: call if asked == call.id else None
    shown = pages.get("/panel/followup_ask?call=hq-1.1", user=AGENT, may=WORKS)
    assert "王小花" in shown.text
    assert "data-followup-key" in shown.text
    assert "王小花" not in pages.get("/panel/followup_ask?call=hq-2", user=AGENT, may=WORKS).text
    answer = {"question": "feeling", "value": "1", "call": call.id}
    pages.post("/followup/tasks/1/answer", answer, user=AGENT, may=WORKS)
    [tried] = pages.site.run(pages.s.tasks.attempts(1))
    assert (tried.call, tried.agent) == ("hq-1.1", "8001")
