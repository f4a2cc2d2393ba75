"""Which commands the enabled plugins bring, as told before: loading them all takes seconds.

The home keeps their names and help texts with a fingerprint of all that they can depend on:
careline itself, careline.toml, the environment, and every enabled plugin's version and files.
With another fingerprint the plugins are loaded and asked anew. The commands themselves are never
taken from there.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from careline import __version__
from careline.errors import Unavailable

if TYPE_CHECKING:
    from careline_cli.site import Site

FILE = ".commands.json"
GROUP = "careline.plugins"
#: Of our variables those that change no command.
IDLE = ("CARELINE_HOME", "CARELINE_LANG")


def about_commands(site: Site) -> Mapping[str, str]:
    """Name and help, a msgid, of each command of enabled plugins.

    CarelineError with what is wrong with careline.toml or with a plugin; that is kept nowhere.
    """
    if site.home.plugins.is_dir():
        site.use_kept()  # their texts are looked up too
    file, print_ = site.home.root / FILE, fingerprint(site.home.root)
    with suppress(OSError, ValueError, AttributeError):
        kept = json.loads(file.read_bytes())
        if kept.get("fingerprint") == print_:
            return {str(name): str(about) for name, about in kept["commands"].items()}
    found = _asked(site)
    if site.settings.plugins:
        from careline.config.atomic import write_atomic

        with suppress(Unavailable):  # the home may be another user's
            write_atomic(file, json.dumps({"fingerprint": print_, "commands": found}))
    return found


def _asked(site: Site) -> dict[str, str]:
    """Load the plugins; without any nothing is loaded."""
    if not site.settings.plugins:
        return {}
    from careline_cli.offline import plugin_commands

    found = plugin_commands(site.settings, site.clock)
    return {name: one.command.help or "" for name, one in found.items()}


def fingerprint(home: Path) -> str:
    """Another one whenever a plugin may bring other commands."""
    told = hashlib.sha256(__version__.encode())
    for part in (*_written(home), *_environment(), *_installed()):
        told.update(b"\0" + part)
    return told.hexdigest()


def _written(home: Path) -> Iterator[bytes]:
    """careline.toml, and which kept version of each plugin is in use."""
    for file in (home / "careline.toml", *sorted(home.glob("plugins/*/in_use"))):
        with suppress(OSError):
            yield str(file).encode() + file.read_bytes()


def _environment() -> Iterator[bytes]:
    for name, value in sorted(os.environ.items()):
        if name.startswith("CARELINE_") and name not in IDLE:
            yield f"{name}={value}".encode()


def _installed() -> Iterator[bytes]:
    """Installed plugins, and when a file of theirs was changed last."""
    for point in sorted(entry_points(group=GROUP)):
        version = point.dist.version if point.dist else ""
        yield f"{point.name} {point.value} {version} {_changed(point.module)}".encode()


def _changed(module: str) -> int:
    """When the newest file of a package or module was changed, in ns; 0 when it is not there."""
    spec = find_spec(module.partition(".")[0])
    if spec is None:
        return 0
    folders = [Path(one) for one in spec.submodule_search_locations or ()]
    files = [one for folder in folders for one in folder.rglob("*.py")]
    return max((one.stat().st_mtime_ns for one in files or [Path(spec.origin or "")]), default=0)
