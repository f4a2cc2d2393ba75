"""The demonstration: a month of made-up messages, the address book, a group that waits.

Nothing leaves the house: the gateway is the console, whose messages a page shows.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from attrs import frozen
from sqlalchemy import select

from careline.hooks import Urgency
from careline.patients.tables import patient_table, phone_table
from careline.storage import Tx
from careline_sms import store
from careline_sms.book.store import Contact, put_contact
from careline_sms.groups.model import Group, Member
from careline_sms.groups.store import add_group
from careline_sms.model import State
from careline_sms.occasions.starters import STARTERS, Starter
from careline_sms.occasions.words import CANCEL, REASON

HOSPITAL = "市第一医院"
CONFIG: Mapping[str, Any] = {
    "signature": HOSPITAL,
    "gateway": {"console": {"kind": "console"}},
    "occasions": {"birthdays": True},
}
DAYS = 30
PEOPLE = 300
PRICE = 45
#: Which templates, and how often in parts of a whole.
USED = (("visit-booked", 38), ("visit-reminder", 40), ("visit-cancelled", 8), ("visit-stopped", 5),
        ("birthday", 4), ("bring-along", 5))  # fmt: skip
ENDS = ((State.DELIVERED, 955), (State.FAILED, 28), (State.UNCERTAIN, 5), (State.WITHDRAWN, 12))
CLINICS = (
    "心血管内科 单小明",
    "呼吸与危重症医学科",
    "骨科 赵一平",
    "妇科 李芳",
    "皮肤科",
    "儿科 王静",
)
PLACES = ("门诊楼3层A区", "门诊楼2层B区", "门诊楼1层儿科诊区", "门诊楼4层C区")
BOOK = (
    ("心内科病区护士站", "+8613810010001", "病区", "周丽，7×24小时"),
    ("骨科病区护士站", "+8613810010002", "病区", ""),
    ("妇产科病区护士站", "+8613810010003", "病区", ""),
    ("陈建国", "+8613810010011", "科主任", "心血管内科"),
    ("刘敏", "+8613810010012", "科主任", "骨科"),
    ("信息科值班", "+8613810010021", "后勤保障", ""),
    ("总务科值班", "+8613810010022", "后勤保障", ""),
    ("城西社区卫生服务中心", "+8613810010031", "合作单位", "双向转诊联系人"),
)
NOTICE = (
    "{name}您好，因设备检修，本周六（8:00—12:00）CT检查暂停，急诊不受影响。已预约者我们将另行通知。"
)


@frozen(repr=False)
class Person:
    """Whom a made-up message went to."""

    patient: int
    name: str
    number: str


def put_demo(tx: Tx, today: date) -> None:
    """Store all of it, always the same for a day."""
    now = datetime.combine(today, time(1), UTC)
    for name, number, label, note in BOOK:
        put_contact(
            tx,
            Contact(name=name, number=number, label=label, note=note, by="leader", changed=now),
        )
    people = _people(tx)
    if not people:
        return
    chance = random.Random(6)  # noqa: S311 - made-up messages
    for back in range(DAYS, 0, -1):
        day = today - timedelta(days=back)
        for place in range(chance.randint(8, 14)):
            _put(tx, chance, day, place, chance.choice(people))
    _put_group(tx, people, now)


def _people(tx: Tx) -> list[Person]:
    p, n = patient_table.c, phone_table.c
    query = (
        select(p.id, p.name, n.number)
        .join(phone_table, n.patient == p.id)
        .where(n.number.like("+8613%"), n.owner == "")
        .order_by(p.id)
        .limit(PEOPLE)
    )
    return [Person(row.id, row.name, row.number) for row in tx.all(query)]


def _put_group(tx: Tx, people: list[Person], now: datetime) -> None:
    members = {one.number: one for one in people[:60]}
    group = Group(
        title="CT检修通知（本周六）", text=NOTICE, language="zh", by="leader", created=now
    )
    add_group(
        tx,
        group,
        [Member(number=one.number, name=one.name, patient=one.patient) for one in members.values()],
    )


def _put(tx: Tx, chance: random.Random, day: date, number: int, person: Person) -> None:
    name = chance.choices([one for one, _ in USED], [share for _, share in USED])[0]
    starter = next(one for one in STARTERS if one.name == name)
    at = datetime.combine(day, time(0), UTC) + timedelta(minutes=chance.randint(30, 600))
    text = starter.zh.format_map(_values(chance, person, at))
    state = chance.choices([one for one, _ in ENDS], [share for _, share in ENDS])[0]
    if state is State.WITHDRAWN and name != "visit-reminder":
        state = State.DELIVERED
    parts = 1 if len(text) + len(HOSPITAL) + 2 <= 70 else -(-(len(text) + len(HOSPITAL) + 2) // 67)
    gone = state is not State.WITHDRAWN
    message = store.put(
        tx,
        {
            **_fixed(starter, person),
            "key": f"demo:{day}:{number}",
            "text": text,
            "state": state,
            "created": at,
            "changed": at + timedelta(seconds=9),
            "not_before": at,
            "not_after": at + timedelta(days=2),
            "sent": at + timedelta(seconds=2) if gone else None,
            "gateway": "console" if gone else "",
            "parts": parts,
            "cost": parts * PRICE if gone else 0,
            "tries": 1 if gone else 0,
        },
    )
    if message is not None:
        _put_steps(tx, message, state, at)


def _fixed(starter: Starter, person: Person) -> dict[str, Any]:
    """What is alike in all of them."""
    return {
        "to": person.number,
        "patient": person.patient,
        "template": starter.name,
        "version": 1,
        "values": {},
        "language": "zh",
        "campus": "main",
        "purpose": starter.purpose,
        "urgency": Urgency.GREETING if starter.name == "birthday" else Urgency.ROUTINE,
        "by": "8001" if starter.purpose == "notice" else "",
        "group": "",
        "call": "",
        "settles": False,
        "answer": False,
    }


def _values(chance: random.Random, person: Person, at: datetime) -> dict[str, str]:
    visit = at + timedelta(days=chance.randint(1, 9))
    return {
        "name": person.name,
        "clinic": chance.choice(CLINICS),
        "when": f"{visit.month}月{visit.day}日{chance.randint(8, 16):02}:00",
        "place": chance.choice(PLACES),
        "hospital": HOSPITAL,
        "campus": "总院",
        "cancel": CANCEL[0],
        "reason": REASON[0].format("医生参加会诊"),
    }


def _put_steps(tx: Tx, message: int, end: State, at: datetime) -> None:
    """How it came to its end."""
    store.tell(tx, [message], State.QUEUED, at)
    if end is State.WITHDRAWN:
        store.tell(tx, [message], end, at + timedelta(seconds=9))
        return
    after = {"gateway": "console"}
    if end is not State.UNCERTAIN:
        store.tell(tx, [message], State.SENT, at + timedelta(seconds=2), **after)
    store.tell(tx, [message], end, at + timedelta(seconds=9), **after)
