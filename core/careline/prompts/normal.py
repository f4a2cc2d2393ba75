"""Figures inside running text, written out in words before a speech engine sees them.

Engines read 2026年, 128.50元 or 13800001111 as broken large numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from functools import partial

from careline.i18n import Lang, language
from careline.prompts import spoken

Reader = Callable[[re.Match[str], Lang], str]
NUMBER = r"\d+(?:\.\d+)?"


def readable(text: str, lang: Lang) -> str:
    """``text`` with every figure in words: dates, times, money, phone numbers, shares, amounts."""
    lang = language(lang)
    for pattern, reader in RULES[lang]:
        text = pattern.sub(partial(_safely, reader, lang), text)
    return text


def _safely(read: Reader, lang: Lang, match: re.Match[str]) -> str:
    """A date like 2026-13-45 is no date: leave it to the rules for plain figures."""
    try:
        return read(match, lang)
    except ValueError:
        return match.group()


def _date(match: re.Match[str], lang: Lang) -> str:
    day = date(*map(int, match.groups()))
    return _apart(spoken.day(day, lang, weekday=False).text, lang)


def _year(match: re.Match[str], lang: Lang) -> str:
    return "".join(spoken.number(int(char), lang).text for char in match["n"])


def _time(match: re.Match[str], lang: Lang) -> str:
    return _apart(spoken.clock(time(int(match[1]), int(match[2])), lang).text, lang)


def _money(match: re.Match[str], lang: Lang) -> str:
    return _apart(spoken.money(Decimal(match["n"]), lang).text, lang)


def _digits(match: re.Match[str], lang: Lang) -> str:
    return _apart(spoken.digits(match["n"], lang).text, lang)


def _share(match: re.Match[str], lang: Lang) -> str:
    said = spoken.number(Decimal(match["n"]), lang).text
    return f"百分之{said}" if lang == "zh" else f"{said} percent"


def _counted(match: re.Match[str], lang: Lang) -> str:
    return spoken.count(int(match["n"]), lang).text


def _number(match: re.Match[str], lang: Lang) -> str:
    return _apart(spoken.number(Decimal(match["n"].replace(",", "")), lang).text, lang)


def _apart(words: str, lang: Lang) -> str:
    return words if lang == "zh" else f" {words} "


def _rule(pattern: str, reader: Reader) -> tuple[re.Pattern[str], Reader]:
    return re.compile(pattern), reader


ISO_DATE = _rule(r"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?!\d)", _date)
CLOCK = _rule(r"(?<!\d)([01]?\d|2[0-3]):([0-5]\d)(?!\d)", _time)
PHONE = r"\+?(?:\d{7,}|\d{3,4}[- ]\d{4}[- ]?\d{3,4}|\d{3}[- ]\d{3,4}[- ]\d{4}|0\d+)"
LONG = _rule(rf"(?<![\d.])(?P<n>{PHONE})(?![\d.])", _digits)
SHARE = _rule(rf"(?P<n>{NUMBER})\s*[%％]", _share)
PLAIN = _rule(rf"(?P<n>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|{NUMBER})", _number)

RULES: dict[Lang, list[tuple[re.Pattern[str], Reader]]] = {
    "zh": [
        ISO_DATE,
        CLOCK,
        _rule(r"(?P<n>\d{4}|(?<!\d)\d\d)(?=年)", _year),
        _rule(rf"(?P<n>{NUMBER})[元块](?!钱)", _money),
        _rule(r"(?<=工号|号码|电话|密码|手机|编号)\s*[:：]?\s*(?P<n>\+?\d[\d -]*\d)", _digits),
        _rule(r"(?<=拨打|致电|急救)\s*(?P<n>\d{3,})", _digits),
        LONG,
        SHARE,
        _rule(r"(?<![\d.第])(?P<n>2)(?=[个位次天点小分秒周人名件种页张])", _counted),
        PLAIN,
    ],
    "en": [
        ISO_DATE,
        CLOCK,
        _rule(r"(?<=\b[Aa]gent )(?P<n>\d{3,})", _digits),
        _rule(rf"(?:CNY|RMB|¥)\s*(?P<n>{NUMBER})", _money),
        LONG,
        SHARE,
        PLAIN,
    ],
}
