"""Single values: strict, unlike cattrs' defaults, which would take "5" or true for a number."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from cattrs import Converter

from careline.i18n import Text


class Mismatch(Exception):
    """A value of the wrong type; ``right`` says what would do."""

    def __init__(self, right: Text) -> None:
        super().__init__(right)
        self.right = right


def scalar_converter(base: Path) -> Converter:
    """A cattrs converter for TOML values; relative paths start at ``base``."""
    converter = Converter(detailed_validation=False)
    converter.register_structure_hook(bool, _exactly(bool, Text("true or false")))
    converter.register_structure_hook(str, _exactly(str, Text("text in quotes")))
    converter.register_structure_hook(int, _integer)
    converter.register_structure_hook(float, _number)
    converter.register_structure_hook(
        datetime.date, _exactly(datetime.date, Text("a date such as 2026-10-01"))
    )
    converter.register_structure_hook(
        datetime.time, _exactly(datetime.time, Text("a time such as 08:00:00"))
    )
    converter.register_structure_hook(Path, lambda value, _: _path(value, base))
    converter.register_structure_hook_func(_is_enum, _enum)
    converter.register_structure_hook_func(_is_literal, _literal)
    return converter


def _exactly(type_: type, right: Text) -> Callable[[Any, Any], Any]:
    def hook(value: Any, _: Any) -> Any:
        if type(value) is not type_:
            raise Mismatch(right)
        return value

    return hook


def _integer(value: Any, _: Any) -> int:
    if type(value) is not int:
        raise Mismatch(Text("a whole number without quotes"))
    return value


def _number(value: Any, _: Any) -> float:
    if type(value) not in (int, float):
        raise Mismatch(Text("a number without quotes"))
    return float(value)


def _path(value: Any, base: Path) -> Path:
    if not isinstance(value, str) or not value or "\0" in value:
        raise Mismatch(Text("a file name in quotes"))
    return base / Path(value).expanduser()


def _is_enum(type_: Any) -> bool:
    return isinstance(type_, type) and issubclass(type_, enum.Enum)


def _enum(value: Any, type_: Any) -> Any:
    try:
        return type_(value)
    except ValueError:
        raise Mismatch(_one_of([member.value for member in type_])) from None


def _one_of(values: Iterable[object]) -> Text:
    return Text("one of {values}", {"values": list(values)})


def _is_literal(type_: Any) -> bool:
    return bool(get_origin(type_) == Literal)


def _literal(value: Any, type_: Any) -> Any:
    if value not in get_args(type_):
        raise Mismatch(_one_of(get_args(type_)))
    return value
