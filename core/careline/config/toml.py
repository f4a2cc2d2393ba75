"""Open careline.toml and build :class:`Settings` from it."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from careline.config.home import Home
from careline.config.model import BUNDLE_NAME, PLUGIN_NAME, Settings
from careline.config.reader import Reader
from careline.errors import Invalid, NotFound
from careline.i18n import reason


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings in ``path``; its directory is the home.

    Raises NotFound without the file, and Invalid with every error of the file in ``problems``.
    """
    home = Home(path.resolve().parent)
    tables = read_tables(path)
    reader = Reader(home.root, environ)
    _check_names(reader, tables)
    settings = reader.read(tables, Settings, (), given={"home": home, "environ": environ})
    reader.raise_problems(path)
    assert settings is not None  # noqa: S101  only with problems, which were raised
    return settings


def read_tables(path: Path) -> dict[str, Any]:
    """The file as nested dicts, with one clear error when it is not TOML."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise NotFound(
            "config.missing", "There is no {file}; run `careline init` to write one", file=path
        ) from None
    except OSError as error:
        raise Invalid(
            "config.unreadable", "{file} cannot be read: {reason}", file=path, reason=reason(error)
        ) from None
    except UnicodeDecodeError as error:
        raise Invalid(
            "config.encoding",
            "{file} is not UTF-8 (byte {at}); save it as UTF-8",
            file=path,
            at=error.start,
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise Invalid(
            "config.syntax", "{file} is not valid TOML: {reason}", file=path, reason=error
        ) from None


def _check_names(reader: Reader, tables: Mapping[str, Any]) -> None:
    """Names of bundles and plugins are keys, which no field validator sees."""
    for section, pattern in (("bundle", BUNDLE_NAME), ("plugin", PLUGIN_NAME)):
        named = tables.get(section, {})
        for name in named if isinstance(named, dict) else ():
            if not re.fullmatch(pattern, name):
                reader.wrong(
                    (section, name),
                    "config.name",
                    "{where}: a name is small letters, digits and _, a letter first",
                )
