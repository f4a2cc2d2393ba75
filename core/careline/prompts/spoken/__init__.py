"""Numbers, dates, times and money as people say them, from recorded fragments.

Every function is pure and gives a :class:`Spoken`: the fragments to play one after another, and the
same as text for a speech engine. The fragments' own words are in ``data/<lang>.toml``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from decimal import Decimal, InvalidOperation
from types import ModuleType

from attrs import frozen

from careline.errors import Invalid
from careline.i18n import Lang, language
from careline.prompts.catalogue import fragments
from careline.prompts.spoken import english, mandarin

_LANGUAGES: dict[Lang, ModuleType] = {"zh": mandarin, "en": english}
MOST_WAIT = 30 * 60
"""Seconds above which a caller is only told "more than"."""
KEYS = {"+": "key-plus", "*": "key-star", "#": "key-hash"}


@frozen
class Spoken:
    """What to say: names of fragments in order, and the same as ``text``."""

    fragments: tuple[str, ...]
    text: str


def number(value: Decimal | float, lang: Lang) -> Spoken:
    """A figure: 101 is 一百零一, 2000 两千, -0.5 负零点五; from 10**12 on digit by digit."""
    exact = _decimal(value)
    sign = ["num-minus"] if exact < 0 else []
    return _spoken([*sign, *_plain(abs(exact), lang)], lang)


def count(value: int, lang: Lang) -> Spoken:
    """How many of something: a lone 2 is 两, as in 两位."""
    return _spoken(_LANGUAGES[language(lang)].count(value), lang)


def digits(value: str, lang: Lang) -> Spoken:
    """A phone, staff or ticket number, key by key; 1 is 幺. Blanks and dashes are skipped.

    Raises Invalid("prompt.digits") for any other character.
    """
    names: list[str] = []
    for char in value:
        if char in "0123456789":
            names.append(_LANGUAGES[language(lang)].digit(int(char)))
        elif char in KEYS:
            names.append(KEYS[char])
        elif char not in " -()":
            raise Invalid("prompt.digits", "{value!r} is no phone number", value=value)
    return _spoken(names, lang)


def day(value: date, lang: Lang, *, year: bool = True, weekday: bool = True) -> Spoken:
    """A date: 二零二六年十一月二十二日星期日, or Sunday November twenty second ...."""
    return _spoken(_LANGUAGES[language(lang)].day(value, year, weekday), lang)


def clock(value: time, lang: Lang) -> Spoken:
    """A time of day to the minute: 8:05 is 上午八点零五分, or eight oh five A M."""
    return _spoken(_LANGUAGES[language(lang)].clock(value.hour, value.minute), lang)


def money(yuan: Decimal | float, lang: Lang) -> Spoken:
    """An amount, rounded to fen: 128.50 is 一百二十八元五角."""
    fen = int((_decimal(yuan) * 100).to_integral_value())
    sign = ["num-minus"] if fen < 0 else []
    return _spoken([*sign, *_LANGUAGES[language(lang)].money(abs(fen))], lang)


def duration(seconds: float, lang: Lang) -> Spoken:
    """A span in hours, minutes and whole seconds; parts that are 0 are left out."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [("hour", hours), ("minute", minutes), ("second", rest)]
    said = [(unit, n) for unit, n in parts if n] or [("second", 0)]
    spell = _LANGUAGES[language(lang)]
    return _spoken([name for unit, n in said for name in spell.span(n, unit)], lang)


def position(place: int, lang: Lang) -> Spoken:
    """Where a caller stands in the queue; 1 is next."""
    if place <= 1:
        return _spoken(["position-next"], lang)
    spell = _LANGUAGES[language(lang)]
    return _spoken(["position-before", *spell.place(place), "position-after"], lang)


def wait(seconds: float, lang: Lang) -> Spoken:
    """The expected wait, rounded up to minutes: under one, about n, or over :data:`MOST_WAIT`."""
    if seconds < 60:
        return _spoken(["wait-short"], lang)
    before = "wait-more" if seconds > MOST_WAIT else "wait-about"
    minutes = -(-int(min(seconds, MOST_WAIT)) // 60)
    return _spoken([before, *_LANGUAGES[language(lang)].span(minutes, "minute")], lang)


def agent(number_: str, lang: Lang) -> Spoken:
    """The agent's number before the talk: 工号幺零零幺为您服务."""
    said = digits(number_, lang)
    return _spoken(["agent-before", *said.fragments, "agent-after"], lang)


def value(kind: str, written: str, lang: Lang) -> Spoken:
    """A value as flows write it: ``number``, ``digits``, ``money``, ISO ``date``, ``time`` HH:MM.

    A ``day`` is a date said without its year. Raises Invalid("prompt.value") when it is nothing of
    that kind.
    """
    readers: dict[str, Callable[[str], Spoken]] = {
        "number": lambda text: number(Decimal(text), lang),
        "digits": lambda text: digits(text, lang),
        "money": lambda text: money(Decimal(text), lang),
        "date": lambda text: day(date.fromisoformat(text[:10]), lang),
        "day": lambda text: day(date.fromisoformat(text[:10]), lang, year=False),
        "time": lambda text: clock(time.fromisoformat(text[-8:].split("T")[-1]), lang),
    }
    try:
        return readers[kind](written.strip())
    except (KeyError, ValueError, InvalidOperation, Invalid) as error:
        what = "{value!r} cannot be said as {kind}"
        raise _unsayable(what, written, kind) from error


def _unsayable(what: str, written: str, kind: str) -> Invalid:
    return Invalid("prompt.value", what, value=written, kind=kind)


def _plain(value_: Decimal, lang: Lang) -> list[str]:
    """An amount without sign: whole part, then the digits behind the point one by one."""
    spell = _LANGUAGES[language(lang)]
    whole, _, rest = f"{value_:f}".partition(".")
    tail = rest.rstrip("0")
    behind = ["num-point", *(f"num-{char}" for char in tail)] if tail else []
    said = spell.number(int(whole)) if len(whole.lstrip("0")) <= 12 else [f"num-{c}" for c in whole]
    return [*said, *behind]


def _decimal(value_: Decimal | float) -> Decimal:
    exact = value_ if isinstance(value_, Decimal) else Decimal(str(value_))
    if not exact.is_finite():
        raise Invalid(
            "prompt.value", "{value!r} cannot be said as {kind}", value=value_, kind="number"
        )
    return exact


def _spoken(names: list[str], lang: Lang) -> Spoken:
    lang = language(lang)
    words = fragments(lang)
    joint = "" if lang == "zh" else " "
    return Spoken(tuple(names), joint.join(words[name] for name in names))
