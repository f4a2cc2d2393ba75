"""Reading the rules: the shipped files in order, then the hospital's own; checked as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from attrs import evolve

from careline.config.reader import Reader
from careline.config.toml import read_tables
from careline.errors import Invalid
from careline_appointments.triage.guide import Guide
from careline_appointments.triage.model import Part, Sheet, Sign, Symptom, Term

DATA = Path(__file__).parent / "data"


def shipped() -> list[Path]:
    """The files that come with careline: departments and signs, then the parts of the body."""
    return sorted(DATA.glob("*.toml"), key=lambda path: path.name)


def read_guide(own: Path | None = None) -> Guide:
    """The guide of the shipped rules with the hospital's ``own`` over them.

    Raises Invalid with everything that is wrong in a file, or between them; NotFound when
    ``own`` is not there.
    """
    files = [*shipped(), *([own] if own else [])]
    guide = _joined([_sheet(file) for file in files])
    if found := list(problems(guide)):
        raise Invalid(
            "triage.rules",
            "The rules of triage are not right ({count}):",
            problems=found,
            count=len(found),
        )
    return guide


def _sheet(file: Path) -> Sheet:
    reader = Reader(file.parent, {})
    sheet = reader.read(read_tables(file), Sheet, ())
    reader.raise_problems(file)
    assert sheet is not None  # noqa: S101  only with problems, which were raised
    return sheet


def _joined(sheets: Sequence[Sheet]) -> Guide:
    terms: dict[str, Term] = {}
    signs: dict[str, Sign] = {}
    parts: dict[str, Part] = {}
    symptoms: dict[str, Symptom] = {}
    for sheet in sheets:
        terms.update(sheet.departments)
        signs.update({one.code: one for one in sheet.sign})
        if sheet.part:
            parts[sheet.part.code] = sheet.part
        own = sheet.part.code if sheet.part else ""
        symptoms.update({one.code: evolve(one, part=one.part or own) for one in sheet.symptom})
        for code in sheet.drop:
            symptoms.pop(code, None)
    return Guide(terms=terms, signs=signs, parts=parts, symptoms=symptoms)


def problems(guide: Guide) -> Iterator[Invalid]:
    """Codes that nothing bears, and questions that ask nothing."""
    for name, term in guide.terms.items():
        yield from _unknown(name, (*term.instead, *filter(None, [term.child])), guide.terms)
    for part in guide.parts.values():
        yield from _unknown(part.code, part.signs, guide.signs)
    for one in guide.symptoms.values():
        yield from _unknown(one.code, one.to, guide.terms)
        yield from _unknown(one.code, one.signs, guide.signs)
        yield from _unknown(one.code, [one.part], guide.parts)
        if not one.to:
            yield Invalid("triage.nowhere", "{where} leads to no department", where=one.code)
        for question in one.question:
            if len(question.answers) < 2:
                yield Invalid("triage.answers", "{where} asks with only one answer", where=one.code)
            for answer in question.answers:
                yield from _unknown(one.code, answer.to, guide.terms)


def _unknown(where: str, codes: Iterable[str], known: Iterable[str]) -> Iterator[Invalid]:
    for code in codes:
        if code not in known:
            text = "{where} names {code}, which is not there"
            yield Invalid("triage.code", text, where=where, code=code or "''")
