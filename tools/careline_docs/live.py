"""Live events: the names on which panels of the workspace load anew, read from the code."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from careline_docs.house import ROOT
from careline_docs.markdown import code, table

WORDS = {
    "zh": {
        "title": "实时事件",
        "about": (
            "面板用 `refresh_on=(…)` 列出这些名称，事件发生时自动重新载入；"
            "事件只带编号，不含患者资料。"
            "插件用 `core.events.tell(名称, 编号, permission=…)` 发出自己的事件，名称以插件名开头。"
            "通话等领域事件（`call_started` 等）是[钩子](hooks.md)。"
        ),
        "name": "名称",
        "id": "编号",
        "when": "何时",
    },
    "en": {
        "title": "Live events",
        "about": (
            "A panel names them in `refresh_on=(…)` and loads anew when one is told; they carry an "
            "id and never data of patients. A plugin tells its own, which begin with its name, by "
            "`core.events.tell(name, id, permission=…)`. What happens in the domain "
            "(`call_started` and others) are [hooks](hooks.md)."
        ),
        "name": "name",
        "id": "id",
        "when": "when",
    },
}


def live_page(language: str) -> str:
    """The page of all live events."""
    words, column = WORDS[language], ["zh", "en"].index(language)
    rows = [[code(name), *said[column].split("|")] for name, said in sorted(meanings().items())]
    head = [words["name"], words["id"], words["when"]]
    return f"# {words['title']}\n\n{words['about']}\n\n{table(head, rows)}"


def meanings() -> Mapping[str, tuple[str, str]]:
    """What each event means, Chinese and English: ``id|when``."""
    said = tomllib.loads((ROOT / "docs/events.toml").read_text(encoding="utf-8"))
    return {name: (chinese, english) for name, (chinese, english) in said.items()}


def told() -> set[str]:
    """The names that the code tells or that a panel waits for."""
    files = [*(ROOT / "core").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]
    texts = {file: file.read_text(encoding="utf-8") for file in files}
    asking = [file for file, text in texts.items() if "events.tell" in text or "refresh_on" in text]
    return {
        name
        for file in asking
        for tree in [ast.parse(texts[file])]
        for node in _names(tree)
        if (name := _value(node, tree, texts))
    }


def _names(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if called.endswith("events.tell") and node.args:
            yield node.args[0]
        for word in node.keywords:
            if word.arg == "refresh_on" and isinstance(word.value, ast.Tuple):
                yield from word.value.elts


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            yield ast.unparse(node.targets[0]), str(node.value.value)


def _value(node: ast.expr, tree: ast.Module, texts: Mapping[Path, str]) -> str:
    """A literal, or a constant of this module or of the one that it is imported from."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    name, here = ast.unparse(node), dict(_constants(tree))
    if name in here:
        return here[name]
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module:
            for alias in statement.names:
                if (alias.asname or alias.name) == name:
                    end = "/" + "/".join(statement.module.split(".")) + ".py"
                    found = [text for one, text in texts.items() if one.as_posix().endswith(end)]
                    return dict(_constants(ast.parse("".join(found[:1])))).get(alias.name, "")
    return ""
