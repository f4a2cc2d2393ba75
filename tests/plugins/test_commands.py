"""Commands of the bundled plugins speak Chinese and English, as the core's do."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from careline.i18n import catalog
from careline.terminal.frame import Command, Group, Option
from careline_docs.commands import commands


def of_plugins() -> Iterator[tuple[str, click.Command]]:
    """Every command below those of plugins, with its words."""
    for name, (command, plugin) in commands().items():
        if plugin:
            yield from below(name, command)


def below(words: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield words, command
    if isinstance(command, click.Group):
        for name, one in command.commands.items():
            yield from below(f"{words} {name}", one)


@pytest.fixture(scope="module")
def found() -> dict[str, click.Command]:
    return dict(of_plugins())


def test_all_are_there(found: dict[str, click.Command]) -> None:
    wanted = {"appointment blacklist add", "followup import", "his embedded show", "sms send"}
    assert wanted | {"recording rotate-keys"} <= set(found)


def test_every_help_text_is_translated(found: dict[str, click.Command]) -> None:
    told = [(words, one.help) for words, one in found.items()] + [
        (f"{words} {option.opts[0]}", option.help)
        for words, one in found.items()
        for option in one.params
        if isinstance(option, click.Option)
    ]
    assert [words for words, about in told if not about or about not in catalog("zh")] == []


def test_every_help_text_is_shown_translated(found: dict[str, click.Command]) -> None:
    plain = [words for words, one in found.items() if not isinstance(one, Command | Group)]
    plain += [
        f"{words} {option.opts[0]}"
        for words, one in found.items()
        for option in one.params
        if isinstance(option, click.Option) and not isinstance(option, Option)
    ]
    assert plain == []


def test_every_listing_has_json(found: dict[str, click.Command]) -> None:
    lists = {words: one for words, one in found.items() if words.endswith(" list")}
    assert [
        words
        for words, one in lists.items()
        if not any("--json" in option.opts for option in one.params)
    ] == []
    assert len(lists) == 6
