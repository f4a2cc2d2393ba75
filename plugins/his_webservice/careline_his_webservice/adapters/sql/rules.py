"""The file of rules of a system whose views are read: a view, its columns, and a condition."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from attrs import field, frozen

from careline.config import Reader, read_tables
from careline_his_webservice.adapters.mapping.abilities import Mapped
from careline_his_webservice.adapters.mapping.formats import Formats, check_maps
from careline_his_webservice.adapters.mapping.records import (
    CONSTANT,
    TOGETHER,
    check_fields,
    check_info,
    check_pairs,
    parts_of,
)

EXAMPLE = "careline:"
_NAME = r"[^\W\d][\w$#]*"
VIEW = re.compile(rf"(?:{_NAME}\.)?{_NAME}")
COLUMN = re.compile(_NAME)
_BOUND = re.compile(r"(?<![:\w\\]):(\w+)")

SPAN = ("first", "last", "department")
#: What each condition may name, behind a colon; ``today`` and ``campus`` all of them.
BOUND: Mapping[str, tuple[str, ...]] = {
    "departments": (),
    "doctors": (),
    "clinics": SPAN,
    "slots": SPAN,
    "person": ("text", "number", "id_card", "phone"),
    "info": ("text", "number", "day"),
}
DATES = frozenset({"first", "last", "day", "today"})
ALWAYS = ("today", "campus")


@frozen
class View:
    """One question: the view's columns, and which of its rows."""

    view: str
    fields: Mapping[str, str]
    where: str = ""
    """A condition in SQL; ``:first`` and the like are bound, never pasted."""
    order: str = ""
    """Columns by which rows are sorted, the last ones fall off a list that is too long."""


@frozen
class InfoView:
    """``[info.<kind>]``: ``columns`` are the titles shown, with the column of each."""

    view: str
    columns: Mapping[str, str]
    where: str = ""
    order: str = ""


@frozen
class Rules(Mapped):
    """The whole file; views cannot be booked."""

    formats: Formats = field(factory=Formats)
    values: Mapping[str, Mapping[str, str]] = field(factory=dict)
    departments: View | None = None
    doctors: View | None = None
    clinics: View | None = None
    slots: View | None = None
    person: View | None = None
    info: Mapping[str, InfoView] = field(factory=dict)

    @property
    def views(self) -> Iterator[tuple[str, View]]:
        """The tables that are there, by name, without information."""
        for name in BOUND:
            table = getattr(self, name) if name != "info" else None
            if table is not None:
                yield name, table


def load_rules(folder: Path, name: str) -> Rules:
    """Read and check a file of rules; Invalid lists everything that is wrong, with its place."""
    if name.startswith(EXAMPLE):
        folder = Path(str(files("careline_his_webservice.adapters.sql") / "data"))
        name = f"{name.removeprefix(EXAMPLE)}.toml"
    path = folder / name
    return parse_rules(read_tables(path), path)


def parse_rules(tables: Mapping[str, Any], path: Path) -> Rules:
    """Check tables that were read from ``path``."""
    reader = Reader(path.parent, {})
    rules = reader.read(tables, Rules, ())
    if rules is not None:
        check_maps(reader, rules.values)
        for name, view in rules.views:
            check_fields(reader, (name,), name, view.fields)
            _check(reader, (name,), name, view, ("fields", view.fields))
        for name, one in rules.info.items():
            _check(reader, ("info", name), "info", one, ("columns", one.columns))
            check_info(reader, name)
        check_pairs(reader, rules, TOGETHER)
    reader.raise_problems(path)
    assert rules is not None  # noqa: S101  only with problems, which were raised
    return rules


def _check(
    reader: Reader,
    where: tuple[str, ...],
    name: str,
    view: View | InfoView,
    columns: tuple[str, Mapping[str, str]],
) -> None:
    if not VIEW.fullmatch(view.view):
        reader.wrong(
            (*where, "view"),
            "his.view",
            "{where}: “{name}” is not the name of a view, such as his.v_schedule",
            name=view.view,
        )
    for title, spec in columns[1].items():
        parts = [] if spec.startswith(CONSTANT) else parts_of(spec)
        if not all(COLUMN.fullmatch(part) for part in parts):
            reader.wrong(
                (*where, columns[0], title),
                "his.column",
                "{where}: “{name}” is not the name of a column, nor several joined by +",
                name=spec,
            )
    allowed = (*ALWAYS, *BOUND[name])
    for bound in _BOUND.findall(view.where):
        if bound not in allowed:
            reader.wrong(
                (*where, "where"),
                "his.bound",
                "{where}: “:{name}” is not known here; known are {known}",
                name=bound,
                known=[f":{one}" for one in allowed],
            )


def bound_in(where: str) -> set[str]:
    """The names that a condition binds."""
    return set(_BOUND.findall(where))
