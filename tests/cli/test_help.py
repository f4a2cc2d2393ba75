"""Help: every command has it in both languages, and it is shown without heavy imports."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from careline.i18n import catalog
from careline_cli.main import COMMANDS, main

HEAVY = ("twisted.internet", "sqlalchemy", "alembic", "phonenumbers")
CHECK = """
import sys
from careline_cli.main import main
try:
    main({words!r}, prog_name="careline")
except SystemExit:
    pass
heavy = [name for name in {heavy!r} if name in sys.modules]
assert not heavy, heavy
"""


def commands(
    group: click.Group | None = None, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below the root with its words."""
    group = group or main
    context = click.Context(group)
    names = COMMANDS if group is main else group.list_commands(context)
    for name in names:
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


ALL = list(commands())


def test_all_commands_of_the_issue_are_there() -> None:
    words = {" ".join(path) for path, _ in ALL}
    wanted = """init|run|doctor|status|demo|demo call|call show|call list|db upgrade|db check|
    plugin list|plugin info|plugin enable|plugin disable|plugin purge|bundle list|bundle enable|
    campus list|campus add|campus change|campus remove|campus hours|campus holiday|
    queue list|queue add|queue change|queue remove|agent list|agent add|agent change|agent phone|
    agent pin|agent sign-in|agent sign-out|agent ready|agent not-ready|
    trunk list|trunk add|trunk change|trunk remove|number list|number block|number vip|
    number unlist|    flow check|flow publish|flow show|flow list|dnis list|dnis set|dnis remove|
    prompt list|prompt say|prompt import|prompt versions|
    asterisk install|asterisk config|asterisk status|asterisk lint|backup|restore|
    voicemail list|voicemail handled|completion"""
    assert {one.strip() for one in wanted.split("|")} - words == set()


@pytest.mark.parametrize(("path", "command"), ALL, ids=[" ".join(path) for path, _ in ALL])
def test_help_is_there_in_both_languages(path: tuple[str, ...], command: click.Command) -> None:
    if command.hidden:
        return
    shown = {}
    for lang in ("zh", "en"):
        result = CliRunner().invoke(main, ["--lang", lang, *path, "--help"])
        assert result.exit_code == 0, result.output
        shown[lang] = result.output
    assert "用法:" in shown["zh"]
    assert "Usage:" in shown["en"]
    assert command.help
    for option in command.params:
        text = getattr(option, "help", None)
        if text:
            assert text in catalog("zh"), f"{path}: {text}"


def test_every_listing_has_json() -> None:
    without = [
        " ".join(path)
        for path, command in ALL
        if path[-1] == "list" and not any("--json" in one.opts for one in command.params)
    ]
    assert without == []


@pytest.mark.parametrize("words", [["--help"], ["agent", "--help"], ["queue", "add", "--help"]])
def test_help_imports_neither_twisted_nor_sqlalchemy(words: list[str]) -> None:
    code = CHECK.format(words=words, heavy=HEAVY)
    env = {**os.environ, "CARELINE_HOME": "/nowhere"}  # one with plugins lists their commands
    subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, timeout=60, env=env
    )


def test_completion_knows_commands_and_imports_nothing_heavy() -> None:
    env = {
        **os.environ,
        "_CARELINE_COMPLETE": "bash_complete",
        "COMP_WORDS": "careline agent s",
        "COMP_CWORD": "2",
    }
    code = CHECK.format(words=[], heavy=HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=env
    )
    assert [line.partition(",")[2] for line in done.stdout.split()] == ["sign-in", "sign-out"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str) -> None:
    result = CliRunner().invoke(main, ["completion", shell])
    assert result.exit_code == 0
    assert "_CARELINE_COMPLETE" in result.output


def test_a_mistyped_command_is_told_what_it_may_have_been() -> None:
    told = CliRunner().invoke(main, ["--lang", "zh", "statsu"])
    assert told.exit_code == 2
    assert "是不是 'status'" in told.output


def test_version() -> None:
    assert CliRunner().invoke(main, ["--version"]).output.startswith("careline, ")
