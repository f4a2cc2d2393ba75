"""What people hear for a value: the table is the specification."""

from datetime import date, time
from decimal import Decimal

import pytest

from careline.errors import Invalid
from careline.prompts import spoken
from careline.prompts.catalogue import fragments

NUMBERS = [
    (0, "零", "zero"),
    (1, "一", "one"),
    (2, "二", "two"),
    (10, "十", "ten"),
    (11, "十一", "eleven"),
    (12, "十二", "twelve"),
    (20, "二十", "twenty"),
    (21, "二十一", "twenty one"),
    (100, "一百", "one hundred"),
    (101, "一百零一", "one hundred and one"),
    (110, "一百一十", "one hundred and ten"),
    (111, "一百一十一", "one hundred and eleven"),
    (222, "二百二十二", "two hundred and twenty two"),
    (1000, "一千", "one thousand"),
    (1001, "一千零一", "one thousand and one"),
    (1010, "一千零一十", "one thousand and ten"),
    (1100, "一千一百", "one thousand one hundred"),
    (2002, "两千零二", "two thousand and two"),
    (10_000, "一万", "ten thousand"),
    (10_001, "一万零一", "ten thousand and one"),
    (10_010, "一万零一十", "ten thousand and ten"),
    (12_000, "一万两千", "twelve thousand"),
    (20_000, "两万", "twenty thousand"),
    (100_000, "十万", "one hundred thousand"),
    (100_050, "十万零五十", "one hundred thousand and fifty"),
    (100_500, "十万零五百", "one hundred thousand five hundred"),
    (105_000, "十万五千", "one hundred and five thousand"),
    (110_000, "十一万", "one hundred and ten thousand"),
    (1_100_000, "一百一十万", "one million one hundred thousand"),
    (10_000_000, "一千万", "ten million"),
    (100_000_001, "一亿零一", "one hundred million and one"),
    (200_020_000, "两亿零两万", "two hundred million twenty thousand"),
    (1_000_000_000, "十亿", "one billion"),
    (-3, "负三", "minus three"),
    (3.5, "三点五", "three point five"),
    (Decimal("128.50"), "一百二十八点五", "one hundred and twenty eight point five"),
    (0.05, "零点零五", "zero point zero five"),
    (Decimal("-0.5"), "负零点五", "minus zero point five"),
    (10**12, "一" + "零" * 12, " ".join(["one"] + ["zero"] * 12)),
]
DIGITS = [
    (
        "13800001111",
        "幺三八零零零零幺幺幺幺",
        "one three eight zero zero zero zero one one one one",
    ),
    ("1001", "幺零零幺", "one zero zero one"),
    (
        "010-8888 2120",
        "零幺零八八八八二幺二零",
        "zero one zero eight eight eight eight two one two zero",
    ),
    ("+86", "加八六", "plus eight six"),
    ("*7#", "星号七井号", "star seven hash"),
]
DAYS = [
    (
        date(2026, 11, 22),
        "二零二六年十一月二十二日星期日",
        "Sunday November twenty second twenty twenty six",
    ),
    (date(2000, 1, 1), "二零零零年一月一日星期六", "Saturday January first two thousand"),
    (
        date(2005, 2, 2),
        "二零零五年二月二日星期三",
        "Wednesday February second two thousand and five",
    ),
    (
        date(1999, 12, 10),
        "一九九九年十二月十日星期五",
        "Friday December tenth nineteen ninety nine",
    ),
    (
        date(1905, 10, 31),
        "一九零五年十月三十一日星期二",
        "Tuesday October thirty first nineteen oh five",
    ),
    (date(1900, 5, 20), "一九零零年五月二十日星期日", "Sunday May twentieth nineteen hundred"),
    (date(2110, 3, 3), "二一一零年三月三日星期一", "Monday March third twenty one ten"),
]
CLOCKS = [
    (time(0, 0), "凌晨零点", "twelve midnight"),
    (time(0, 30), "凌晨零点三十分", "twelve thirty A M"),
    (time(2, 2), "凌晨两点零二分", "two oh two A M"),
    (time(8, 5), "上午八点零五分", "eight oh five A M"),
    (time(10, 10), "上午十点十分", "ten ten A M"),
    (time(11, 59), "上午十一点五十九分", "eleven fifty nine A M"),
    (time(12, 0), "中午十二点", "twelve noon"),
    (time(12, 15), "中午十二点十五分", "twelve fifteen P M"),
    (time(13, 0), "下午一点", "one P M"),
    (time(14, 20), "下午两点二十分", "two twenty P M"),
    (time(18, 0), "晚上六点", "six P M"),
    (time(23, 59), "晚上十一点五十九分", "eleven fifty nine P M"),
]
MONEY = [
    ("0", "零元", "zero yuan"),
    ("0.05", "五分", "five fen"),
    ("0.20", "两角", "twenty fen"),
    ("2", "两元", "two yuan"),
    ("12.50", "十二元五角", "twelve yuan and fifty fen"),
    ("22.22", "二十二元两角两分", "twenty two yuan and twenty two fen"),
    ("128.50", "一百二十八元五角", "one hundred and twenty eight yuan and fifty fen"),
    ("128.05", "一百二十八元零五分", "one hundred and twenty eight yuan and five fen"),
    ("10000", "一万元", "ten thousand yuan"),
    ("-12", "负十二元", "minus twelve yuan"),
]
DURATIONS = [
    (0, "零秒", "zero seconds"),
    (1, "一秒", "one second"),
    (60, "一分钟", "one minute"),
    (122, "两分钟两秒", "two minutes two seconds"),
    (7200, "两小时", "two hours"),
    (3905.9, "一小时五分钟五秒", "one hour five minutes five seconds"),
]


@pytest.mark.parametrize(("value", "zh", "en"), NUMBERS)
def test_number(value, zh, en):
    assert (spoken.number(value, "zh").text, spoken.number(value, "en").text) == (zh, en)


@pytest.mark.parametrize(("value", "zh", "en"), DIGITS)
def test_digits(value, zh, en):
    assert (spoken.digits(value, "zh").text, spoken.digits(value, "en").text) == (zh, en)


@pytest.mark.parametrize(("value", "zh", "en"), DAYS)
def test_day(value, zh, en):
    assert (spoken.day(value, "zh").text, spoken.day(value, "en").text) == (zh, en)


@pytest.mark.parametrize(("value", "zh", "en"), CLOCKS)
def test_clock(value, zh, en):
    assert (spoken.clock(value, "zh").text, spoken.clock(value, "en").text) == (zh, en)


@pytest.mark.parametrize(("value", "zh", "en"), MONEY)
def test_money(value, zh, en):
    amount = Decimal(value)
    assert (spoken.money(amount, "zh").text, spoken.money(amount, "en").text) == (zh, en)


@pytest.mark.parametrize(("value", "zh", "en"), DURATIONS)
def test_duration(value, zh, en):
    assert (spoken.duration(value, "zh").text, spoken.duration(value, "en").text) == (zh, en)


def test_parts_of_a_date_can_be_left_out():
    day = date(2026, 2, 2)
    assert spoken.day(day, "zh", year=False).text == "二月二日星期一"
    assert spoken.day(day, "en", year=False, weekday=False).text == "February second"


def test_counting_and_ranks_differ_for_two():
    assert spoken.count(2, "zh").text == "两"
    assert spoken.position(2, "zh").text == "您现在排在第二位"
    assert spoken.position(12, "en").text == "You are number twelve in line."
    assert spoken.position(1, "zh").fragments == ("position-next",)


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (-5, "预计等待时间不到一分钟。", "The expected wait is less than one minute."),
        (59, "预计等待时间不到一分钟。", "The expected wait is less than one minute."),
        (60, "预计还需等待一分钟", "The expected wait is about one minute"),
        (61, "预计还需等待两分钟", "The expected wait is about two minutes"),
        (1800, "预计还需等待三十分钟", "The expected wait is about thirty minutes"),
        (1801, "预计等待时间超过三十分钟", "The expected wait is more than thirty minutes"),
    ],
)
def test_expected_wait(seconds, zh, en):
    assert (spoken.wait(seconds, "zh").text, spoken.wait(seconds, "en").text) == (zh, en)


def test_agents_number():
    assert spoken.agent("1001", "zh").text == "工号幺零零幺为您服务。"
    assert spoken.agent("1001", "en").text == "Agent one zero zero one is at your service."


def test_values_as_flows_write_them():
    said = [
        spoken.value("number", "12", "zh").text,
        spoken.value("digits", "110", "zh").text,
        spoken.value("money", "12.50", "zh").text,
        spoken.value("date", "2026-11-22", "zh").text,
        spoken.value("day", "2026-11-22", "zh").text,
        spoken.value("time", "08:05", "zh").text,
    ]
    assert said == [
        "十二",
        "幺幺零",
        "十二元五角",
        "二零二六年十一月二十二日星期日",
        "十一月二十二日星期日",
        "上午八点零五分",
    ]


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("number", "x"),
        ("number", "NaN"),
        ("money", ""),
        ("date", "2026-02-30"),
        ("time", "25:00"),
        ("digits", "12a"),
        ("song", "1"),
    ],
)
def test_a_value_that_cannot_be_said_is_refused(kind, written):
    with pytest.raises(Invalid) as caught:
        spoken.value(kind, written, "zh")
    assert caught.value.code == "prompt.value"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_number_is_made_of_known_fragments_and_no_two_sound_the_same(lang):
    numbers = [*range(12_000), *range(99_900, 101_200), *range(10**8 - 50, 10**8 + 50)]
    said = [spoken.number(n, lang) for n in numbers]
    assert len({spoken_.text for spoken_ in said}) == len(numbers)
    assert {name for spoken_ in said for name in spoken_.fragments} <= set(fragments(lang))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_minute_of_the_day_can_be_said(lang):
    said = {spoken.clock(time(h, m), lang).text for h in range(24) for m in range(60)}
    assert len(said) == 24 * 60
