"""The demonstration: the shipped survey for all queues, and what callers of a month answered."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta

from attrs import evolve

from careline.storage import Tx
from careline.surveys import store as surveys
from careline.surveys.model import Survey, level
from careline_satisfaction.answers import store
from careline_satisfaction.answers.model import Answer, Reply, State, Way
from careline_satisfaction.starter import starter
from careline_satisfaction.survey import store as queues
from careline_satisfaction.survey.book import OTHERS, OWNER

DAYS = 30
#: Low scores of the last days that nobody has looked after yet.
OPEN_DAYS = 3
#: Answers of made-up calls, which have no page of their own, begin so.
CALL = "demo-"
#: What callers of the queue for appointments talked of; the rest of no department.
DEPARTMENTS = ("心血管内科", "骨科", "儿科", "妇产科", "")
QUEUES = ("service", "service", "appointments", "appointments", "complaints")
#: How callers rate each agent, from 1 to 5, in parts of a whole.
AGENTS = {"8001": (2, 3, 9, 30, 56), "8002": (3, 5, 14, 38, 40), "8003": (6, 9, 20, 35, 30)}
SAID = (
    ("等了很久才接通，希望多安排几位话务员。", 1),
    ("问题还是没有解决，让我再打别的电话。", 2),
    ("语速太快，老人听不清。", 3),
    ("希望能提前告知停诊。", 4),
)


def put_demo(tx: Tx, today: date) -> None:
    """Publish the survey and store the answers of the month before ``today``, always the same."""
    survey = starter()
    now = datetime.combine(today - timedelta(days=DAYS), time(0), UTC)
    surveys.ship(tx, OWNER, survey, "demo", now, scored=True)
    queues.put_queues(tx, {OTHERS: survey.name})
    chance = random.Random(5)  # noqa: S311 - made-up answers
    for back in range(DAYS, 0, -1):
        day = today - timedelta(days=back)
        for number in range(chance.randint(5, 9) if day.weekday() > 4 else chance.randint(10, 16)):
            _put(tx, survey, chance, day, f"{CALL}{day}-{number}", old=back > OPEN_DAYS)


def _put(tx: Tx, survey: Survey, chance: random.Random, day: date, call: str, old: bool) -> None:
    at = datetime.combine(day, time(0), UTC) + timedelta(minutes=chance.randint(5, 590))
    agent, queue = chance.choice(list(AGENTS)), chance.choice(QUEUES)
    new = Answer(
        call=call,
        survey=survey.name,
        version=survey.version,
        agent=agent,
        queue=queue,
        department=DEPARTMENTS[at.minute % len(DEPARTMENTS)] if queue == "appointments" else "",
        campus="main",
        day=day,
        at=at,
    )
    kind = chance.choices(("answered", "silent", "wanted"), (62, 23, 15))[0]
    if kind == "silent":
        store.begin(tx, evolve(new, state=State.SILENT, way=Way.KEYS))
    elif kind == "wanted":
        store.begin(tx, evolve(new, state=State.WANTED))
    else:
        _answered(tx, survey, chance, new, old)


def _answered(tx: Tx, survey: Survey, chance: random.Random, new: Answer, old: bool) -> None:
    value = chance.choices((1, 2, 3, 4, 5), AGENTS[new.agent])[0]
    points = survey.score.points(value)
    low = level(points) <= survey.low_level
    answer, _ = store.begin(
        tx,
        evolve(
            new,
            state=State.ANSWERED,
            way=chance.choices((Way.KEYS, Way.AGENT, Way.MESSAGE), (8, 1, 1))[0],
            answered=new.at,
            points=points,
            level=level(points),
            low=low,
            seen=new.at + timedelta(hours=2) if low and old else None,
            seen_by="leader" if low and old else "",
        ),
    )
    for reply in _replies(survey, chance, value):
        store.put_reply(tx, answer.id, reply)


def _replies(survey: Survey, chance: random.Random, value: int) -> list[Reply]:
    replies = [Reply(question=survey.score.name, value=value)]
    if value > 3:
        replies.append(Reply(question="solved", value=chance.choices((1, 2), (9, 1))[0]))
        return replies
    words, reason = chance.choice(SAID)
    replies.append(Reply(question="reason", value=reason))
    if chance.random() < 0.5:
        replies.append(Reply(question="note", value=0, text=words))
    return replies
