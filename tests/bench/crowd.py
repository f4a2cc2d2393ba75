"""A town's worth of patients: names, numbers and years spread as in life, the same each time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from careline.patients.id_card import check_digit
from careline.patients.model import OutpatientNumber, Patient, PatientPhone, Sex

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁"
    "任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅春雪建国志文海波小林晓东宇欣怡子涵浩然"
    "博思雨婷佳琪俊峰鹏飞雷凯旋心悦诗梓轩宸睿泽瑞翔天乐成龙金凤凰素珍淑贞慧琴萍莉娥云莲真环爱妹香月"
)
CAMPUSES = ("main", "east")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def id_card(born: date, sex: Sex, dice: random.Random) -> str:
    """A right number."""
    county = dice.choice(("110105", "310104", "440106", "510104", "420102"))
    order = dice.randrange(0, 499) * 2 + (1 if sex is Sex.MALE else 0)
    digits = f"{county}{born:%Y%m%d}{order:03}"
    return digits + check_digit(digits)


def people(count: int, seed: int = 7) -> Iterator[Patient]:
    """``count`` patients; common surnames are common, one in fifty is a VIP, half have an id."""
    dice = random.Random(seed)
    weights = [1 / (place + 5) for place in range(len(SURNAMES))]
    seen: set[str] = set()
    for number in range(count):
        surname = dice.choices(SURNAMES, weights)[0]
        name = surname + "".join(dice.choices(GIVEN, k=1 if dice.random() < 0.15 else 2))
        born = date(1930, 1, 1) + timedelta(days=dice.randrange(365 * 94))
        sex = dice.choice((Sex.MALE, Sex.FEMALE))
        card = id_card(born, sex, dice) if dice.random() < 0.6 else ""
        card = "" if card in seen else card
        seen.add(card)
        phones = [PatientPhone(f"+8613{dice.choice('5789')}{dice.randrange(10**8):08}", "", True)]
        if dice.random() < 0.3:
            phones.append(PatientPhone(f"+8610{dice.randrange(6 * 10**7, 7 * 10**7)}", "家"))
        yield Patient(
            name=name,
            sex=sex,
            birth_date=born,
            id_card=card,
            address=f"朝阳区建国路{dice.randrange(900)}号",
            category="vip" if number % 50 == 0 else "",
            phones=tuple(phones),
            numbers=(OutpatientNumber(CAMPUSES[number % 2], f"{2_000_000 + number}"),),
            tags=("糖尿病",) if dice.random() < 0.04 else (),
            fields={"blood": dice.choice(("A", "B", "AB", "O"))} if dice.random() < 0.3 else {},
        )
