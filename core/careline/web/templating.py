"""Templates: one Jinja2 environment for the shell, the core's pages and the plugins.

A template's name begins with its owner's, ``patients/search.html``; those of the shell have none.
Autoescape is on everywhere and an unknown name is an error, so what people typed stays text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    BytecodeCache,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    pass_context,
)
from jinja2.bccache import Bucket
from jinja2.runtime import Context
from markupsafe import Markup

from careline.errors import CarelineError
from careline.i18n import (
    Text,
    error_text,
    format_clock,
    format_date,
    format_datetime,
    format_day,
    format_duration,
    format_money,
    format_number,
    format_percent,
    format_time,
)
from careline.numbers.phone import masked
from careline.web.visit import Visit

HERE = Path(__file__).parent / "templates"
#: Parts of the core whose templates the pages of several plugins are made of.
SHARED = (("surveys", Path(__file__).parents[1] / "surveys"),)


class _Compiled(BytecodeCache):
    """Compiled templates by their source, kept when plugins come and go."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """What was compiled from this source before."""
        kept = self._kept.get((bucket.key, bucket.checksum))
        if kept is not None:
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it."""
        self._kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


COMPILED = _Compiled()


def environment(folders: Iterable[tuple[str, Path]], shell: Path = HERE) -> Environment:
    """The environment for the ``templates/`` of these parts by name, and of the shell."""
    parts: dict[str, BaseLoader] = {
        name: FileSystemLoader(place / "templates")
        for name, place in (*SHARED, *folders)
        if (place / "templates").is_dir()
    }
    made = Environment(
        loader=ChoiceLoader([FileSystemLoader(shell), PrefixLoader(parts)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
        bytecode_cache=COMPILED,
    )
    made.globals.update(_=_translated, ngettext=_counted, csrf=_csrf)
    made.filters.update(FILTERS)
    return made


def _visit(context: Context) -> Visit:
    visit: Visit = context["visit"]
    return visit


@pass_context
def _translated(context: Context, msgid: str, **params: object) -> str:
    return _visit(context)._(msgid, **params)


@pass_context
def _counted(context: Context, one: str, many: str, count: int, **params: object) -> str:
    return _visit(context).ngettext(one, many, count, **params)


@pass_context
def _csrf(context: Context) -> Markup:
    """The hidden field that every form needs."""
    token = _visit(context).csrf_token
    return Markup('<input type="hidden" name="csrf" value="{}">').format(token)


# Filters: values that are not there yet are shown as nothing.


@pass_context
def _date(context: Context, value: date | None) -> str:
    """``2026-11-22``."""
    if value is None:
        return ""
    visit = _visit(context)
    day = value.astimezone(visit.zone).date() if isinstance(value, datetime) else value
    return format_date(day, visit.language)


@pass_context
def _day(context: Context, value: date | None, *, year: bool = False) -> str:
    """``11月22日 周日``."""
    if value is None:
        return ""
    visit = _visit(context)
    day = value.astimezone(visit.zone).date() if isinstance(value, datetime) else value
    return format_day(day, visit.language, year=year)


@pass_context
def _time(context: Context, value: time | datetime | None) -> str:
    """``08:05``."""
    visit = _visit(context)
    return "" if value is None else format_time(value, visit.language, visit.zone)


@pass_context
def _datetime(context: Context, value: datetime | None, *, seconds: bool = False) -> str:
    """``2026-11-22 08:05``."""
    visit = _visit(context)
    if value is None:
        return ""
    return format_datetime(value, visit.language, visit.zone, seconds=seconds)


@pass_context
def _since(context: Context, value: datetime | None) -> str:
    """How long it has been, ``3:05``."""
    if value is None:
        return ""
    return format_clock((_visit(context).now - value).total_seconds())


def _clock(value: float | timedelta | None) -> str:
    """Seconds as ``3:05``."""
    return "" if value is None else format_clock(_seconds(value))


@pass_context
def _duration(context: Context, value: float | timedelta | None) -> str:
    """Seconds as ``3分钟5秒``."""
    return "" if value is None else format_duration(_seconds(value), _visit(context).language)


def _seconds(value: float | timedelta) -> float:
    return value.total_seconds() if isinstance(value, timedelta) else value


def _phone(value: object) -> str:
    """A phone number, masked."""
    return masked(str(value)) if value else ""


@pass_context
def _number(context: Context, value: Any) -> str:
    return "" if value is None else format_number(value, _visit(context).language)


@pass_context
def _percent(context: Context, value: float | None) -> str:
    return "" if value is None else format_percent(value, _visit(context).language)


@pass_context
def _money(context: Context, value: Any) -> str:
    return "" if value is None else format_money(value, _visit(context).language)


@pass_context
def _text(context: Context, value: str | Text | CarelineError | None) -> str:
    """A title, a text that waits for its language, or an error."""
    visit = _visit(context)
    if isinstance(value, CarelineError):
        return error_text(value, visit.language)
    return "" if value is None else visit.text(value)


@pass_context
def _person(context: Context, login: str | None) -> str:
    """The name of whoever has this login."""
    return _visit(context).person(login or "")


FILTERS: Mapping[str, Any] = {
    "date": _date,
    "day": _day,
    "time": _time,
    "datetime": _datetime,
    "since": _since,
    "clock": _clock,
    "duration": _duration,
    "phone": _phone,
    "number": _number,
    "percent": _percent,
    "money": _money,
    "text": _text,
    "person": _person,
}
