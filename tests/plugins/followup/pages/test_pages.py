"""Pages: what is due is found and asked by keys, red flags are looked after, figures are right."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from attrs import evolve
from tests.plugins.followup.pages.house import AGENT, ALL, LEADER, WORKS, Pages

from careline.auth.model import Scope
from careline.calls.model import Direction
from careline.campuses import store as campuses_store
from careline.campuses.model import Campus
from careline.storage import Database
from careline_followup.flags.model import FlagState, Post
from careline_followup.plans.model import Way
from careline_followup.tasks import store as tasks_store
from careline_followup.tasks.model import State, Why


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
    "/panel/followup_brief?key=followup:1:1",
    "/panel/followup_brief?key=other:1",
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
    pages.post(f"/followup/tasks/{task}/mine", {}, user=AGENT, may=WORKS)
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
    assert pages.get("/followup/coverage/now?by=ward").text.count("100.0%") == 2  # covered
    pages.site.well()
    assert pages.get("/followup/coverage/now?by=ward").text.count("100.0%") == 5  # done, reached


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


@pytest.fixture
def two(pages: Pages) -> Pages:
    """The same with another campus."""
    site = pages.site
    site.db.run_sync(campuses_store.put_campus, Campus(id="east", title="东院"))
    site.run(site.core.campuses.load())
    for campus in ("main", "east"):
        post = Post(campus=campus, who=f"{campus}值班", number="13500000001")
        site.run(site.s.flags.put_post(post))
    return pages


EAST = {"user": evolve(LEADER, campus="east"), "may": dict.fromkeys(ALL, Scope.CAMPUS)}
NEW = {"ward": "", "level": "12", "who": "护士", "number": "13500000009"}


def test_who_is_told_of_red_flags_is_ones_own_campuss_affair(two: Pages) -> None:
    seen = two.get("/followup/posts", **EAST).text
    assert "east值班" in seen
    assert "main值班" not in seen
    assert two.post("/followup/posts", {**NEW, "campus": "main"}, **EAST).status == 404
    assert two.post("/followup/posts", {**NEW, "campus": "nowhere"}, **EAST).status == 404
    assert two.post("/followup/posts/1/remove", {}, **EAST).status == 404
    assert two.post("/followup/posts", {**NEW, "campus": "east"}, **EAST).status == 303
    found = two.site.run(two.s.flags.posts())
    assert [(one.campus, one.level) for one in found] == [("east", 0), ("east", 0), ("main", 0)]


def test_plans_of_other_campuses_are_not_changed(two: Pages) -> None:
    assert two.post("/followup/plans/general/remove", {}, **EAST).status == 403
    assert two.s.plans.find("general") is not None
    assert two.post("/followup/plans/general/remove", {}).status == 303


def test_the_call_shows_what_may_be_seen_of_it(two: Pages) -> None:
    """The patient has follow-ups of two campuses; the agent is of one."""
    site = two.site
    case = site.run(site.s.cases.get(1))
    site.run(site.s.cases.add(evolve(case, id=0, campus="east", reference="77", number="E1")))
    for number in (1, 2):
        site.db.run_sync(tasks_store.give, number, 5)
    call = SimpleNamespace(id="c", agents=["8001"], patients=[5], direction=Direction.INBOUND)
    site.core.calls = SimpleNamespace(get=lambda _: call)
    agent = {"user": AGENT, "may": dict.fromkeys(WORKS, Scope.CAMPUS)}
    assert two.get("/panel/followup_ask?call=c", **agent).status == 200


@pytest.mark.parametrize(("deed", "why"), [("died", Why.DECEASED), ("no-more", Why.DECLINED)])
def test_an_agent_says_that_nobody_is_asked_any_more(pages: Pages, deed: str, why: Why) -> None:
    form = {"reason": "家属告知"}
    agent = {"user": AGENT, "may": WORKS}
    assert pages.post(f"/followup/tasks/1/{deed}", form, **agent).status == 303
    assert {(task.state, task.why) for task in pages.site.all()} == {(State.CANCELLED, why)}
    assert pages.get("/followup/tasks/1", **agent).status == 200


def test_a_look_at_red_flags_is_one_line_of_the_audit_log(pages: Pages) -> None:
    """The list loads itself anew all the time."""
    for path in ("/followup/flags", "/followup/flags/now", "/followup/flags/now"):
        assert pages.get(path).status == 200
    acts = [one["act"] for one in pages.web.audit.lines]
    assert acts.count("followup.seen") == 1


def test_who_has_no_campus_sees_nothing_of_a_house_with_two(two: Pages) -> None:
    nobody = {"user": evolve(AGENT, campus=""), "may": dict.fromkeys(ALL, Scope.CAMPUS)}
    task = two.site.first()
    assert two.get("/followup?list=open", **nobody).text.count("/followup/tasks/") == 0
    assert two.get(f"/followup/tasks/{task.id}", **nobody).status == 404
    told = two.get("/followup/posts", **nobody).text
    assert not {"main值班", "east值班"} & set(re.findall("[a-z]+值班", told))
    mine = evolve(task, agent="8001")
    two.site.db.run_sync(tasks_store.put, mine)
    assert two.get(f"/followup/tasks/{task.id}", **nobody).status == 200


def test_who_has_no_campus_works_in_a_house_with_one(pages: Pages) -> None:
    pages.discharged()
    alone = {"user": evolve(AGENT, campus=""), "may": dict.fromkeys(ALL, Scope.OWN)}
    assert pages.get("/followup?list=open", **alone).text.count("/followup/tasks/")


def test_a_patient_is_written_down_by_hand_once(pages: Pages) -> None:
    form = {"campus": "main", "name": "赵一", "phone": "13800008888", "left": "2026-11-20"}
    assert pages.get("/followup/cases/new").status == 200
    wrong = pages.post("/followup/cases", {**form, "left": "someday"})
    assert (wrong.status, "赵一" in wrong.text) == (422, True)
    first = pages.post("/followup/cases", {**form, "ward": "三病区"})
    assert first.status == 303
    again = pages.post("/followup/cases", form)
    assert again.headers["location"] == first.headers["location"]
    assert pages.post("/followup/cases", form | {"campus": "nowhere"}).status == 404
    assert pages.post("/followup/cases", form, user=AGENT, may=WORKS).status == 403
