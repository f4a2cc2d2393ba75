"""The hook reference, made from the docstrings of the specs."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from types import ModuleType

from careline.hooks.kinds import Kind, Spec, specs_in
from careline.plugins import read_catalog
from careline_docs.house import ROOT

INTRODUCTION = {
    "en": {
        Kind.PROVIDES: "Asked once, when the plugin is loaded. Plain functions that return a list.",
        Kind.EVENT: "Told in order, one at a time; the caller never waits. Return nothing.",
        Kind.DURABLE: "Told at least once, by jobs: an implementation must be idempotent.",
        Kind.ASKS: "The first answer that is not None, in the order of `plugins` in careline.toml.",
        Kind.GATHERS: "Asked side by side; the page says whose answer is missing.",
    },
    "zh": {
        Kind.PROVIDES: "插件载入时询问一次；是返回列表的普通函数。",
        Kind.EVENT: "按顺序逐个告知，发出者从不等待；不返回任何值。",
        Kind.DURABLE: "经任务表至少告知一次：实现必须幂等（重复告知结果相同）。",
        Kind.ASKS: "按 careline.toml 中 `plugins` 的顺序，采用第一个不是 None 的回答。",
        Kind.GATHERS: "同时询问所有插件；缺少谁的回答，页面会说明。",
    },
}
WORDS = {
    "en": {
        "title": "Hooks of {title}",
        "about": (
            "A plugin implements a hook by a method of its name under `@hook`, sync or async, with"
            " any of its arguments; they are passed by keyword."
        ),
        "When": "When",
        "Return": "Return",
        "On failure": "On failure",
        "limit": "- **Time-out:** {seconds:g} s for each plugin",
    },
    "zh": {
        "title": "{title} 的钩子",
        "about": (
            "插件用 `@hook` 标记的同名方法实现钩子，同步或异步均可；"
            "参数按名称传入，可只取其中一部分。"
        ),
        "When": "何时",
        "Return": "返回",
        "On failure": "出错时",
        "limit": "- **时限：** 每个插件 {seconds:g} 秒",
    },
}


def hook_pages(language: str) -> dict[str, str]:
    """A page for the core's hooks, and one for each plugin that offers some."""
    core = import_module("careline.hooks.specs")
    pages = {"reference/hooks": _page(core, "core", "careline", language)}
    for name, plugin in sorted(read_catalog().plugins.items()):
        if plugin.specs is not None:
            pages[f"reference/hooks-{name}"] = _page(plugin.specs, name, name, language)
    return pages


def _page(specs: ModuleType, owner: str, title: str, language: str) -> str:
    words = WORDS[language]
    heading = words["title"].format(title=title)
    return f"# {heading}\n\n{words['about']}\n{reference(specs_in(specs, owner), language)}"


def reference(specs: Iterable[Spec], language: str) -> str:
    """All ``specs`` by kind, each with its arguments, time-out and docstring."""
    listed = list(specs)
    lines: list[str] = []
    for kind in [kind for kind in Kind if any(one.kind is kind for one in listed)]:
        lines += ["", f"## {kind.value.capitalize()}", "", INTRODUCTION[language][kind]]
        for spec in listed:
            if spec.kind is kind:
                lines += _entry(spec, language)
    return "\n".join(lines) + "\n"


def sentences(spec: Spec) -> list[str]:
    """What its docstring says: its first line, and its three parts."""
    return [spec.doc.splitlines()[0], *(text for _, text in _parts(spec))]


@cache
def chinese() -> Mapping[str, str]:
    """The sentences of docstrings in Chinese."""
    return tomllib.loads((ROOT / "docs/hooks.toml").read_text(encoding="utf-8"))


def _entry(spec: Spec, language: str) -> Iterator[str]:
    words, said = WORDS[language], chinese() if language == "zh" else {}
    about = spec.doc.splitlines()[0]
    yield ""
    yield f"### {spec.name}"
    yield ""
    yield f"`{spec.name}{_signature(spec)}`"
    yield ""
    yield said.get(about, about)
    yield ""
    colon = "：" if language == "zh" else ":"
    yield from (f"- **{words[part]}{colon}** {said.get(text, text)}" for part, text in _parts(spec))
    if spec.timeout:
        yield words["limit"].format(seconds=spec.timeout)


def _parts(spec: Spec) -> Iterator[tuple[str, str]]:
    """The three parts of the docstring, each as one line."""
    text = " ".join(spec.doc.split())
    for part, following in (("When", "Return:"), ("Return", "On failure:"), ("On failure", "")):
        _, _, text = text.partition(f"{part}:")
        body = text.partition(following)[0] if following else text
        yield part, body.strip()


def _signature(spec: Spec) -> str:
    return str(inspect.signature(spec.function)).replace("'", "")
