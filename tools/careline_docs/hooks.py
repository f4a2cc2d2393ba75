"""The hook reference, made from the docstrings of the specs."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from importlib import import_module
from types import ModuleType

from careline.hooks.kinds import Kind, Spec, specs_in
from careline.plugins import read_catalog

INTRODUCTION = {
    Kind.PROVIDES: "Asked once, when the plugin is loaded. Plain functions that return a list.",
    Kind.EVENT: "Told in order, one at a time; the caller never waits. Return nothing.",
    Kind.DURABLE: "Told at least once, over the job table: an implementation must be idempotent.",
    Kind.ASKS: "The first answer that is not None, in the order of `plugins` in careline.toml.",
    Kind.GATHERS: "Asked side by side; the page says whose answer is missing.",
}
ABOUT = """\
A plugin implements a hook by a method of its name under `@hook`, sync or async, with any of its
arguments; they are passed by keyword."""
#: Written for who writes plugins, in English as the code is.
NOTE = {"zh": "钩子的说明取自代码，为英文。\n\n", "en": ""}


def hook_pages(language: str) -> dict[str, str]:
    """A page for the core's hooks, and one for each plugin that offers some."""
    core = import_module("careline.hooks.specs")
    pages = {"reference/hooks": _page(core, "core", "careline", language)}
    for name, plugin in sorted(read_catalog().plugins.items()):
        if plugin.specs is not None:
            pages[f"reference/hooks-{name}"] = _page(plugin.specs, name, name, language)
    return pages


def _page(specs: ModuleType, owner: str, title: str, language: str) -> str:
    heading = f"# Hooks of {title}" if language == "en" else f"# {title} 的钩子"
    return f"{heading}\n\n{NOTE[language]}{ABOUT}\n{reference(specs_in(specs, owner))}"


def reference(specs: Iterable[Spec]) -> str:
    """All ``specs`` by kind, each with its arguments, time-out and docstring."""
    listed = list(specs)
    lines: list[str] = []
    for kind in [kind for kind in Kind if any(one.kind is kind for one in listed)]:
        lines += ["", f"## {kind.value.capitalize()}", "", INTRODUCTION[kind]]
        for spec in listed:
            if spec.kind is kind:
                lines += _entry(spec)
    return "\n".join(lines) + "\n"


def _entry(spec: Spec) -> Iterator[str]:
    yield ""
    yield f"### {spec.name}"
    yield ""
    yield f"`{spec.name}{_signature(spec)}`"
    yield ""
    yield spec.doc.splitlines()[0]
    yield ""
    yield from (f"- **{part}:** {text}" for part, text in _parts(spec))
    if spec.timeout:
        yield f"- **Time-out:** {spec.timeout:g} s for each plugin"


def _parts(spec: Spec) -> Iterator[tuple[str, str]]:
    """The three parts of the docstring, each as one line."""
    text = " ".join(spec.doc.split())
    for part, following in (("When", "Return:"), ("Return", "On failure:"), ("On failure", "")):
        _, _, text = text.partition(f"{part}:")
        body = text.partition(following)[0] if following else text
        yield part, body.strip()


def _signature(spec: Spec) -> str:
    return str(inspect.signature(spec.function)).replace("'", "")
