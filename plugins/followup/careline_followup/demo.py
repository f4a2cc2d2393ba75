"""The demonstration: 300 discharges of the last weeks, followed up; two red flags wait on the page.

Nobody is called by itself here: the numbers are made up and may be somebody's. What was asked by
automatic calls is history; what falls due from today on is for the agents of the demonstration.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from attrs import asdict, evolve, field, frozen
from sqlalchemy import insert, select, update

from careline.outbound import store as outbound
from careline.outbound.model import Kept, Mode, Rung
from careline.outbound.model import Task as Call
from careline.patients.tables import patient_table, phone_table
from careline.storage import Tx
from careline.surveys.model import Kind, Question, Survey
from careline_followup.answers.store import answer_table
from careline_followup.cases import store as cases
from careline_followup.cases.model import Case, CaseState, Source
from careline_followup.cases.planning import Calendar, tasks_for
from careline_followup.flags import store as flags
from careline_followup.flags.model import Flag, FlagState, Post
from careline_followup.plans import store as plans
from careline_followup.plans.matching import plans_for
from careline_followup.plans.model import Plan, Way
from careline_followup.starter import put_starters, questionnaires
from careline_followup.tasks.ladder import OWN
from careline_followup.tasks.model import State, Task, Why
from careline_followup.tasks.store import attempt_table, task_table
from careline_followup.tasks.ways import PURPOSE, TITLE, TITLE_EN

DISCHARGES = 300
DAYS = 24
#: Which of them the patients of the demonstration are; the others have no records.
FIRST_KNOWN, MOST_KNOWN = 24, 40
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
GIVEN = (
    "秀英",
    "建华",
    "桂兰",
    "志强",
    "玉梅",
    "国庆",
    "丽华",
    "晓东",
    "淑珍",
    "海燕",
    "文斌",
    "春梅",
)
ZONE = ZoneInfo("Asia/Shanghai")
#: Department, ward, doctor; what patients had, and what was done.
WARDS = (
    ("心血管内科", "心内一病区", "陈建国",
     (("高血压病3级", ""), ("冠心病", ""), ("心房颤动", ""))),
    ("呼吸与危重症医学科", "呼吸病区", "周敏",
     (("社区获得性肺炎", ""), ("慢阻肺急性加重", ""))),
    ("骨科", "骨科一病区", "赵一平",
     (("股骨颈骨折", "髋关节置换术"), ("腰椎间盘突出", "椎间盘切除术"))),
    ("普外科", "普外病区", "孙涛",
     (("胆囊结石", "腹腔镜胆囊切除术"), ("急性阑尾炎", "阑尾切除术"))),
    ("内分泌科", "内分泌病区", "吴兰",
     (("2型糖尿病", ""), ("甲状腺功能亢进", ""))),
    ("妇科", "妇科病区", "李芳",
     (("子宫肌瘤", "子宫肌瘤剔除术"), ("卵巢囊肿", "囊肿剥除术"))),
)  # fmt: skip
POSTS = (
    ("", 1, "医务处值班", "+8613810010041"),
    ("心内一病区", 0, "心内一病区护士站", "+8613810010001"),
    ("呼吸病区", 0, "呼吸病区护士站", "+8613810010003"),
    ("骨科一病区", 0, "骨科病区护士站", "+8613810010002"),
    ("普外病区", 0, "普外病区护士站", "+8613810010004"),
    ("内分泌病区", 0, "内分泌病区护士站", "+8613810010005"),
    ("妇科病区", 0, "妇科病区护士站", "+8613810010006"),
)
QUEUE = "service"
AGENTS = ("8001", "8002", "8003")
#: What becomes of contacts whose time is over, in parts of a hundred.
ENDS = (
    (State.ANSWERED, 87),
    (State.UNREACHABLE, 5),
    (State.DECLINED, 4),
    (State.CANCELLED, 2),
    (State.WITH_WARD, 2),
)
#: Flags that somebody has looked after, and what was done.
NOTES = ("已电话联系，嘱复查血常规。", "已来急诊就诊，处理后回家。", "病区已联系，改药后好转。")
WAITING = 2
LOOKED_AFTER = 7
OVERDUE = 3


@frozen(repr=False)
class Person:
    """A patient of the demonstration."""

    patient: int
    name: str
    number: str
    id_card: str


@frozen
class _Flagged:
    task: Task
    question: Question
    value: int


@frozen
class _Rows:
    """What is stored in one go."""

    answers: list[dict[str, Any]] = field(factory=list)
    attempts: list[dict[str, Any]] = field(factory=list)
    flagged: list[_Flagged] = field(factory=list)


def put_demo(tx: Tx, today: date) -> None:
    """Store all of it, always the same for a day."""
    begun = datetime.combine(today - timedelta(days=DAYS + 8), time(0), UTC)
    put_starters(tx, begun)
    for plan in plans.plans(tx):
        plans.put(tx, evolve(plan, ways=_by_people(plan)), "demo", begun)
    for ward, level, who, number in POSTS:
        flags.put_post(tx, Post(campus="main", ward=ward, level=level, who=who, number=number))
    people = dict(enumerate(_people(tx), FIRST_KNOWN))
    chance = random.Random(8)  # noqa: S311 - made-up patients
    known = plans.plans(tx)
    planned: list[Task] = []
    for nth in range(DISCHARGES):
        person = people.get(nth) or _made_up(chance, nth)
        planned += _discharge(tx, chance, known, today, nth, person)
    values = [asdict(one, recurse=False) for one in planned]
    for one in values:
        del one["id"]
    tx.execute(insert(task_table), values)
    _put_history(tx, chance, today)
    _put_due(tx, today)


def _by_people(plan: Plan) -> tuple[Way, ...]:
    """The plan's ways without those that dial by themselves."""
    return tuple(way for way in plan.ways if way is not Way.AUTOMATIC)


def _people(tx: Tx) -> list[Person]:
    p, n = patient_table.c, phone_table.c
    query = (
        select(p.id, p.name, n.number, p.id_card)
        .join(phone_table, n.patient == p.id)
        .where(n.number.like("+861%"), n.owner == "")
        .order_by(p.id)
        .limit(MOST_KNOWN)
    )
    found = {
        row.id: Person(row.id, row.name, row.number, row.id_card or "") for row in tx.all(query)
    }
    return list(found.values())


def _made_up(chance: random.Random, nth: int) -> Person:
    """Somebody without a record: known from the discharge alone."""
    name = chance.choice(SURNAMES) + chance.choice(GIVEN)
    return Person(0, name, f"+8613800{100000 + nth}", "")


def _discharge(
    tx: Tx, chance: random.Random, known: Sequence[Plan], today: date, nth: int, person: Person
) -> list[Task]:
    """One case, and its contacts as they were planned when it was told."""
    department, ward, doctor, illnesses = WARDS[nth % len(WARDS)]
    diagnosis, operation = chance.choice(illnesses)
    day = today - timedelta(days=nth * DAYS // DISCHARGES)
    left = datetime.combine(day, time(10, chance.randint(0, 59)), ZONE).astimezone(UTC)
    case = Case(
        source=Source.HIS,
        reference=f"demo-{nth}",
        campus="main",
        patient=person.patient,
        name=person.name,
        number=f"ZY{260000 + nth}",
        id_card=person.id_card,
        phone=person.number,
        department=department,
        ward=ward,
        bed=str(1 + nth % 40),
        doctor=doctor,
        diagnosis=diagnosis,
        operation=operation,
        came=left - timedelta(days=chance.randint(3, 12)),
        at=left,
        day=day,
        state=CaseState.PLANNED,
        told=left,
    )
    chosen = plans_for(known, case)
    case = cases.add(tx, evolve(case, plan=chosen[0].name if chosen else ""))
    return tasks_for(case, chosen, Calendar(now=left, zone=ZONE))


def _put_history(tx: Tx, chance: random.Random, today: date) -> None:
    """What has become of contacts that were due before today."""
    t = task_table.c
    rows = tx.all(select(task_table).where(t.day < today).order_by(t.day, t.id))
    surveys = {one.name: one for one in questionnaires()}
    stored, changed = _Rows(), []
    for nth, row in enumerate(rows):
        task = Task(**row._mapping)
        state = chance.choices([one for one, _ in ENDS], [share for _, share in ENDS])[0]
        if nth < OVERDUE:
            state = State.RUNNING
        ended = task.due + timedelta(minutes=chance.randint(20, 8 * 60))
        task = _ended(task, state, ended, chance.choice(AGENTS), chance)
        survey = surveys[task.questionnaire]
        given = list(_answers(chance, survey, state))
        changed.append(evolve(task, answers=len(given), version=survey.version if given else 0))
        _note(stored, task, ended, given)
    for one in changed:
        values = asdict(one, recurse=False)
        del values["id"]
        tx.execute(update(task_table).where(t.id == one.id).values(values))
    tx.execute(insert(attempt_table), stored.attempts)
    _put_flags(tx, stored, today)
    tx.execute(insert(answer_table), stored.answers)


def _put_due(tx: Tx, today: date) -> None:
    """What is due today is with the agents: each may be called."""
    t = task_table.c
    for row in tx.all(select(task_table).where(t.day == today).order_by(t.id)):
        values = {"way": Way.AGENT, "state": State.DUE, "round": 1}
        tx.execute(update(task_table).where(t.id == row.id).values(values))
        task = evolve(Task(**row._mapping), round=1)
        call = Call(
            key=task.call_key,
            plugin="followup",
            mode=Mode.PREVIEW,
            rungs=(Rung(cases.get(tx, task.case).phone, OWN),),
            patient=task.patient,
            campus=task.campus,
            queue=QUEUE,
            purpose=PURPOSE,
            due=task.due,
            title=TITLE,
            title_en=TITLE_EN,
            args={"followup": str(task.id)},
        )
        outbound.add(tx, Kept(task=call, next_at=task.due, since=task.due))


def _ended(task: Task, state: State, ended: datetime, agent: str, chance: random.Random) -> Task:
    """Done by an automatic call, an agent or a link; what is over says by whom and why."""
    way = chance.choices((Way.AUTOMATIC, Way.AGENT, Way.MESSAGE), (6, 3, 1))[0]
    if state is State.RUNNING:
        way = Way.AGENT
    over = state not in (State.RUNNING, State.WITH_WARD)
    values: dict[str, Any] = {"way": Way.WARD if state is State.WITH_WARD else way, "round": 1}
    if state is State.CANCELLED:
        values |= {"why": Why.READMITTED, "way": None, "round": 0}
    if way is Way.AGENT:
        values |= {"agent": agent, "by": agent}
    return evolve(
        task, state=state, changed=ended, finished=ended if over else None, warned=True, **values
    )


def _answers(chance: random.Random, survey: Survey, state: State) -> Iterator[tuple[Question, int]]:
    """Answers along the way of the questions: nearly everybody is well."""
    if state not in (State.ANSWERED, State.RUNNING):
        return
    replies: dict[str, int] = {}
    question = survey.next(replies)
    while question is not None and not (state is State.RUNNING and len(replies) == 1):
        value = _value(chance, question)
        replies[question.name] = value
        yield question, value
        question = survey.next(replies)


def _value(chance: random.Random, question: Question) -> int:
    """An answer that raises nothing."""
    calm = [one for one in question.values if question.flag(one) is None]
    if question.kind is Kind.NUMBER:
        return chance.choice(calm[: len(calm) * 6 // 10 or 1])
    best = calm if question.best_low or question.kind is not Kind.SCALE else calm[::-1]
    shares = [4.0**-place for place in range(len(best))]
    return int(chance.choices(best, shares)[0])


def _note(
    stored: _Rows, task: Task, ended: datetime, given: Sequence[tuple[Question, int]]
) -> None:
    """A try, the answers, and which of them may raise a flag."""
    if task.way is None:
        return
    outcome = {
        State.ANSWERED: "delivered" if task.way is Way.MESSAGE else "answered",
        State.UNREACHABLE: "no_answer",
        State.DECLINED: "declined",
        State.WITH_WARD: "no_answer",
        State.RUNNING: "begun",
    }[task.state]
    way = Way.AUTOMATIC if task.way is Way.WARD else task.way
    stored.attempts.append(
        {
            "task": task.id,
            "key": task.call_key,
            "at": ended,
            "way": way,
            "who": "本人",
            "agent": task.agent,
            "call": "",
            "outcome": outcome,
            "note": "",
        }
    )
    for question, value in given:
        stored.answers.append(
            {
                "task": task.id,
                "question": question.name,
                "value": value,
                "text": "",
                "at": ended,
                "way": way,
                "by": task.agent,
                "red": False,
            }
        )
        if task.state is State.ANSWERED and question.flags:
            stored.flagged.append(_Flagged(task, question, question.flags[0].low))


def _put_flags(tx: Tx, stored: _Rows, today: date) -> None:
    """Two of the last answers wait for somebody; earlier ones were looked after."""
    step = max(1, len(stored.flagged) // (LOOKED_AFTER + 1))
    early = stored.flagged[: -WAITING * 4 : step][:LOOKED_AFTER]
    late = _apart(stored.flagged)
    answers = {(one["task"], one["question"]): one for one in stored.answers}
    for nth, one in enumerate([*early, *late]):
        reply = answers[one.task.id, one.question.name]
        reply |= {"value": one.value, "red": True}
        waits = nth >= len(early)
        raised = reply["at"]
        flag = _flag(one, raised, FlagState.OPEN if waits else FlagState.CLOSED)
        if not waits:
            flag = evolve(
                flag,
                seen=raised + timedelta(minutes=4),
                seen_by="leader",
                closed=raised + timedelta(minutes=35),
                closed_by="leader",
                note=NOTES[nth % len(NOTES)],
            )
        flags.add(tx, flag)


def _apart(flagged: Sequence[_Flagged]) -> list[_Flagged]:
    """The last ones, each of another ward."""
    found: Mapping[str, _Flagged] = {one.task.ward: one for one in flagged}
    return sorted(found.values(), key=lambda one: one.task.due)[-WAITING:]


def _flag(one: _Flagged, raised: datetime, state: FlagState) -> Flag:
    words = one.question.flags[0].words
    task = one.task
    return Flag(
        task=task.id,
        case=task.case,
        question=one.question.name,
        value=one.value,
        words=words.zh,
        words_en=words.en,
        campus=task.campus,
        department=task.department,
        ward=task.ward,
        patient=task.patient,
        day=raised.astimezone(ZONE).date(),
        raised=raised,
        state=state,
    )
