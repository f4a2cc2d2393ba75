"""The tables of the database, for reports of one's own: columns, keys, what refers to what."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from sqlalchemy import Column, Dialect, Table
from sqlalchemy.dialects import postgresql

from careline.i18n import translate
from careline.storage import metadata
from careline_docs.house import house, plugins
from careline_docs.markdown import code, plain, table

DIALECT: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own
WORDS = {
    "zh": {
        "title": "数据库表",
        "about": (
            "供自己的报表只读查询；类型为 PostgreSQL 的类型，时刻均为 UTC。表只经由 careline 修改，"
            "结构随版本演进（先扩展，后收缩）。表的说明取自代码，为英文。"
        ),
        "column": "列",
        "type": "类型",
        "note": "备注",
        "core": "核心",
        "key": "主键",
        "empty": "可为空",
        "refers": "引用",
    },
    "en": {
        "title": "Tables",
        "about": (
            "For reports of your own, to read only; types are PostgreSQL's, moments are UTC. "
            "Tables are written by careline alone and change with its versions: they grow first, "
            "and shrink a release later."
        ),
        "column": "column",
        "type": "type",
        "note": "note",
        "core": "The core",
        "key": "key",
        "empty": "may be empty",
        "refers": "refers to",
    },
}


def table_page(language: str) -> str:
    """All tables, the core's first, each plugin's after them."""
    house()
    words = WORDS[language]
    parts = [f"# {words['title']}\n\n{words['about']}\n"]
    owned: dict[str, list[Table]] = {}
    for one in metadata.sorted_tables:
        owned.setdefault(owner_of(one.name), []).append(one)
    for name in ["", *plugins()]:
        title = translate(plugins()[name].title, language) if name else words["core"]
        found = sorted(owned.get(name, ()), key=lambda one: one.name)
        if found:
            parts.append(f"## {title}\n")
            parts += [_entry(one, language) for one in found]
    return "\n".join(parts)


def owner_of(name: str) -> str:
    """The plugin whose prefix the table carries; empty for the core's."""
    return next((one for one in plugins() if name == one or name.startswith(f"{one}_")), "")


def _entry(one: Table, language: str) -> str:
    words = WORDS[language]
    rows = [[code(column.name), _type(column), _note(column, words)] for column in one.columns]
    about = plain(meanings().get(one.name, ""))
    head = [words["column"], words["type"], words["note"]]
    return f"### {one.name}\n\n{about}\n\n{table(head, rows)}"


def _type(column: Column[object]) -> str:
    return code(str(column.type.compile(dialect=DIALECT)).lower())


def _note(column: Column[object], words: dict[str, str]) -> str:
    said = [words["key"]] if column.primary_key else []
    said += [words["empty"]] if column.nullable else []
    for key in column.foreign_keys:
        said.append(f"{words['refers']} {code(key.target_fullname)}")
    return ", ".join(said)


@cache
def meanings() -> dict[str, str]:
    """What is said beside each table in the code: its own comment, else its module's first line."""
    found: dict[str, str] = {}
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name.startswith("careline") and file and file.endswith(".py"):
            found |= dict(_said_in(Path(file)))
    return found


def _said_in(file: Path) -> Iterator[tuple[str, str]]:
    text = file.read_text(encoding="utf-8")
    if "Table(" not in text:
        return
    tree, lines = ast.parse(text), text.splitlines()
    module = (ast.get_docstring(tree) or "").partition("\n\n")[0]
    for node in tree.body:
        value = getattr(node, "value", None)
        if not isinstance(value, ast.Call) or not ast.unparse(value.func).endswith("Table"):
            continue
        if value.args and isinstance(value.args[0], ast.Constant):
            yield str(value.args[0].value), _comment(lines, node.lineno) or module


def _comment(lines: list[str], before: int) -> str:
    said: list[str] = []
    for line in reversed(lines[: before - 1]):
        if not line.startswith("#:"):
            break
        said.insert(0, line.removeprefix("#:").strip())
    return " ".join(said)
