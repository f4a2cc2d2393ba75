"""The files of a plugin: fetched by pip's ordinary client, or copied from where they are now."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import (
    Distribution,
    EntryPoint,
    PackageNotFoundError,
    distributions,
    entry_points,
)
from importlib.metadata import version as installed_version
from importlib.util import find_spec
from pathlib import Path

from attrs import frozen
from packaging.requirements import Requirement
from packaging.version import Version

from careline.errors import CarelineError, Invalid, NotFound, Unavailable
from careline.plugins.catalog import GROUP

#: Seconds that pip may take, with a slow line to its index.
PIP_S = 600
#: Setuptools from this version on builds wheels without a package beside it.
BUILDS_WHEELS = Version("70.1")
#: What is not needed to build a package, and may be large.
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "build", "*.egg-info", "node_modules")


@frozen
class Fetched:
    """A package as it lies in ``folder``; ``missing`` are requirements that are not installed."""

    folder: Path
    version: str
    missing: tuple[str, ...]


def fetch(name: str, what: str, folder: Path) -> Fetched:
    """Put the package that offers plugin ``name`` into ``folder``.

    ``what`` is a wheel, a folder with a pyproject.toml, or a requirement as pip understands it.
    Raises Unavailable with pip's own words, and Invalid when it offers no such plugin.
    """
    with tempfile.TemporaryDirectory(prefix="careline-") as scratch:
        source, options = what, []
        if Path(what).is_dir():  # copied: building leaves files in it
            source = str(shutil.copytree(what, Path(scratch) / "source", ignore=NOT_COPIED))
            options = ["--no-build-isolation"] if _can_build() else []
        _pip("install", "--no-deps", *options, "--target", str(folder), "--", source)
    return _described(name, what, folder)


def _pip(verb: str, *words: str) -> None:
    command = [sys.executable, "-P", "-m", "pip", verb, "--quiet", "--no-input"]
    command += ["--disable-pip-version-check", *words]
    try:
        done = subprocess.run(  # noqa: S603  our own interpreter's pip
            command, capture_output=True, text=True, timeout=PIP_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable("upgrade.pip", "pip could not fetch it: {said}", said=error) from error
    if done.returncode:
        said = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise Unavailable("upgrade.pip", "pip could not fetch it: {said}", said=said)


def _can_build() -> bool:
    """Whether this environment builds packages by itself, so that no index need be asked."""
    try:
        return Version(installed_version("setuptools")) >= BUILDS_WHEELS
    except PackageNotFoundError:
        return False


def _described(name: str, what: str, folder: Path) -> Fetched:
    offered: list[str] = []
    for one in distributions(path=[str(folder)]):
        points = [point.name for point in one.entry_points if point.group == GROUP]
        offered += points
        if name in points:
            return Fetched(folder, one.version, tuple(_missing(one)))
    raise Invalid(
        "upgrade.other",
        "{what} offers no plugin {plugin}; it offers: {offered}",
        what=what,
        plugin=name,
        offered=offered or "-",
    )


def _missing(package: Distribution) -> Iterator[str]:
    for text in package.requires or []:
        wanted = Requirement(text)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            there = installed_version(wanted.name)
        except PackageNotFoundError:
            yield str(wanted)
            continue
        if not wanted.specifier.contains(there, prereleases=True):
            yield f"{wanted} ({there})"


def refuse_missing(fetched: Fetched) -> None:
    """Raise Invalid when it needs packages that this environment has not."""
    if fetched.missing:
        raise Invalid(
            "upgrade.missing",
            "it needs packages that are not installed here: {names}; pip install them first",
            names=list(fetched.missing),
        )


def keep_present(name: str, folder: Path) -> Path:
    """Copy the package that offers ``name`` now, with what pip would say of it, into ``folder``.

    Gives where the package was copied from.
    """
    point = _point(name)
    top = point.module.partition(".")[0]
    spec = find_spec(top)
    where = list(spec.submodule_search_locations or ()) if spec is not None else []
    if not where:
        raise _not_installed(name)
    shutil.copytree(where[0], folder / top, ignore=shutil.ignore_patterns("__pycache__"))
    info = folder / f"careline_kept_{name}-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: careline-kept-{name.replace('_', '-')}\nVersion: 0\n"
    )
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {point.value}\n")
    return Path(where[0])


def _point(name: str) -> EntryPoint:
    for point in entry_points(group=GROUP, name=name):
        return point
    raise _not_installed(name)


def same_package(name: str, one: Path, other: Path) -> bool:
    """Whether two folders hold the same files of the package that offers ``name``."""
    top = _point(name).module.partition(".")[0]
    return _files(one / top) == _files(other / top)


def _files(package: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(package)): file.read_bytes()
        for file in package.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def _not_installed(name: str) -> CarelineError:
    return NotFound("plugin.not_installed", "plugin {plugin} is not installed", plugin=name)
