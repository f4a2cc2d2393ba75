"""What an administrator reads: version, description, settings."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata, packages_distributions
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import attrs
from packaging.version import InvalidVersion, Version

from careline.config import Reader, Secret
from careline.errors import CarelineError
from careline.testing.contract.subject import Subject

#: What people write where something else is meant.
WRONG: tuple[Any, ...] = (-1, "", "?", [], [{}], {}, {"x": {}}, True)
SECRETS = ("password", "secret", "token", "api_key", "private_key", "passphrase")


def papers(subject: Subject) -> Iterator[CarelineError]:
    """A version, a title, and a README that says what it is for."""
    try:
        Version(subject.plugin.version)
    except InvalidVersion:
        yield subject.found(
            "papers.version",
            "plugin {plugin}: “{version}” is no version; write it like 1.0 or 1.2.3",
            version=subject.plugin.version,
        )
    if not _has_readme(subject):
        yield subject.found(
            "papers.readme",
            "plugin {plugin} has no README; write README.md and name it in pyproject.toml "
            '(readme = "README.md")',
        )


def _has_readme(subject: Subject) -> bool:
    places = [subject.root.parent, *([subject.folder] if subject.folder else [])]
    if any(list(place.glob("README*")) for place in places):
        return True
    top = subject.module.partition(".")[0]
    for name in packages_distributions().get(top, ()):
        try:
            about: Any = metadata(name)
        except PackageNotFoundError:
            continue
        if about.get("Description") or about.get_payload():
            return True
    return False


def settings(subject: Subject) -> Iterator[CarelineError]:
    """Every key of its table is explained, and secrets are secret."""
    config = subject.plugin.config
    if not attrs.has(config):
        yield subject.found(
            "settings.kind", "plugin {plugin}: its configuration must be a frozen attrs class"
        )
        return
    attrs.resolve_types(config)
    explained = set(_explained(config))
    for one in attrs.fields(config):
        if one.init and one.name not in explained:
            yield subject.found(
                "settings.unexplained",
                "{where}: what it is for is said nowhere; name it as ``{key}`` in the docstring of "
                "{cls}, or write one below it",
                where=f"plugin.{subject.name}.{one.name}",
                key=one.name,
                cls=config.__name__,
            )
        secret = Secret in (one.type, *get_args(one.type))
        if one.name.endswith(SECRETS) and not secret:
            yield subject.found(
                "settings.secret",
                "{where} holds a secret in plain text, which logs and pages may show; make it a "
                "careline.config.Secret",
                where=f"plugin.{subject.name}.{one.name}",
            )
    yield from _wrong_values(subject)


def _wrong_values(subject: Subject) -> Iterator[CarelineError]:
    """Whatever an administrator writes, the answer is an error with its place, and no traceback."""
    for one in attrs.fields(subject.plugin.config):
        for value in WRONG if one.init else ():
            reader = Reader(Path(), {})
            try:
                reader.read({one.name: value}, subject.plugin.config, ("plugin", subject.name))
            except Exception as error:  # noqa: BLE001  the plugin's own checks, which may do anything
                yield subject.found(
                    "settings.crash",
                    "{where} = {value}: its check fails with {reason}; raise Invalid, or "
                    "ValueError with what would be right",
                    where=f"plugin.{subject.name}.{one.name}",
                    value=repr(value),
                    reason=f"{type(error).__name__}: {error}"[:200],
                )


def _explained(config: type[Any]) -> Iterator[str]:
    """Keys that the class's docstring names, that have one of their own, or that are tables."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(config)))
    about, body = config.__doc__ or "", tree.body[0].body  # type: ignore[attr-defined]  # a class
    for one in attrs.fields(config):
        if f"``{one.name}``" in about or f"``{one.name}_file``" in about:
            yield one.name
        parts = [part for part in (one.type, *get_args(one.type)) if part not in (None, Secret)]
        if any(attrs.has(part) for part in parts):
            yield one.name
    for one, below in pairwise(body):
        if isinstance(one, ast.AnnAssign) and _is_text(below):
            yield ast.unparse(one.target)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
