"""Single conditions of a search: which ids an index gives, and the same said of one record."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from attrs import frozen
from sqlalchemy import Column, ColumnElement, Select, and_, exists, false, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from careline.errors import Invalid
from careline.patients.criteria import Criteria, words
from careline.patients.days import read_day
from careline.patients.fields import CustomField, FieldKind, about, stored_form
from careline.patients.model import Sex
from careline.patients.pinyin import pinyin_of
from careline.patients.store import folded
from careline.patients.tables import (
    name_table,
    number_table,
    patient_table,
    phone_table,
    tag_table,
    value_table,
)
from careline.patients.typed import letters, readings

SHORTEST_TAIL = 3
AFTER_ALL = "\U0010ffff"
YEAR = re.compile(r"(1[89]\d\d|20\d\d)年?")
SPAN = re.compile(r"(\d{4})\s*(?:-|~|—|–|到|至)\s*(\d{4})")
HAN = re.compile(r"[^\x00-\u024f]")

P = patient_table.c


@frozen
class Condition:
    """``ids`` together give each patient who fits (some twice); ``test`` says it of one record.

    ``test`` hides its columns from SQLite's planner: the leading condition's index is to be used.
    """

    ids: tuple[Select[Any], ...]
    test: ColumnElement[bool]


class unindexed(FunctionElement[Any]):
    """The same value, in SQLite as an expression that no index answers (its ``+column``).

    SQLite keeps no statistics, so it is told which index to take. PostgreSQL knows better.
    """

    inherit_cache = True
    name = "unindexed"

    def __init__(self, column: ColumnElement[Any]) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(unindexed)
def _as_it_is(element: unindexed, compiler: Any, **how: Any) -> str:
    return str(compiler.process(element.clauses, **how))


@compiles(unindexed, "sqlite")
def _hidden_from_sqlite(element: unindexed, compiler: Any, **how: Any) -> str:
    return f"+{compiler.process(element.clauses, **how)}"


# Leading ids can only be walked: SQLite might else turn to the records first.
_LED = select(unindexed(P.id).label("patient"))
NOBODY = Condition((_LED.where(false()),), false())


def conditions_of(criteria: Criteria, fields: Sequence[CustomField]) -> list[Condition]:
    """All conditions that must hold; Invalid (``search.born`` ...) for what cannot be read."""
    found = [typed(word) for word in words(criteria.text)]
    found += [_any_of(_names(criteria.name))] if criteria.name else []
    found += [phone_tail(criteria.phone)] if criteria.phone else []
    found += [id_card(criteria.id_card)] if criteria.id_card else []
    found += [outpatient(criteria.number)] if criteria.number else []
    found += [born(criteria.born)] if criteria.born else []
    found += [sex(criteria.sex)] if criteria.sex else []
    found += [_equal(P.category, criteria.category)] if criteria.category else []
    found += [_range(P.insurance, criteria.insurance)] if criteria.insurance else []
    found += [tag(criteria.tag)] if criteria.tag else []
    found += list(_values(criteria.fields, fields))
    return found


def typed(word: str) -> Condition:
    """Whatever ``word`` may mean: one of these must fit."""
    return _any_of(_meanings(word)) if word else NOBODY


def _meanings(word: str) -> Iterator[Condition]:
    if word.startswith("#") and len(word) > 1:
        yield tag(word[1:])
        return
    compact = re.sub(r"[\s\-()]", "", word)
    if YEAR.fullmatch(word):
        yield born(word.removesuffix("年"))
    if re.search(r"\d", word) and _is_day(word):
        yield born(word)
    if compact.lstrip("+").isdecimal():
        yield phone_tail(compact)
    if re.fullmatch(r"\d{4,17}[\dXx]?|\d{3,}[Xx]", compact):
        yield id_card(compact)
    if re.fullmatch(r"[A-Za-z]{0,4}\d[\dA-Za-z-]{2,}", word):
        yield outpatient(word)
    if not re.search(r"\d", word):
        yield from _names(word)


def _is_day(word: str) -> bool:
    try:
        read_day(word)
    except ValueError:
        return False
    return True


def _names(text: str) -> Iterator[Condition]:
    """Part of a name; its pinyin or initials; a name that sounds the same (章三 for 张三)."""
    text = folded(text)
    if not text:
        return
    yield name_part(text)
    if HAN.search(text):
        if len(text) > 1:
            yield _spoken(pinyin_of(text))
        return
    yield from pinyin(text)


def name_part(text: str) -> Condition:
    """Names that hold ``text``: at any Chinese character or at the beginning of a foreign word."""
    N = name_table.c
    fits = _begins(N.part, text)
    return Condition(
        (select(unindexed(N.patient).label("patient")).where(fits),),
        exists().where(N.patient == P.id, fits),
    )


def pinyin(text: str) -> Iterator[Condition]:
    """Names whose pinyin or initials begin as was typed."""
    whole = "".join(letters(text))
    if not whole:
        return
    if len(letters(text)) == 1:
        yield _range(P.typed, whole)
    for reading in readings(text):
        if len(reading.beginnings) > 1:
            yield _syllables(reading.initials, "" if reading.is_initials else reading.pattern)


def _spoken(spoken: str) -> Condition:
    """Names that begin with exactly these syllables."""
    initials = "".join(part[0] for part in spoken.split())
    exact = _syllables(initials, f"{spoken}%")
    same = or_(unindexed(P.pinyin) == spoken, unindexed(P.pinyin).like(f"{spoken} %"))
    ids = tuple(
        one.where(or_(P.pinyin == spoken, P.pinyin.like(f"{spoken} %"))) for one in exact.ids
    )
    return Condition(ids, and_(exact.test, same))


def _syllables(initials: str, pattern: str) -> Condition:
    leads = _begins(P.initials, initials)
    test = _begins(unindexed(P.initials), initials)
    ids = _LED.where(leads)
    if not pattern:
        return Condition((ids,), test)
    return Condition(
        (ids.where(P.pinyin.like(pattern)),), and_(test, unindexed(P.pinyin).like(pattern))
    )


def phone_tail(text: str) -> Condition:
    """A whole telephone number, however it is written, or its last digits, at least three."""
    digits = re.sub(r"\D", "", text)
    if len(digits) > 8:  # 00 and the long-distance 0 are not part of the stored number
        digits = digits.removeprefix("00").removeprefix("0")
    if len(digits) < SHORTEST_TAIL:
        return NOBODY
    T = phone_table.c
    fits = _begins(T.reversed, digits[::-1])
    return Condition(
        (select(unindexed(T.patient).label("patient")).where(fits),),
        exists().where(T.patient == P.id, fits),
    )


def id_card(text: str) -> Condition:
    """A whole id card number, its beginning (at least six digits), or its end (at least four)."""
    text = "".join(text.split()).upper()
    ways = []
    if (len(text) >= 6 and text.isdecimal()) or len(text) == 18:
        ways.append(_range(P.id_card, text))
    if 4 <= len(text) < 18:
        ways.append(_range(P.id_card_reversed, text[::-1]))
    return _any_of(iter(ways))


def outpatient(text: str) -> Condition:
    """The beginning of an outpatient number of any campus, at least three characters."""
    text = "".join(text.split())
    if len(text) < SHORTEST_TAIL:
        return NOBODY
    N = number_table.c
    ways = {text, text.upper()}
    fits = or_(*(_begins(N.number, way) for way in sorted(ways)))
    return Condition(
        tuple(
            select(unindexed(N.patient).label("patient")).where(_begins(N.number, way))
            for way in sorted(ways)
        ),
        exists().where(N.patient == P.id, fits),
    )


def born(text: str) -> Condition:
    """A year, a span of years, or a day."""
    year, span = YEAR.fullmatch(text), SPAN.fullmatch(text)
    if year:
        first, last = date(int(year[1]), 1, 1), date(int(year[1]), 12, 31)
    elif span and 0 < int(span[1]) <= int(span[2]):
        first, last = date(int(span[1]), 1, 1), date(int(span[2]), 12, 31)
    else:
        try:
            first = last = read_day(text)
        except ValueError:
            message = "a year (1980), years (1980-1985) or a day (1980-01-02)"
            raise Invalid("search.born", message) from None
    ids = _LED.where(P.birth_date.between(first, last))
    return Condition((ids,), unindexed(P.birth_date).between(first, last))


def sex(text: str) -> Condition:
    """By its value; never the leading condition when there is another."""
    try:
        wanted = Sex(text)
    except ValueError:
        raise Invalid("search.sex", "male, female or unknown") from None
    ids = _LED.where(P.sex == wanted)
    return Condition((ids,), P.sex == wanted)


def tag(text: str) -> Condition:
    """Patients with that tag."""
    T = tag_table.c
    return Condition(
        (select(unindexed(T.patient).label("patient")).where(T.tag == text),),
        exists().where(T.patient == P.id, T.tag == text),
    )


def _values(wanted: Mapping[str, str], fields: Sequence[CustomField]) -> Iterator[Condition]:
    """Custom fields: texts by their beginning, all others by their value."""
    known = {one.name: one for one in fields}
    V = value_table.c
    for name, text in wanted.items():
        one = known.get(name)
        if one is None:
            raise Invalid("search.fields", "there is no field {name}", name=name)
        if one.kind is FieldKind.TEXT:
            fits = and_(V.field == name, _begins(V.folded, folded(text)))
        else:
            try:
                value = folded(stored_form(one, text))
            except Invalid as error:
                raise about(f"search.fields.{name}", error) from None
            fits = and_(V.field == name, V.folded == value)
        yield Condition(
            (select(unindexed(V.patient).label("patient")).where(fits),),
            exists().where(V.patient == P.id, fits),
        )


def exactly(text: str) -> Condition:
    """Names that are just this, or whose pinyin is."""
    whole = "".join(letters(text)) or pinyin_of(text).replace(" ", "")
    return _any_of(iter([_equal(P.name, text), _equal(P.typed, whole)]))


def _equal(column: Column[Any], value: str) -> Condition:
    ids = _LED.where(column == value)
    return Condition((ids,), unindexed(column) == value)


def _range(column: Column[Any], text: str) -> Condition:
    ids = _LED.where(_begins(column, text))
    return Condition((ids,), _begins(unindexed(column), text))


def _begins(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """``text%`` as a range, which both databases answer out of an index for certain."""
    return and_(column >= text, column < text + AFTER_ALL)


def _any_of(conditions: Iterator[Condition]) -> Condition:
    """One of these must fit; nobody when there are none."""
    all_of_them = list(conditions)
    if not all_of_them:
        return NOBODY
    if len(all_of_them) == 1:
        return all_of_them[0]
    return Condition(
        tuple(ids for one in all_of_them for ids in one.ids),
        or_(*(one.test for one in all_of_them)),
    )
