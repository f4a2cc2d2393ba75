"""Templates: they compile, escape what people typed, and keep to the content policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, TemplateError, nodes
from jinja2.ext import do

from careline.errors import CarelineError
from careline.testing.contract.subject import Subject

INLINE = re.compile(
    r"<style\b|<script\b(?![^>]*\bsrc=)|\sstyle\s*=|\son[a-z]+\s*=|\shx-on", re.IGNORECASE
)


def templates(subject: Subject) -> Iterator[CarelineError]:
    """All that is wrong with the templates, by reading them."""
    environment = Environment(autoescape=True, extensions=[do])
    for path in subject.templates:
        where = str(path.relative_to(subject.root.parent))
        text = path.read_text(encoding="utf-8")
        try:
            tree = environment.parse(text)
        except TemplateError as error:
            yield subject.found(
                "pages.template", "{where}: {reason}", where=where, reason=str(error)
            )
            continue
        yield from _unescaped(subject, where, tree)
        yield from _inline(subject, where, path, text)


def _unescaped(subject: Subject, where: str, tree: nodes.Template) -> Iterator[CarelineError]:
    found = [one.lineno for one in tree.find_all(nodes.Filter) if one.name == "safe"]
    found += [one.lineno for one in tree.find_all(nodes.ScopedEvalContextModifier)]
    for line in sorted(found):
        yield subject.found(
            "pages.unescaped",
            "{where}:{line}: escaping is switched off here, so that a patient's text can become "
            "part of the page; leave out |safe and autoescape",
            where=where,
            line=line,
        )


def _inline(subject: Subject, where: str, path: Path, text: str) -> Iterator[CarelineError]:
    plain = re.sub(r"{[#%{].*?[#%}]}", "", text, flags=re.DOTALL)
    for hit in map(INLINE.search, re.findall(r"<[^>]*>", plain)):
        if hit is None:
            continue
        yield subject.found(
            "pages.inline",
            "{where}: {what} is refused by browsers here (content policy); put scripts and styles "
            "into static/",
            where=where,
            what=hit.group().strip(),
        )
