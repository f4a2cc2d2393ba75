"""Texts: every one has its Chinese, with the same fields."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from string import Formatter

from jinja2 import TemplateError

from careline.errors import CarelineError
from careline.i18n.catalog import LANGUAGES, catalog, po_file, read_translations
from careline.i18n.extract import Found, extract, extract_tree
from careline.testing.contract.subject import Subject

SPOKEN = tuple(lang for lang in LANGUAGES if lang != "en")


def texts(subject: Subject) -> Iterator[CarelineError]:
    """What is not translated, and translations that would lose a field."""
    found = {one.msgid: one for one in _texts(subject)}
    for lang in SPOKEN:
        own = read_translations([po_file(subject.folder, lang)], lang) if subject.folder else {}
        known = {**catalog(lang), **own}
        for msgid, one in found.items():
            if msgid not in known:
                yield subject.found(
                    "texts.untranslated",
                    "{where}: “{text}” is not translated into {language}; add it to {file}",
                    where=f"{_short(subject, one.path)}:{one.line}",
                    text=msgid,
                    language=lang,
                    file=f"locale/{lang}/LC_MESSAGES/{subject.root.stem}.po",
                )
            elif any(fields(form) - fields(msgid) - {"count"} for form in known[msgid]):
                yield subject.found(
                    "texts.fields",
                    "“{text}” is translated with fields that it does not have: {translation}",
                    text=msgid,
                    translation=known[msgid],
                )


def _texts(subject: Subject) -> list[Found]:
    if subject.folder:
        try:
            return extract_tree([subject.folder])
        except TemplateError:  # which another rule tells
            return []
    return list(extract(subject.root.read_text(encoding="utf-8"), subject.root.name))


def _short(subject: Subject, path: str) -> str:
    return str(Path(path).relative_to(subject.root.parent)) if subject.folder else path


def fields(text: str) -> set[str]:
    """Names of the fields in a text; none in one that is no format."""
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name}
    except ValueError:
        return set()
