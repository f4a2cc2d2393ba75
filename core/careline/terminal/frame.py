"""Commands whose help speaks the user's language, and groups that import a command when needed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from importlib import import_module
from typing import Any

import click

from careline.i18n import Text
from careline.terminal.language import template

FOR_PROGRAMS = Text("For a program to read.")


class Option(click.Option):
    """An option whose help is a msgid."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Name and translated help."""
        told = copy.copy(self)
        told.help = template(self.help) if self.help else None
        return click.Option.get_help_record(told, ctx)


class _Translated(click.Command):
    """Shows the help text, a msgid, in the user's language."""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        told = copy.copy(self)
        told.help = template(self.help) if self.help else None
        click.Command.format_help_text(told, ctx, formatter)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Click words it before it has read --lang."""
        found = super().get_help_option(ctx)
        if found:
            found.help = template("Show this message and exit.")
        return found

    def get_short_help_str(self, limit: int = 45) -> str:
        told = copy.copy(self)
        told.help = template(self.help) if self.help else None
        return click.Command.get_short_help_str(told, max(limit, 60))


class Command(_Translated):
    """A command."""


class Group(_Translated, click.Group):
    """A group; its commands and groups are of our classes."""

    command_class = Command
    group_class = type

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which they were written: what is needed first comes first."""
        return list(self.commands)


class LazyGroup(Group):
    """A group that imports a command's module when the command is run or asked for its help.

    ``lazy`` maps a name to where the command is (``module:attribute``) and its short help.
    """

    def __init__(
        self,
        name: str | None = None,
        commands: MutableMapping[str, click.Command] | Sequence[click.Command] | None = None,
        *,
        lazy: Mapping[str, tuple[str, str]] | None = None,
        **attrs: Any,
    ) -> None:
        super().__init__(name, commands, **attrs)
        self.lazy = dict(lazy or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All that are not hidden, in the order in which they were written."""
        shown = [name for name, (_module, about) in self.lazy.items() if about]
        return [*shown, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        if cmd_name not in self.lazy:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = self.lazy[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant; a mistyped one is told what it may have been."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            if error.possibilities:
                raise
            names = self.list_commands(ctx)
            raise click.NoSuchCommand(error.command_name, possibilities=names, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        rows = [(name, template(about)) for name, (_module, about) in self.lazy.items() if about]
        with formatter.section(template("Commands")):
            formatter.write_dl(rows)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Names of commands, without importing any."""
        from click.shell_completion import CompletionItem

        if not incomplete.startswith("-"):
            return [
                CompletionItem(name, help=template(about))
                for name, (_module, about) in self.lazy.items()
                if about and name.startswith(incomplete)
            ]
        return super().shell_complete(ctx, incomplete)


def group(name: str, about: str, **attrs: Any) -> Callable[[Callable[..., Any]], Group]:
    """Decorator: a group of commands; ``about`` is its help, a msgid."""
    return click.group(name, cls=Group, help=about, **attrs)


def command(name: str, about: str, **attrs: Any) -> Callable[[Callable[..., Any]], Command]:
    """Decorator: a command that belongs to no group yet; ``about`` is its help, a msgid."""
    return click.command(name, cls=Command, help=about, **attrs)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: ``--json``, given as ``as_json``."""
    return option("--json", "as_json", is_flag=True, help=FOR_PROGRAMS.msgid)(command)


def option(*names: str, **attrs: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: an option whose ``help`` is a msgid."""
    return click.option(*names, cls=Option, **attrs)
