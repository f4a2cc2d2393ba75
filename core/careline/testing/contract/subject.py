"""The plugin that is looked at: its value, its package, and its source as trees."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from attrs import field, frozen

from careline.errors import Invalid
from careline.plugins import Catalog, Plugin


@frozen
class Source:
    """One file of Python; ``path`` is relative to the package's parent, for people.

    ``nodes`` are all that its tree holds, and ``package`` is what relative imports begin from.
    """

    path: str
    nodes: tuple[ast.AST, ...]
    package: str


@frozen(kw_only=True, slots=False)
class Subject:
    """A plugin among those that are installed; ``config`` are the tables of careline.toml."""

    plugin: Plugin
    catalog: Catalog
    config: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    postgresql: str = ""

    @property
    def name(self) -> str:
        """The plugin's name."""
        return self.plugin.name

    @cached_property
    def module(self) -> str:
        """Its package, or its module when it is one file."""
        name = self.plugin.hooks.__module__
        top = name.partition(".")[0]
        if top.startswith("careline_"):
            return top
        return name.removesuffix(".plugin")

    @cached_property
    def root(self) -> Path:
        """The folder of its package, or its one file."""
        loaded = sys.modules.get(self.module)
        file = getattr(loaded, "__file__", None)
        if file is None:
            spec = find_spec(self.module)
            file = spec.origin if spec and spec.origin else "."
        path = Path(file)
        return path.parent if path.name == "__init__.py" else path

    @property
    def folder(self) -> Path | None:
        """The folder of its package; None when it is one file."""
        return self.root if self.root.is_dir() else None

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """All its Python; revisions are none of it."""
        return tuple(self._read())

    def _read(self) -> Iterator[Source]:
        top = self.root.parent
        files = sorted(self.root.rglob("*.py")) if self.folder else [self.root]
        kept = self.plugin.migrations
        for file in files:
            if kept is not None and file.is_relative_to(kept):
                continue
            inside = file.parent.relative_to(top).parts
            above = self.module.rpartition(".")[0]
            package = ".".join([*([above] if above else []), *inside])
            tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
            yield Source(str(file.relative_to(top)), tuple(ast.walk(tree)), package)

    @property
    def templates(self) -> list[Path]:
        """Its templates."""
        return sorted((self.folder / "templates").rglob("*.html")) if self.folder else []

    def found(self, code: str, message: str, **params: object) -> Invalid:
        """A finding; ``message`` has the field {plugin}."""
        return Invalid(f"check.{code}", message, problems=(), plugin=self.name, **params)
