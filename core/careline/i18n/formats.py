"""Dates, times, figures and money as a Chinese hospital writes them, and the same in English.

24-hour times, ISO dates where columns are compared, ``12.50元`` for fees. Moments are aware and
are shown in the campus's zone, which the caller names.
"""

from __future__ import annotations

from datetime import date, datetime, time, tzinfo
from decimal import Decimal

from babel import dates, numbers
from babel.units import format_unit

from careline.i18n.catalog import Lang, language

DAY = {"zh": "M月d日 EEE", "en": "EEE d MMM"}
DAY_OF_YEAR = {"zh": "y年M月d日 EEE", "en": "EEE d MMM y"}


def format_date(day: date, lang: Lang) -> str:
    """``2026-11-22`` in both languages: sorts and compares at a glance."""
    return str(dates.format_date(day, "yyyy-MM-dd", locale=language(lang)))


def format_day(day: date, lang: Lang, *, year: bool = False) -> str:
    """For reading: ``11月22日 周日`` or ``Sun 22 Nov``; with ``year`` ``2026年11月22日 周日``."""
    lang = language(lang)
    return str(dates.format_date(day, (DAY_OF_YEAR if year else DAY)[lang], locale=lang))


def format_time(moment: time | datetime, lang: Lang, zone: tzinfo | None = None) -> str:
    """``08:05`` on the 24-hour clock; an aware datetime is shown in ``zone``."""
    if isinstance(moment, datetime):
        moment = _local(moment, zone)
    return f"{moment:%H:%M}"


def format_datetime(moment: datetime, lang: Lang, zone: tzinfo, *, seconds: bool = False) -> str:
    """``2026-11-22 08:05`` of an aware moment in ``zone``, with ``:09`` for ``seconds``."""
    local = _local(moment, zone)
    clock = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    return f"{format_date(local.date(), lang)} {clock}"


def format_number(value: Decimal | float, lang: Lang) -> str:
    """``12,345.6``."""
    return str(numbers.format_decimal(value, locale=language(lang)))


def format_percent(share: float, lang: Lang) -> str:
    """A share of 1 as ``81.5%``."""
    return str(numbers.format_percent(share, "0.#%", locale=language(lang)))


def format_money(yuan: Decimal, lang: Lang) -> str:
    """An amount of yuan as ``12.50元`` or ``CNY 12.50``, always with fen."""
    amount = str(numbers.format_decimal(abs(yuan), "#,##0.00", locale=language(lang)))
    sign = "-" if yuan < 0 else ""
    return f"{sign}{amount}元" if language(lang) == "zh" else f"{sign}CNY {amount}"


def format_duration(seconds: float, lang: Lang) -> str:
    """For reading: ``1小时2分钟5秒`` or ``1 hr 2 min 5 sec``; parts that are 0 are left out."""
    lang = language(lang)
    hours, minutes, rest = _parts(seconds)
    units = (("hour", hours), ("minute", minutes), ("second", rest))
    shown = [(unit, n) for unit, n in units if n] or [("second", 0)]
    words = [format_unit(n, f"duration-{unit}", "short", locale=lang) for unit, n in shown]
    sign = "-" if seconds <= -1 else ""
    return sign + ("" if lang == "zh" else " ").join(words)


def format_clock(seconds: float) -> str:
    """For columns and running timers: ``3:05`` or ``1:02:05``."""
    hours, minutes, rest = _parts(seconds)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _parts(seconds: float) -> tuple[int, int, int]:
    minutes, rest = divmod(int(abs(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return hours, minutes, rest


def _local(moment: datetime, zone: tzinfo | None) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone cannot be shown")
    return moment.astimezone(zone) if zone else moment
