"""Mandarin: how fragments make up numbers, dates, times and amounts.

二 and 两: 两 before 千, 万, 亿 and before a counted thing; 二 elsewhere, in ranks and in digits.
"""

from __future__ import annotations

from datetime import date

MYRIADS = ("", "num-wan", "num-yi")
HOURS = (
    (6, "part-dawn"),
    (12, "part-morning"),
    (13, "part-noon"),
    (18, "part-afternoon"),
    (24, "part-evening"),
)


def number(n: int) -> list[str]:
    """A whole number from 0 to 10**12 - 1: 10 十, 110 一百一十, 10010 一万零一十."""
    if n == 0:
        return ["num-0"]
    names: list[str] = []
    gap = False
    for power in (2, 1, 0):
        group = n // 10000**power % 10000
        if group == 0:
            gap = bool(names)
            continue
        if names and (gap or group < 1000):
            names.append("num-0")
        names += _group(group, power) + [MYRIADS[power]] * bool(power)
        gap = False
    return names[1:] if names[:2] == ["num-1", "num-10"] else names


def _group(group: int, power: int) -> list[str]:
    """Four digits 1-9999, with 零 for a gap inside; ``power`` of ten thousand follows."""
    if group == 2 and power:
        return ["num-liang"]
    names: list[str] = []
    units: tuple[tuple[int, list[str]], ...]
    units = ((1000, ["num-thousand"]), (100, ["num-hundred"]), (10, ["num-10"]), (1, []))
    gap = False
    for size, unit in units:
        digit = group // size % 10
        if digit == 0:
            gap = bool(names)
            continue
        names += ["num-0"] * gap
        names += ["num-liang" if digit == 2 and size == 1000 else f"num-{digit}", *unit]
        gap = False
    return names


def count(n: int) -> list[str]:
    """How many: 2 alone is 两."""
    return ["num-liang"] if n == 2 else number(n)


def place(n: int) -> list[str]:
    """A rank: 第二, never 第两."""
    return number(n)


def digit(n: int) -> str:
    """One key of a phone number: 1 is 幺, not to be taken for 七."""
    return "num-yao" if n == 1 else f"num-{n}"


def span(n: int, unit: str) -> list[str]:
    """``n`` hours, minutes or seconds."""
    return [*count(n), f"unit-{unit}"]


def day(value: date, year: bool, weekday: bool) -> list[str]:
    """Year digit by digit, month, day, weekday."""
    names = [*(f"num-{char}" for char in str(value.year)), "unit-year"] if year else []
    names += [f"month-{value.month}", *number(value.day), "unit-day"]
    return names + [f"weekday-{value.isoweekday()}"] * weekday


def clock(hour: int, minute: int) -> list[str]:
    """Part of the day, hour by 12 (0 stays 零), 点, minutes with 零 below ten, 分."""
    part = next(name for end, name in HOURS if hour < end)
    names = [part, *count(hour - 12 if hour > 12 else hour), "unit-oclock"]
    if minute:
        names += ["num-0"] * (minute < 10) + [*number(minute), "unit-minute-past"]
    return names


def money(fen: int) -> list[str]:
    """Yuan, jiao, fen; 零 where jiao is missing between the two others."""
    yuan, jiao, rest = fen // 100, fen // 10 % 10, fen % 10
    names = [*count(yuan), "unit-yuan"] if yuan or not fen else []
    if jiao:
        names += [*count(jiao), "unit-jiao"]
    if rest:
        names += ["num-0"] * (bool(yuan) and not jiao) + [*count(rest), "unit-fen"]
    return names
