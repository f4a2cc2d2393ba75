"""The command line: every command with its options, from what click knows of it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from careline.i18n import translate
from careline.terminal.frame import LazyGroup
from careline.terminal.language import SAID, Said
from careline_cli.main import main
from careline_docs.house import house
from careline_docs.markdown import code, escaped, table

WORDS = {
    "zh": {
        "title": "命令行",
        "about": (
            "`careline 命令 --help` 给出同样的说明；列表类命令都有 `--json`。"
            "插件的命令在插件启用后可用。退出码：0 成功，1 有问题，2 输入有误或无法执行。"
        ),
        "option": "选项",
        "meaning": "说明",
        "of": "来自插件",
    },
    "en": {
        "title": "Command line",
        "about": (
            "`careline COMMAND --help` says the same; every listing has `--json`. Commands of "
            "plugins are there once the plugin is enabled. Exit codes: 0 done, 1 something is "
            "wrong, 2 bad input or refused."
        ),
        "option": "option",
        "meaning": "meaning",
        "of": "of the plugin",
    },
}


def command_page(language: str) -> str:
    """All commands, the core's and those of plugins, each group under a heading."""
    words = WORDS[language]
    token = SAID.set(Said(lang=language))
    try:
        parts = [f"# {words['title']}\n\n{words['about']}\n"]
        for name, (command, owner) in commands().items():
            note = f"\n{words['of']} `{owner}`\n" if owner else ""
            parts.append(f"## {name}\n{note}")
            parts += [_entry(path, one, language) for path, one in _below(name, command)]
        return "\n".join(parts)
    finally:
        SAID.reset(token)


def commands() -> dict[str, tuple[click.Command, str]]:
    """Every command by name, with the plugin that it is of (empty: the core's)."""
    root: LazyGroup = main
    context = click.Context(root)
    found: dict[str, tuple[click.Command, str]] = {}
    for name, (_, about) in root.lazy.items():
        one = root.get_command(context, name) if about else None
        if one is not None:
            found[name] = (one, "")
    for plugin, brought in sorted(house().hub.provided("commands").items()):
        found |= {one.name: (one.command, plugin) for one in brought}
    return found


def _below(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, one in command.commands.items():
            if not one.hidden:
                yield from _below(f"{path} {name}", one)


def _entry(path: str, command: click.Command, language: str) -> str:
    context = click.Context(command, info_name=path)
    pieces = " ".join(command.collect_usage_pieces(context))
    about = escaped(translate(command.help or "", language)).strip()
    if isinstance(command, click.Group):
        return f"{about}\n" if command.commands else f"`careline {path} {pieces}`\n\n{about}\n"
    rows = [
        [" ".join(code(name) for name in one.opts + one.secondary_opts) + _value(one), _about(one)]
        for one in command.params
        if isinstance(one, click.Option) and not one.hidden
    ]
    words = WORDS[language]
    options = table([words["option"], words["meaning"]], rows) if rows else ""
    heading = f"### careline {path}\n\n" if " " in path else ""
    return f"{heading}`careline {path} {pieces}`\n\n{about}\n\n{options}"


def _value(one: click.Option) -> str:
    if one.is_flag or one.count:
        return ""
    names = one.type.choices if isinstance(one.type, click.Choice) else ()
    return " " + (" / ".join(code(str(name)) for name in names) or (one.metavar or one.type.name))


def _about(one: click.Option) -> str:
    help_record = one.get_help_record(click.Context(click.Command("careline")))
    return escaped(help_record[1]) if help_record else ""
