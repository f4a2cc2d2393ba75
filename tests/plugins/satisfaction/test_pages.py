"""Who sees which answers, what leaders look after, what agents enter, how surveys are made."""

from __future__ import annotations

import csv
from datetime import date
from typing import Any

import pytest
from tests.plugins.satisfaction.site import AGENT, ALL, CALL, NOW, Site

from careline.auth.model import Scope
from careline.storage import Database
from careline.voicemail.model import Message
from careline.voicemail.store import add_message
from careline_satisfaction.answers.model import Way
from careline_satisfaction.demo import put_demo
from careline_satisfaction.starter import starter

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
OWN = ("satisfaction.own", "calls.view")
DAYS = "11-1..11-23"


@pytest.fixture
def site(db: Database) -> Site:
    return Site(db)


@pytest.fixture
def rated(site: Site) -> Site:
    """Two agents, one of whom was rated low and told why."""
    site.rings("2", "3", "2")
    site.rings("5", "1", call=site.talk("hq-2.2", agent="8002"))
    site.rings(call=site.talk("hq-3.3", agent="8002", queue="complaints"))
    return site


def test_agents_see_their_own_answers_and_leaders_those_of_their_team(rated: Site) -> None:
    mine = rated.get("/satisfaction", user=AGENT, may=OWN).text
    assert "服务态度" in mine
    assert "王芳" not in mine
    assert "/seen" not in mine, "looking after low scores is for leaders"
    everybody = rated.get("/satisfaction").text
    assert "李敏" in everybody
    assert "王芳" in everybody
    own_only = rated.get("/satisfaction", may={"satisfaction.own": Scope.ALL}).text
    assert "服务态度" not in own_only, "8003 was not rated"


def test_a_leader_looks_after_a_low_score_once(rated: Site) -> None:
    low = rated.get("/panel/satisfaction_low")
    assert "服务态度" in low.text
    path = f"/satisfaction/answers/{rated.answer().id}/seen"
    assert rated.post(path, {}, user=AGENT, may=OWN).status == 403
    assert rated.post(path, {}).status == 204
    assert "服务态度" not in rated.get("/panel/satisfaction_low").text
    again = rated.post(path, {})
    assert "warn" in again.headers["hx-trigger"]
    assert rated.answer().seen_by == "leader"
    wall = rated.get("/panel/satisfaction_wall", lang="en")
    assert "3.5" in wall.text, "the average of 2 and 5"


def test_what_is_said_of_others_is_not_there(rated: Site) -> None:
    path = f"/satisfaction/answers/{rated.answer().id}/seen"
    group = {"satisfaction.view": Scope.GROUP}
    assert rated.post(path, {}, may=group).status == 404
    assert rated.answer().seen is None


def test_the_agent_asks_who_could_not_press_keys(site: Site) -> None:
    site.talk()
    panel = f"/panel/satisfaction_ask?call={CALL}"
    assert 'name="q-score"' in site.get(panel, user=AGENT, may=OWN).text
    assert 'name="q-score"' not in site.get(panel, may=OWN).text, "8003 did not talk"
    path = f"/satisfaction/calls/{CALL}"
    assert site.post(path, {"q-score": "1"}, may=OWN).status == 404
    assert site.post(path, {"q-score": "9"}, user=AGENT, may=OWN).status == 422
    assert site.post(path, {"comment": "好"}, user=AGENT, may=OWN).status == 422
    form = {"q-score": "3", "q-reason": "1", "q-solved": "2", "comment": "等太久"}
    assert site.post(path, form, user=AGENT, may=OWN).status == 204
    answer = site.answer()
    assert (answer.way, answer.by, answer.level) == (Way.AGENT, "8001", 3)
    assert answer.comment == "等太久"
    assert site.post(path, form, user=AGENT, may=OWN).status == 409
    seen = site.get(panel, user=AGENT, may=OWN).text
    assert "等待时间长" in seen
    assert "等太久" in seen
    assert site.run(site.plugin.after_call(site.calls.open[CALL])) is None, "not asked again"


def test_a_spoken_comment_is_heard_beside_its_answer_by_who_may(rated: Site) -> None:
    left = Message(call=CALL, box="rating", number="", file="x.wav", seconds=4.0, left=NOW)
    rated.db.run_sync(add_message, left)
    sound = f"/tasks/voicemail/{CALL}.wav"
    heard = rated.get("/satisfaction", may=(*ALL, "recordings.play"))
    assert [one["src"] for one in heard.find("audio")] == [sound]
    assert sound not in rated.get("/satisfaction").text


# Surveys


def test_a_survey_is_made_published_and_given_to_a_queue(site: Site) -> None:
    root = "/satisfaction/surveys"
    assert site.get(root, may=OWN).status == 403
    made = site.post(root, {"name": "ward", "zh": "病房满意度", "en": "Wards", "low_level": "2"})
    assert made.headers["location"] == f"{root}/ward"
    question = {
        "name": "score",
        "kind": "scale",
        "zh": "满意请按1",
        "en": "Satisfied, press 1",
        "scale": "1-3",
        "best_low": "1",
        "branches": "3 why",
        "then": "end",
    }
    assert site.post(f"{root}/ward/question", question).status == 303
    assert "why 不是后面的题目" in site.get(f"{root}/ward").text.replace("why", "why ")
    assert site.post(f"{root}/ward/publish", {}).status == 422
    why = {"name": "why", "kind": "choice", "zh": "为什么", "choices": "1 慢 | slow\n错"}
    wrong = site.post(f"{root}/ward/question", why)
    assert wrong.status == 422
    assert "无法识别：错" in wrong.text
    assert "1 慢 | slow" in wrong.text, "what was typed is still there"
    site.post(f"{root}/ward/question", {**why, "choices": "1 慢 | slow\n2 贵 | dear"})
    english = site.get(f"{root}/ward?heard=en").text
    assert "Satisfied, press 1" in english
    assert "2: dear" in english
    assert site.post(f"{root}/ward/publish", {}).status == 303
    site.post("/satisfaction/queues", {"queue-": "hotline", "queue-complaints": "ward"})
    book = site.plugin.book
    assert book.queues == {"": "hotline", "complaints": "ward"}
    site.post("/satisfaction/queues", {"queue-": "hotline", "queue-complaints": "-"})
    assert book.for_queue("complaints") is None
    site.post("/satisfaction/queues", {"queue-": "hotline", "queue-complaints": "ward"})
    assert book.for_queue("complaints").version == 1  # type: ignore[union-attr]
    assert book.for_queue("service") == starter()
    assert site.web.audit.acts.count("survey.changed") == 3


def test_questions_are_moved_and_removed_in_the_draft_alone(site: Site) -> None:
    base = "/satisfaction/surveys/hotline"
    site.post(f"{base}/question/solved/up", {})
    site.post(f"{base}/question/words/remove", {})
    draft = site.run(site.plugin.book.draft("hotline"))
    assert [one.name for one in draft.questions] == ["score", "solved", "reason"]
    page = site.get(base).text
    assert "之后的修改尚未发布" in page
    assert site.plugin.book.newest("hotline") == starter()


# Reports and the demonstration


def rows(site: Site, by: str, name: str = "satisfaction", **who: Any) -> list[dict[str, str]]:
    """The report as a file."""
    form = {"days": DAYS, "by": by, "form": "csv"}
    seen = site.post(f"/reports/{name}/export", form, lang="en", **who)
    assert seen.status == 200, seen.text
    return list(csv.DictReader(seen.text.lstrip("\ufeff").splitlines()))


def test_the_figures_are_those_of_the_answers(rated: Site) -> None:
    rated.over(rated.talk("hq-4.4", agent="8001"))
    first, second, total = rows(rated, "agent")
    assert (first["Name"], first["Talks"], first["Asked"], first["Answers given"]) == (
        *("李敏 8001", "2", "1"),
        "1",
    )
    assert (first["Average"], first["Low scores"], first["Level 2"]) == ("2.0", "1", "1")
    assert (second["Name"], second["Response rate"], second["Average"]) == (
        "王芳 8002",
        "50%",
        "5.0",
    )
    assert (total["Talks"], total["Average"], total["Satisfied"]) == ("4", "3.5", "50%")
    assert [one["Name"] for one in rows(rated, "queue")] == ["综合服务", "投诉建议", "Total"]
    assert [one["Day"] for one in rows(rated, "week")] == ["week of 2026-11-23", "Total"]
    assert [one["Name"] for one in rows(rated, "campus")] == ["总院", "Total"]
    assert [one["Name"] for one in rows(rated, "team")] == ["a", "Total"]
    charts = rated.get(f"/reports/satisfaction?days={DAYS}&by=agent").text
    assert charts.count("data-plot=") == 5, "average, distribution, rate, and two questions"


def test_ratings_count_for_the_department_that_was_talked_of(site: Site) -> None:
    site.listener.departments = {CALL: "心血管内科"}
    site.rings("2", "3", "2")
    site.over(site.calls.open[CALL])
    site.over(site.talk("hq-2.2"))
    site.run(site.plugin.answers.take("hq-2.2", {"score": 5, "solved": 1}, Way.MESSAGE, ""))
    found = {one["Name"]: (one["Average"], one["By message"]) for one in rows(site, "department")}
    assert found == {"心血管内科": ("2.0", "0"), "none": ("5.0", "1"), "Total": ("3.5", "1")}


def test_agents_see_their_own_figures(rated: Site) -> None:
    [mine, total] = rows(rated, "agent", user=AGENT, may=OWN)
    assert (mine["Name"], total["Talks"]) == ("李敏 8001", "1")
    rated.run(
        rated.plugin.answers.take("hq-3.3", {"score": 3, "reason": 1}, Way.MESSAGE, "", "还行")
    )
    comments = rows(rated, "", "satisfaction_comments")
    assert [(one["Agent"], one["Comment"]) for one in comments] == [("王芳 8002", "还行")]
    assert rows(rated, "", "satisfaction_comments", user=AGENT, may=OWN) == []


def test_the_demonstration_has_a_month_of_answers_always_the_same(db: Database) -> None:
    db.run_sync(put_demo, date(2026, 11, 23))
    site = Site(db)
    days = rows(site, "day")
    assert len(days) == 22 + 1, "those asked for, of a month, and the total"
    total = days[-1]
    assert 200 < int(total["Talks"]) < 400
    assert 3.5 < float(total["Average"]) < 4.5
    assert site.get(f"/satisfaction?days={DAYS}&only=worded").text.count("等了很久") > 1
    assert "/seen" in site.get("/panel/satisfaction_low").text
