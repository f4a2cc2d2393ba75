"""click's own words in the user's language.

click asks gettext for them, under the name ``_`` in each of its modules; gettext would want
compiled catalogs and the machine's locale.
"""

from __future__ import annotations

from importlib import import_module

from careline.i18n import Text
from careline.terminal.language import template

MODULES = ("core", "decorators", "exceptions", "formatting", "parser", "termui", "types")

#: Every word of click that our commands can show.
TEXTS = (
    Text("Usage:"),
    Text("Options"),
    Text("Commands"),
    Text("Show this message and exit."),
    Text("Show the version and exit."),
    Text("Try '{command} {option}' for help."),
    Text("Error: {message}"),
    Text("Aborted!"),
    Text("Missing command."),
    Text("Missing argument"),
    Text("Missing option"),
    Text("Missing parameter"),
    Text("No such command {name!r}."),
    Text("No such option {name!r}."),
    Text("No such option: {name}"),
    Text("Invalid value for {param_hint}: {message}"),
    Text("Invalid value: {message}"),
    Text("Option {name!r} does not take a value."),
    Text("{value!r} is not a valid {number_type}."),
    Text("{value} is not in the range {range}."),
    Text("{name} {filename!r} does not exist."),
    Text("{name} {filename!r} is a directory."),
    Text("{name} {filename!r} is a file."),
    Text("{name} {filename!r} is not readable."),
    Text("Choose from:\n\t{choices}"),
    Text("Got unexpected extra argument ({args})"),
    Text("default: {default}"),
    Text("required"),
    Text("file"),
    Text("path"),
    Text("Repeat for confirmation"),
    Text("Error: The two entered values do not match."),
    Text("Did you mean {possibility}?"),
    Text("{value!r} is not {choice}."),
)


def speak() -> None:
    """Let click use our translations."""
    for place in MODULES:
        module = import_module(f"click.{place}")
        for name, ours in (("_", template), ("ngettext", plural)):
            if hasattr(module, name):
                setattr(module, name, ours)


def plural(one: str, many: str, count: int) -> str:
    """The text for ``count``; a language with one form for all has it under the singular."""
    translated = template(one)
    return many if translated == one and count != 1 else translated
