"""Command lines that documents show, judged by what click knows of each command."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from careline_cli.main import main
from careline_docs.commands import commands

BLOCK = re.compile(r"^```(?:sh|console|bash|shell)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(careline(?: [^`\n]+)?)`")
START = re.compile(r"^(?:\$ |\w+=\S+ )*(?:\S*/)?careline(?= |$)")
#: What a reader puts in the place of words like these; it cannot be judged.
PLACEHOLDER = re.compile(r"[^\x00-\x7f]|^[A-Z][A-Z_]*$|^\.{3}$|…|^<.*>$")


def shown_in(page: Path) -> Iterator[str]:
    """The lines of shell blocks, and the code within sentences, that begin with ``careline``."""
    text = page.read_text(encoding="utf-8")
    for block in BLOCK.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            if START.match(line.strip()):
                yield line.strip()
    outside = BLOCK.sub("", text)
    yield from (line for line in INLINE.findall(outside) if " " in line)


def fault(line: str) -> str:
    """What click would say of the line; empty when it would run it."""
    words = shlex.split(START.sub("", line), comments=True)
    words = [word for word in words[: _end(words)] if word not in ("…", "...")]
    try:
        return _judge(main, "careline", _own_options(words))
    except click.UsageError as error:
        return f"{line}: {error.format_message()}"


def _end(words: list[str]) -> int:
    """Where the shell's own part begins: a pipe, a redirection, the next command."""
    ends = [index for index, word in enumerate(words) if re.match(r"[|;&]|\d?[<>]", word)]
    return ends[0] if ends else len(words)


def _own_options(words: list[str]) -> list[str]:
    parser = main.make_parser(click.Context(main, resilient_parsing=True))
    parser.allow_interspersed_args = False
    _, rest, _ = parser.parse_args(words)
    return rest


def _judge(command: click.Command, path: str, words: list[str]) -> str:
    if isinstance(command, click.Group):
        if not words or words[0] in ("-h", "--help") or PLACEHOLDER.search(words[0]):
            return ""
        if command is main:
            found = commands().get(words[0], (None, ""))[0] or main.commands.get(words[0])
        else:
            found = command.commands.get(words[0])
        if found is None:
            return f"there is no command {path} {words[0]}"
        return _judge(found, f"{path} {words[0]}", words[1:])
    return _arguments(command, path, words)


def _arguments(command: click.Command, path: str, words: list[str]) -> str:
    context = click.Context(command, info_name=path)
    given, left, order = command.make_parser(context).parse_args(list(words))
    if "help" in given:
        return ""
    missing = [
        one.human_readable_name
        for one in command.params
        if one.required and given.get(one.name or "") in (None, (), [])
    ]
    # A command that is only named, within a sentence, lacks its arguments rightly.
    if left or (missing and words):
        return f"{path} {' '.join(words)}: too much: {left}, missing: {missing}"
    for one in order:
        value = given.get(one.name or "")
        if isinstance(one.type, click.Choice):
            for word in [value] if isinstance(value, str) else value or ():
                if not PLACEHOLDER.search(word):
                    one.type.convert(word, one, context)
    return ""
