"""TOML tables to attrs classes: strict, and every error found in one pass with its TOML path.

cattrs turns single values into typed ones; the walk over tables is ours, because the path, the
secrets and the neighbours of a misspelt key must be known where the error is found.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, Union, cast, get_args, get_origin

import attrs

from careline.config.scalars import Mismatch, scalar_converter
from careline.config.secret import Secret
from careline.errors import CarelineError, Invalid
from careline.i18n import Text, reason

if TYPE_CHECKING:
    from attrs import Attribute

C = TypeVar("C")
Path_ = tuple[str, ...]
_MISSING = object()


def env_name(where: Path_) -> str:
    """Environment variable of a secret: asterisk.ami_secret is CARELINE_ASTERISK_AMI_SECRET."""
    return "_".join(["CARELINE", *where]).upper().replace("-", "_")


class Reader:
    """One pass over one file: ``read`` as many tables as wanted, then ``raise_problems``."""

    def __init__(self, base: Path, environ: Mapping[str, str]) -> None:
        self.problems: list[Invalid] = []
        self._base = base
        self._environ = environ
        self._converter = scalar_converter(base)

    def raise_problems(self, file: Path) -> None:
        """Raise one Invalid that lists all problems of ``file``, if there are any."""
        if self.problems:
            raise Invalid(
                "config.invalid",
                "{file} is not right ({count}):",
                problems=self.problems,
                file=file,
                count=len(self.problems),
            )

    def wrong(self, where: Path_, code: str, message: str, **params: object) -> None:
        """Note a problem at ``where``; ``message`` has the field {where}."""
        self.problems.append(Invalid(code, message, problems=(), where=".".join(where), **params))

    def read(
        self, table: object, cls: type[C], where: Path_, given: Mapping[str, Any] | None = None
    ) -> C | None:
        """Build ``cls`` from ``table``; None when a problem was noted.

        ``given`` holds fields that come from elsewhere and are unknown to the file.
        """
        if not isinstance(table, Mapping):
            self.wrong(where, "config.table", "{where}: must be a table [{where}], not a value")
            return None
        attrs.resolve_types(cast("Any", cls))
        before = len(self.problems)
        values = dict(given or {})
        fields = [a for a in attrs.fields(cast("Any", cls)) if a.init]
        own = [a for a in fields if a.name not in values]
        self._refuse_unknown(table, own, where)
        for a in own:
            value = self._field(table, a, where)
            if value is not _MISSING:
                values[a.alias] = value
        self._validate(cls, fields, values, where)
        if len(self.problems) > before:
            return None
        return self._build(cls, values, where)

    def _field(self, table: Mapping[str, Any], a: Attribute[Any], where: Path_) -> Any:
        here = (*where, a.name)
        if _without_none(a.type) is Secret:
            return self._secret(table, a, here)
        if a.name in table:
            return self._value(table[a.name], a.type, here)
        if attrs.has(a.type or object):  # so that secrets of an absent table are looked up too
            return self._or_missing(self.read({}, cast("type[Any]", a.type), here))
        if a.default is attrs.NOTHING:
            self.wrong(here, "config.missing_key", "{where}: missing; it has no default")
        return _MISSING

    def _value(self, value: Any, type_: Any, where: Path_) -> Any:
        """Convert one value of any declared type, going down into tables, lists and maps."""
        inner = _without_none(type_)
        if attrs.has(inner):
            return self._or_missing(self.read(value, inner, where))
        origin, args = get_origin(inner), get_args(inner)
        if origin in (tuple, list, Sequence):
            return self._list(value, args[0], where, tuple if origin is not list else list)
        if origin in (dict, Mapping):
            return self._map(value, args[1], where)
        try:
            return self._converter.structure(value, inner)
        except Mismatch as mismatch:
            self.wrong(
                where,
                "config.type",
                "{where}: must be {right}, not {value}",
                right=mismatch.right,
                value=repr(value),
            )
        return _MISSING

    def _list(self, value: Any, item: Any, where: Path_, build: Any) -> Any:
        if not isinstance(value, list):
            self.wrong(
                where,
                "config.list",
                "{where}: must be a list in [ ], not {value}",
                value=repr(value),
            )
            return _MISSING
        last = where[-1]
        found = [
            self._value(one, item, (*where[:-1], f"{last}[{index}]"))
            for index, one in enumerate(value)
        ]
        return _MISSING if _MISSING in found else build(found)

    def _map(self, value: Any, item: Any, where: Path_) -> Any:
        if not isinstance(value, dict):
            self.wrong(where, "config.table", "{where}: must be a table [{where}], not a value")
            return _MISSING
        if item is Any:
            return dict(value)
        found = {key: self._value(one, item, (*where, key)) for key, one in value.items()}
        return _MISSING if _MISSING in found.values() else found

    def _secret(self, table: Mapping[str, Any], a: Attribute[Any], here: Path_) -> Any:
        file_key = f"{a.name}_file"
        if (given := self._environ.get(env_name(here))) is not None:
            return Secret(given)
        if file_key in table:
            return self._secret_file(table[file_key], (*here[:-1], file_key))
        if a.default is attrs.NOTHING and a.name not in table:
            self.wrong(
                here,
                "config.missing_secret",
                "{where}: missing; set {where}_file to the name of a file that holds it, or the "
                "environment variable {env}",
                env=env_name(here),
            )
        return _MISSING

    def _secret_file(self, name: Any, where: Path_) -> Any:
        if not isinstance(name, str):
            self.wrong(
                where,
                "config.type",
                "{where}: must be {right}, not {value}",
                right=Text("a file name in quotes"),
                value=repr(name),
            )
            return _MISSING
        path = self._base / Path(name).expanduser()
        try:
            text = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            self.wrong(
                where,
                "config.secret_file",
                "{where}: cannot read {path} ({reason}); write the secret into it, on one line",
                path=path,
                reason=reason(error) if isinstance(error, OSError) else "not UTF-8",
            )
            return _MISSING
        if not text or "\n" in text:
            self.wrong(
                where,
                "config.secret_line",
                "{where}: {path} must hold the secret on one line",
                path=path,
            )
            return _MISSING
        return Secret(text)

    def _refuse_unknown(
        self, table: Mapping[str, Any], fields: Iterable[Attribute[Any]], where: Path_
    ) -> None:
        allowed = {f"{a.name}_file" if _without_none(a.type) is Secret else a.name for a in fields}
        for key in table:
            here = (*where, key)
            if f"{key}_file" in allowed and key not in allowed:
                self.wrong(
                    here,
                    "config.secret_inline",
                    "{where}: a secret does not belong in this file; put it into a file and name "
                    "that in {where}_file, or set the environment variable {env}",
                    env=env_name(here),
                )
            elif key not in allowed:
                self._unknown(here, key, allowed)

    def _unknown(self, here: Path_, key: str, allowed: Iterable[str]) -> None:
        near = get_close_matches(key, allowed, n=1, cutoff=0.6)
        if near:
            self.wrong(
                here, "config.unknown_key", "{where}: unknown; did you mean {near}?", near=near[0]
            )
        else:
            self.wrong(
                here,
                "config.unknown_key",
                "{where}: unknown; known here: {allowed}",
                allowed=", ".join(sorted(allowed)) or "-",
            )

    def _validate(
        self,
        cls: type[Any],
        fields: Iterable[Attribute[Any]],
        values: Mapping[str, Any],
        where: Path_,
    ) -> None:
        """Run each field's validator on its own, so that one failure does not hide the next."""
        trial = _trial(cls, fields, values)
        for a in fields:
            if a.validator is None or not hasattr(trial, a.name):
                continue
            try:
                a.validator(trial, a, getattr(trial, a.name))
            except AttributeError:
                if not self.problems:  # else: a neighbour it looks at was itself wrong
                    raise
            except (CarelineError, ValueError, TypeError) as error:
                self._note(error, a.name, where)

    def _note(self, error: Exception, name: str, where: Path_) -> None:
        if isinstance(error, CarelineError):
            params = dict(error.params)
            spot = str(params.pop("where", name))
            self.wrong((*where, *spot.split(".")), error.code, error.message, **params)
        else:
            what = error.args[0] if error.args else type(error).__name__
            self.wrong(
                (*where, name) if name else where, "config.value", "{where}: {what}", what=what
            )

    def _build(self, cls: type[C], values: Mapping[str, Any], where: Path_) -> C | None:
        try:
            return cls(**values)
        except (CarelineError, ValueError, TypeError) as error:
            self._note(error, "", where)
            return None

    @staticmethod
    def _or_missing(value: Any) -> Any:
        return _MISSING if value is None else value


def _without_none(type_: Any) -> Any:
    """``X`` of ``X | None``; anything else as it is."""
    if get_origin(type_) in (Union, types.UnionType):
        rest = [arg for arg in get_args(type_) if arg is not type(None)]
        return rest[0] if len(rest) == 1 else type_
    return type_


def _trial(cls: type[Any], fields: Iterable[Attribute[Any]], values: Mapping[str, Any]) -> Any:
    """An instance with the values found so far and plain defaults, not yet validated."""
    trial = object.__new__(cls)
    for a in fields:
        value = values.get(a.alias or a.name, a.default)
        if value is not attrs.NOTHING and not isinstance(value, cast("type", attrs.Factory)):
            object.__setattr__(trial, a.name, value)
    return trial
