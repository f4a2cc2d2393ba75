"""Dangers of a dialplan: what a caller dials must not become a command or an outside call."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

from careline.asterisk.danger import Danger
from careline.asterisk.reading import Document, Line, Section
from careline.errors import Invalid

#: Applications that call or run what their arguments say.
_ACTS = re.compile(r"\b(Dial|Originate|System|TrySystem|Exec|ExecIf|Page|ChanSpy)\s*\(", re.I)
_RUNS = re.compile(r"\b(System|TrySystem)\s*\(.*\$[{\[]|\bSHELL\s*\(", re.I)
_MIXMONITOR = re.compile(r"\bMixMonitor\s*\(", re.I)
_AGI = re.compile(r"\b(E?AGI|DeadAGI|AsyncAGI)\s*\(", re.I)
_EXITS = re.compile(r"AGIEXITONHANGUP\s*=\s*yes", re.I)
_EXTEN = re.compile(r"\$\{EXTEN\b", re.I)
_FULL = re.compile(r"AGIEXECFULL", re.I)


@frozen
class Step:
    """One priority of an extension."""

    context: str
    extension: str
    action: str
    line: Line


def steps(document: Document) -> Iterator[Step]:
    """All priorities of all contexts in order; ``same`` belongs to the extension before it."""
    for section in document.sections:
        if section.name not in ("general", "globals"):
            yield from _steps(section)


def _steps(section: Section) -> Iterator[Step]:
    extension = ""
    for line in section.own:
        if line.key == "exten":
            extension, _, rest = line.value.partition(",")
        elif line.key == "same":
            rest = line.value
        else:
            continue
        yield Step(section.name, extension.strip(), rest.partition(",")[2].strip(), line)


def dialplan_problems(document: Document) -> list[Invalid]:
    """Every dangerous line of the dialplan."""
    exits: set[tuple[str, str]] = set()
    problems: list[Invalid] = []
    for step in steps(document):
        if _EXITS.search(step.action):
            exits.add((step.context, step.extension))
        problems += _dialled(step)
        problems += _commands(step)
        if _AGI.search(step.action) and (step.context, step.extension) not in exits:
            problems.append(
                Danger(
                    "lint.agi_exit",
                    "{file}:{line}: {context},{extension}: "
                    "AGI without AGIEXITONHANGUP=yes before it: a program that hangs keeps "
                    "the channel for ever",
                    step.line,
                    context=step.context,
                    extension=step.extension,
                )
            )
    return problems


def _dialled(step: Step) -> Iterator[Invalid]:
    is_pattern = step.extension.startswith("_")
    if is_pattern and _EXTEN.search(step.action) and _ACTS.search(step.action):
        yield Danger(
            "lint.pattern_dials",
            "{file}:{line}: {context},{extension}: "
            "what the caller dialled goes straight to an outside call or command; "
            "let the core decide (AGI) and dial what it allows",
            step.line,
            context=step.context,
            extension=step.extension,
        )


def _commands(step: Step) -> Iterator[Invalid]:
    if _RUNS.search(step.action):
        yield Danger(
            "lint.command",
            "{file}:{line}: {context},{extension}: "
            "a program runs with text that a caller can choose",
            step.line,
            context=step.context,
            extension=step.extension,
        )
    if _FULL.search(step.action):
        yield Danger(
            "lint.agi_exec_full",
            "{file}:{line}: {context},{extension}: "
            "AGIEXECFULL expands variables in what a program sends; remove it",
            step.line,
            context=step.context,
            extension=step.extension,
        )
    for match in _MIXMONITOR.finditer(step.action):
        arguments = _arguments(step.action[match.end() :])
        if len(arguments) > 2 and "$" in arguments[2]:
            yield Danger(
                "lint.command",
                "{file}:{line}: {context},{extension}: "
                "MixMonitor's command is built from variables; a caller can choose some",
                step.line,
                context=step.context,
                extension=step.extension,
            )


def _arguments(text: str) -> list[str]:
    """The arguments up to the closing bracket, split at commas outside brackets."""
    found, depth = [""], 0
    for char in text:
        depth += (char in "({[") - (char in ")}]")
        if depth < 0:
            break
        if char == "," and depth == 0:
            found.append("")
        else:
            found[-1] += char
    return found
