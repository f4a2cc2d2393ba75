"""The reference of careline.toml: every setting with its default and meaning, in two languages."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_args, get_origin

import attrs
from attrs import frozen

from careline.config import Secret, Settings
from careline.i18n import translate
from careline.plugins.keys import default_of, is_secret
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


@frozen
class Option:
    """One setting: ``key`` in ``table`` (``[plugin.sms]``), and the class that reads it."""

    table: str
    key: str
    of: type[Any]
    name: str
    default: str | None


def settings_page(language: str) -> str:
    """The core's tables, then each plugin's."""
    words = WORDS[language]
    parts = [f"# {words['title']}\n\n{words['about']}\n\n## {words['core']}\n"]
    parts += _tables(list(options_of(Settings, "")), language)
    for name, plugin in plugins().items():
        found = list(options_of(plugin.config, f"plugin.{name}"))
        if found:
            parts.append(f"## {translate(plugin.title, language)}\n")
            parts += _tables(found, language)
    return "\n".join(parts)


def all_options() -> list[Option]:
    """Every setting of the core and of all plugins."""
    found = list(options_of(Settings, ""))
    for name, plugin in plugins().items():
        found += options_of(plugin.config, f"plugin.{name}")
    return found


def options_of(cls: type[Any], path: str) -> Iterator[Option]:
    """The settings of a class and, after them, those of the tables within it."""
    attrs.resolve_types(cls)
    inner: list[tuple[type[Any], str]] = []
    for one in attrs.fields(cls):
        if not one.init or one.name in NOT_WRITTEN.get(cls.__name__, ()):
            continue
        below = _class_in(one.type)
        if below is None:
            yield Option(path, _key(one), cls, one.name, default_of(one.default))
        else:
            inner.append((below, _path(path, one)))
    for below, place in inner:
        yield from options_of(below, place)


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


def in_code(cls: type[Any]) -> dict[str, str]:
    """What the code says of a class's fields: below each, or in a sentence of the docstring."""
    body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    assert isinstance(body, ast.ClassDef)  # noqa: S101  the source of a class
    found = dict(_in_prose(inspect.getdoc(cls) or ""))
    for field, after in zip(body.body, body.body[1:], strict=False):
        said = after.value if isinstance(after, ast.Expr) else None
        if isinstance(field, ast.AnnAssign) and isinstance(said, ast.Constant):
            found[ast.unparse(field.target)] = str(said.value)
    return found


def _in_prose(text: str) -> Iterator[tuple[str, str]]:
    for sentence in re.split(r"(?<=[.;])\s+", " ".join(text.split())):
        for name in re.findall(r"``(\w+)``", sentence):
            yield name, sentence


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


def _class_in(kind: Any) -> type[Any] | None:
    """The class of a table within a table: plain, optional, in a list or by name."""
    for one in (kind, *get_args(kind)):
        if isinstance(one, type) and attrs.has(one) and one is not Secret:
            return one
    return None


def _path(path: str, one: attrs.Attribute[Any]) -> str:
    place = f"{path}.{one.name}" if path else one.name
    kind = get_origin(one.type)
    if kind is tuple:
        return f"[{place}]"
    named = isinstance(kind, type) and issubclass(kind, Mapping)
    return f"{place}.NAME" if named else place


def _key(one: attrs.Attribute[Any]) -> str:
    return f"{one.name}_file" if is_secret(one.type) else one.name
