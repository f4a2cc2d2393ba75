"""The file of rules of one SOAP system: one table for each question, read whole and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from attrs import field, frozen

from careline.config import Reader, read_tables
from careline_his_webservice.adapters.mapping.abilities import Mapped
from careline_his_webservice.adapters.mapping.formats import Formats, check_maps
from careline_his_webservice.adapters.mapping.records import (
    PATH,
    TOGETHER,
    check_fields,
    check_info,
    check_pairs,
    check_paths,
)
from careline_his_webservice.adapters.mapping.template import ALWAYS, FIELDS, problem_of

EXAMPLE = "careline:"

#: What a code of theirs may mean for a question that changes something there.
OUTCOMES = {
    "book": ("booked", "taken", "refused", "duplicate", "unavailable"),
    "cancel": ("cancelled", "absent", "refused", "unavailable"),
    "stop": ("cancelled", "absent", "refused", "unavailable"),
}
#: What a fault may mean, whichever question it answers.
FAULTS = ("refused", "taken", "unavailable", "duplicate", "empty")


@frozen
class Service:
    """``[service]``, for style ``call_service``: the one operation and its three texts."""

    operation: str = "CallService"
    trade_code: str = "TradeCode"
    """Name of the parameter with the trade code; it may also be a path."""
    input: str = "InputXml"
    """Name of the parameter with the XML."""
    root: str = "Request"
    """Outermost element of that XML."""
    result: str = ""
    """Path of the text with the answer's XML; empty: the first element of the answer."""


@frozen
class Result:
    """``[result]``: where every answer says whether it is one."""

    code: str = ""
    """Path of the result code; empty: answers have none."""
    text: str = ""
    """Path of their words for it."""
    ok: tuple[str, ...] = ("0",)
    """Codes of success."""
    empty: tuple[str, ...] = ()
    """Codes that mean "nothing found"."""
    refused: tuple[str, ...] = ()
    """Codes of a no to a question that changes nothing."""


@frozen
class Read:
    """A question: ``call`` is the operation, or the trade code."""

    call: str = ""
    request: Mapping[str, str] = field(factory=dict)
    """Path in the request -> template; a path that ends in ``?`` is left out when empty."""
    rows: str = ""
    """Path of the rows in the answer."""
    fields: Mapping[str, str] = field(factory=dict)
    """Field of careline -> path in the row; ``=text`` is always that text."""


@frozen
class Slots(Read):
    """``[slots]``: without a ``call``, rows lie within the rows of ``[clinics]``."""

    each_clinic: bool = False
    """True when they must be asked for clinic by clinic."""


@frozen
class Write(Read):
    """A question that changes something there."""

    codes: Mapping[str, str] = field(factory=dict)
    """Their result code -> what it means."""
    look_first: bool = True
    """Ask for the visit before booking; false only where the system itself books a key once."""


@frozen
class InfoRead:
    """``[info.<kind>]``: ``columns`` are the titles shown, with the path of each."""

    call: str
    rows: str
    columns: Mapping[str, str]
    request: Mapping[str, str] = field(factory=dict)


@frozen
class Rules(Mapped):
    """The whole file."""

    formats: Formats = field(factory=Formats)
    values: Mapping[str, Mapping[str, str]] = field(factory=dict)
    service: Service = field(factory=Service)
    result: Result = field(factory=Result)
    faults: Mapping[str, str] = field(factory=dict)
    """Part of a fault's code or words -> what it means."""
    departments: Read | None = None
    doctors: Read | None = None
    clinics: Read | None = None
    slots: Slots | None = None
    book: Write | None = None
    cancel: Write | None = None
    state: Read | None = None
    stop: Write | None = None
    person: Read | None = None
    info: Mapping[str, InfoRead] = field(factory=dict)

    @property
    def questions(self) -> Iterator[tuple[str, Read]]:
        """The tables that are there, by name, without information."""
        for name in FIELDS:
            table = getattr(self, name) if name != "info" else None
            if table is not None:
                yield name, table


def load_rules(folder: Path, name: str, style: str) -> Rules:
    """Read and check a file of rules; Invalid lists everything that is wrong, with its place."""
    if name.startswith(EXAMPLE):
        folder = Path(str(files("careline_his_webservice.adapters.soap") / "data"))
        name = f"{name.removeprefix(EXAMPLE)}.toml"
    path = folder / name
    return parse_rules(read_tables(path), path, style)


def parse_rules(tables: Mapping[str, Any], path: Path, style: str) -> Rules:
    """Check tables that were read from ``path``."""
    reader = Reader(path.parent, {})
    rules = reader.read(tables, Rules, ())
    if rules is not None:
        _check(reader, rules, style)
    reader.raise_problems(path)
    assert rules is not None  # noqa: S101  only with problems, which were raised
    return rules


def _check(reader: Reader, rules: Rules, style: str) -> None:
    check_maps(reader, rules.values)
    for name, table in rules.questions:
        _check_request(reader, (name,), name, table.request)
        _check_rows(reader, name, table, style)
        if isinstance(table, Write):
            _check_codes(reader, name, table, rules.result)
    for name, one in rules.info.items():
        _check_info(reader, name, one)
    for name in ("code", "text"):
        _check_path(reader, ("result", name), getattr(rules.result, name))
    for text, meaning in rules.faults.items():
        _one_of(reader, ("faults", text), meaning, FAULTS)
    _check_together(reader, rules)


def _check_request(
    reader: Reader, where: tuple[str, ...], name: str, request: Mapping[str, str]
) -> None:
    allowed = (*ALWAYS, *FIELDS[name])
    for path, template in request.items():
        _check_path(reader, (*where, "request", path), path.removesuffix("?"))
        problem = problem_of(template, allowed)
        if problem:
            reader.wrong(
                (*where, "request", path),
                "his.template",
                "{where}: {problem} is not known here; known are {known}",
                problem=problem,
                known=list(allowed),
            )


def _check_rows(reader: Reader, name: str, table: Read, style: str) -> None:
    nested = isinstance(table, Slots) and not table.call
    if not table.call and not nested:
        reader.wrong((name, "call"), "his.call_missing", "{where}: missing; what is to be called?")
    writes = isinstance(table, Write)
    if not table.rows and not writes:
        reader.wrong(
            (name, "rows"), "his.rows_missing", "{where}: missing; the path of the answer's rows"
        )
    _check_path(reader, (name, "rows"), table.rows)
    within = isinstance(table, Slots) and (nested or table.each_clinic)
    check_fields(reader, (name,), name, table.fields, frozenset({"clinic"} if within else ()))


def _check_codes(reader: Reader, name: str, table: Write, result: Result) -> None:
    for code, meaning in table.codes.items():
        _one_of(reader, (name, "codes", code), meaning, OUTCOMES[name])
    done = OUTCOMES[name][0]
    if done not in table.codes.values():
        reader.wrong(
            (name, "codes"), "his.code_missing", "{where}: no code means “{done}”", done=done
        )
    if not result.code:
        reader.wrong(
            ("result", "code"),
            "his.code_path",
            "{where}: missing; without it nobody knows whether {name} was done",
            name=name,
        )


def _check_info(reader: Reader, name: str, one: InfoRead) -> None:
    check_info(reader, name)
    _check_request(reader, ("info", name), "info", one.request)
    _check_path(reader, ("info", name, "rows"), one.rows)
    check_paths(reader, ("info", name, "columns"), one.columns)


def _check_together(reader: Reader, rules: Rules) -> None:
    pairs = (("book", "state"), ("book", "cancel"), ("cancel", "state"))
    check_pairs(reader, rules, (*TOGETHER, *pairs))
    state = rules.state
    if state is not None and not {"key", "clinic", "slot", "day"} & set(state.fields):
        reader.wrong(
            ("state", "fields"),
            "his.state_fields",
            "{where}: none of key, clinic, slot or day is mapped; visits cannot be told apart",
        )


def _check_path(reader: Reader, where: tuple[str, ...], path: str) -> None:
    if path and not PATH.fullmatch(path):
        reader.wrong(
            where, "his.path", "{where}: “{path}” is not a path such as Dept/Code or @id", path=path
        )


def _one_of(reader: Reader, where: tuple[str, ...], word: str, allowed: tuple[str, ...]) -> None:
    if word not in allowed:
        reader.wrong(
            where,
            "his.meaning",
            "{where}: must be one of {known}, not “{word}”",
            known=list(allowed),
            word=word,
        )
