"""The hook reference as Markdown, made from the specs, so that docs and code are one."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module

from careline.hooks.kinds import Kind, Spec, specs_in

INTRODUCTION = {
    Kind.PROVIDES: "Asked once, when the plugin is loaded. Plain functions that return a list.",
    Kind.EVENT: "Told in order, one at a time; the caller never waits. Return nothing.",
    Kind.DURABLE: "Told at least once, over the job table: an implementation must be idempotent.",
    Kind.ASKS: "The first answer that is not None, in the order of `plugins` in careline.toml.",
    Kind.GATHERS: "Asked side by side; the page says whose answer is missing.",
}


def reference(specs: Iterable[Spec], plugin: str = "") -> str:
    """All ``specs`` by kind, each with its arguments, time-out and docstring.

    ``plugin`` offers them; the core does where it is empty.
    """
    listed = list(specs)
    command = f"python -m careline.hooks.reference {plugin}".strip()
    lines = [
        f"# Hooks of {plugin}" if plugin else "# Hooks",
        "",
        f"Made from the docstrings of the specs by `{command}`.",
        "A plugin implements a hook by a method of its name under `@hook`, sync or async, with any",
        "of its arguments; they are passed by keyword.",
    ]
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


def made_for(plugin: str = "") -> str:
    """The reference of what a bundled plugin offers, or the core."""
    specs = import_module(f"careline_{plugin}.specs" if plugin else "careline.hooks.specs")
    return reference(specs_in(specs, plugin or "core"), plugin)


def main() -> None:
    """Print the reference of the core's hooks, or of the plugin that is named."""
    print(made_for(*sys.argv[1:2]), end="")


if __name__ == "__main__":
    main()
