"""Whether an answer is what the spec's return annotation says.

The annotation may name classes that hooks/ must not import (they live above it), imported under
TYPE_CHECKING. They are looked up among the modules already loaded: of a class that is not loaded
there can be no instance.
"""

from __future__ import annotations

import ast
import inspect
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints


class _NotLoaded:
    """Stands for a class of which there is no instance yet."""


def fits(function: Callable[..., Any], answer: object) -> bool:
    """Tell whether ``answer`` is of the return type that the spec ``function`` declares."""
    return _is(answer, _expected(function))


def expected_text(function: Callable[..., Any]) -> str:
    """The return annotation as written."""
    return str(function.__annotations__.get("return", "None"))


_resolved: dict[Callable[..., Any], Any] = {}


def _expected(function: Callable[..., Any]) -> Any:
    if function in _resolved:
        return _resolved[function]
    text = expected_text(function)
    imports = _imports(function.__module__)
    names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    late = {name: _look_up(*imports[name]) for name in names if name in imports}
    holder = types.SimpleNamespace(__annotations__={"return": text})
    hint = get_type_hints(holder, vars(sys.modules[function.__module__]), late)["return"]
    if _NotLoaded not in late.values():
        _resolved[function] = hint
    return hint


@cache
def _imports(module: str) -> dict[str, tuple[str, str]]:
    """Name -> (module, name there) of every ``from x import y``, also under TYPE_CHECKING."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def _look_up(module: str, name: str) -> Any:
    return getattr(sys.modules.get(module), name, _NotLoaded)


def _is(value: object, hint: Any) -> bool:
    origin, args = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if origin in (Union, types.UnionType):
        return any(_is(value, arg) for arg in args)
    if origin in (Sequence, list, tuple):
        return isinstance(value, list | tuple) and all(_is(item, args[0]) for item in value)
    if origin is Mapping:
        return isinstance(value, dict) and all(
            _is(key, args[0]) and _is(item, args[1]) for key, item in value.items()
        )
    return value is None if hint in (None, type(None)) else isinstance(value, origin or hint)
