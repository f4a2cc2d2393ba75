"""The reference of careline.toml: every setting with its default and meaning, in two languages."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from careline.config import Settings
from careline.i18n import translate
from careline.plugins.options import Option, in_code, options_of
from careline_docs.house import ROOT, plugins
from careline_docs.markdown import code, plain, table

#: Fields of ours that are no settings but what was read.
NOT_WRITTEN = {"Settings": {"home", "environ", "plugin"}}
WORDS = {
    "zh": {
        "title": "设置（careline.toml）",
        "about": (
            "`careline.toml` 在数据目录中；改完后运行 `careline doctor` 检查，再重新启动。"
            "相对路径从该文件所在目录算起。密码和密钥写在另外的文件里，由 `…_file` 指出，"
            "或用环境变量，例如 `[asterisk] ami_secret_file` 也可用 "
            "`CARELINE_ASTERISK_AMI_SECRET`。默认值为空的设置可省略。"
        ),
        "key": "设置",
        "default": "默认值",
        "meaning": "含义",
        "must": "必填",
        "top": "不属于任何表",
        "core": "核心",
    },
    "en": {
        "title": "Configuration (careline.toml)",
        "about": (
            "`careline.toml` is in the home; after a change run `careline doctor`, then restart. "
            "Relative paths begin at the file's folder. Passwords and keys are put into files of "
            "their own, named by `…_file`, or into the environment: `[asterisk] ami_secret_file` "
            "may also be `CARELINE_ASTERISK_AMI_SECRET`. What has no default shown may be left out."
        ),
        "key": "setting",
        "default": "default",
        "meaning": "meaning",
        "must": "must be given",
        "top": "Outside all tables",
        "core": "The core",
    },
}


def settings_page(language: str) -> str:
    """The core's tables, then each plugin's."""
    words = WORDS[language]
    parts = [f"# {words['title']}\n\n{words['about']}\n\n## {words['core']}\n"]
    parts += _tables(_of_the_core(), language)
    for name, plugin in plugins().items():
        found = list(options_of(plugin.config, f"plugin.{name}"))
        if found:
            parts.append(f"## {translate(plugin.title, language)}\n")
            parts += _tables(found, language)
    return "\n".join(parts)


def all_options() -> list[Option]:
    """Every setting of the core and of all plugins."""
    found = _of_the_core()
    for name, plugin in plugins().items():
        found += options_of(plugin.config, f"plugin.{name}")
    return found


def _of_the_core() -> list[Option]:
    return list(options_of(Settings, "", left_out=NOT_WRITTEN))


def meanings(language: str) -> dict[str, str]:
    """What each setting means, by table and key, for the pages that show a plugin's settings."""
    return {f"{one.table}.{one.key}": meaning(one, language) for one in all_options()}


def meaning(option: Option, language: str) -> str:
    """What a setting means; empty where nobody has said it."""
    said = _said().get(option.of.__name__, {}).get(option.name)
    said = said or _said()["any"].get(option.name) or ""
    chinese, english = (said, "") if isinstance(said, str) else said
    if language == "zh":
        return chinese
    return english or plain(in_code(option.of).get(option.name, "")).replace("None: ", "empty: ")


@cache
def _said() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads((ROOT / "docs/options.toml").read_text(encoding="utf-8"))


def _tables(found: list[Option], language: str) -> Iterator[str]:
    words = WORDS[language]
    for name in dict.fromkeys(one.table for one in found):
        rows = [
            [
                code(one.key),
                words["must"] if one.default is None else code(one.default),
                meaning(one, language),
            ]
            for one in found
            if one.table == name
        ]
        heading = f"`[{name}]`" if name else words["top"]
        head = [words["key"], words["default"], words["meaning"]]
        yield f"### {heading}\n\n{table(head, rows)}"
