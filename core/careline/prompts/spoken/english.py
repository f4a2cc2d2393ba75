"""English: how fragments make up numbers, dates, times and amounts."""

from __future__ import annotations

from datetime import date

THOUSANDS = ((10**9, "num-billion"), (10**6, "num-million"), (1000, "num-thousand"), (1, ""))


def number(n: int) -> list[str]:
    """A whole number from 0 to 10**12 - 1: 101 is one hundred and one."""
    if n == 0:
        return ["num-0"]
    names: list[str] = []
    for size, unit in THOUSANDS:
        group = n // size % 1000
        if not group:
            continue
        names += ["num-and"] * (bool(names) and size == 1 and group < 100)
        names += _group(group) + [unit] * bool(unit)
    return names


def _group(group: int) -> list[str]:
    hundreds, rest = divmod(group, 100)
    names = [f"num-{hundreds}", "num-hundred"] if hundreds else []
    names += ["num-and"] * bool(hundreds and rest)
    return names + _below_hundred(rest)


def _below_hundred(n: int) -> list[str]:
    if n < 20:
        return [f"num-{n}"] if n else []
    return [f"num-{n - n % 10}"] + [f"num-{n % 10}"] * bool(n % 10)


def count(n: int) -> list[str]:
    """How many."""
    return number(n)


def place(n: int) -> list[str]:
    """A rank: number two."""
    return number(n)


def digit(n: int) -> str:
    """One key of a phone number."""
    return f"num-{n}"


def span(n: int, unit: str) -> list[str]:
    """``n`` hours, minutes or seconds."""
    return [*number(n), f"unit-{unit}" if n == 1 else f"unit-{unit}s"]


def day(value: date, year: bool, weekday: bool) -> list[str]:
    """Weekday, month, ordinal day, year in pairs."""
    names = [f"weekday-{value.isoweekday()}"] if weekday else []
    names += [f"month-{value.month}", f"day-{value.day}"]
    return names + (_year(value.year) if year else [])


def _year(year: int) -> list[str]:
    """2026 twenty twenty six, 2005 two thousand and five, 1905 nineteen oh five."""
    century, rest = divmod(year, 100)
    if century % 10 == 0 and rest < 10:
        return number(year)
    if rest == 0:
        return [*_below_hundred(century), "num-hundred"]
    return [*_below_hundred(century), *["num-oh"] * (rest < 10), *_below_hundred(rest)]


def clock(hour: int, minute: int) -> list[str]:
    """By 12 with A M and P M; noon and midnight by name."""
    if minute == 0 and hour in (0, 12):
        return ["num-12", "time-noon" if hour else "time-midnight"]
    names = _below_hundred(hour % 12 or 12)
    names += ["num-oh"] * (0 < minute < 10) + _below_hundred(minute)
    return [*names, "time-am" if hour < 12 else "time-pm"]


def money(fen: int) -> list[str]:
    """Yuan and fen."""
    yuan, rest = divmod(fen, 100)
    names = [*number(yuan), "unit-yuan"] if yuan or not rest else []
    names += ["num-and"] * bool(yuan and rest)
    return names + ([*number(rest), "unit-fen"] if rest else [])
