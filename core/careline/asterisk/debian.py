"""Debian packages unpacked into a folder, without root: all or nothing, and only once."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from careline.asterisk.apt import Apt, Progress, Step, Suite
from careline.asterisk.closure import Package, closure
from careline.errors import Conflict, Unavailable
from careline.i18n import Text, reason

MARK = ".careline-packages.json"
#: Never read at run time.
_DROP = ("doc", "man", "info", "lintian", "locale", "bug", "menu", "applications", "pixmaps")
#: Free space to leave, bytes.
_SPARE = 100_000_000
#: How long another one that does the same is waited for, in seconds.
_PATIENCE_S = 900


@frozen
class PackageSet:
    """What to unpack: package names, and the names that are not followed (nor what they need)."""

    names: tuple[str, ...]
    skip: frozenset[str] = frozenset()


def unpacked_packages(root: Path) -> dict[str, str]:
    """Name -> version of what :func:`unpack` put into ``root``; empty when it did not."""
    try:
        packages = json.loads((root / MARK).read_text(encoding="utf-8"))["packages"]
    except (FileNotFoundError, NotADirectoryError):
        return {}
    return {str(name): str(version) for name, version in packages.items()}


def has(root: Path, wanted: PackageSet) -> bool:
    """True when ``root`` holds all of ``wanted`` whole: the mark is written last."""
    return set(wanted.names) <= set(unpacked_packages(root))


def unpack(
    root: Path,
    wanted: PackageSet,
    suite: Callable[[], Suite],
    progress: Progress,
    check: Callable[[Path], None] = lambda _: None,
) -> Path:
    """Unpack ``wanted`` and its dependencies at ``root``; nothing is done when they are there.

    ``root`` appears in one step after ``check`` passed, or not at all; what was downloaded is
    kept beside it for the next try. ``suite`` is asked only when there is work.
    Raises Unavailable, NotFound or Conflict with what to do.
    """
    if has(root, wanted):
        return root
    work = root.with_name(f".{root.name}-packages")
    fresh = root.with_name(f".{root.name}-new")
    try:
        with _alone(work, progress):
            if not has(root, wanted):
                _build(fresh, Apt(work, suite()), wanted, progress)
                check(fresh)
                _swap(fresh, root)
            shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise Unavailable(
            "debian.write",
            "{root} cannot be written: {reason}",
            root=str(root),
            reason=reason(error),
        ) from error
    return root


def _build(fresh: Path, apt: Apt, wanted: PackageSet, progress: Progress) -> None:
    apt.prepare()
    try:
        packages, debs = _fetch(apt, wanted, progress)
    except Unavailable as error:
        if error.code not in ("debian.suite", "debian.changed"):
            raise
        # The suite moved on between its index and its packages: once more from the start.
        packages, debs = _fetch(apt, wanted, progress)
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o755)
    for number, deb in enumerate(debs):
        progress(Step(Text("Unpacking packages"), number, len(debs), "packages"))
        _extract(deb, fresh)
    for name in _DROP:
        shutil.rmtree(fresh / "usr/share" / name, ignore_errors=True)
    for name in ("var", "etc/asterisk", "etc/init.d"):
        shutil.rmtree(fresh / name, ignore_errors=True)
    versions = {package.name: package.version for package in packages}
    (fresh / MARK).write_text(json.dumps({"suite": apt.suite.name, "packages": versions}))
    progress(Step(Text("Unpacking packages"), len(debs), len(debs), "packages"))


def _fetch(
    apt: Apt, wanted: PackageSet, progress: Progress
) -> tuple[Sequence[Package], Sequence[Path]]:
    progress(Step(Text("Reading the package index")))
    apt.update()
    packages = closure(apt.index(), wanted.names, wanted.skip)
    _room(apt.work, packages)
    return packages, apt.download(packages, progress)


def _room(work: Path, packages: Collection[Package]) -> None:
    """Refuse before the disk is full, not when it is: other programs write there too."""
    need = sum(package.download + package.unpacked for package in packages) + _SPARE
    free = shutil.disk_usage(work).free
    if free < need:
        raise Unavailable(
            "debian.disk_full",
            "{folder} has {free} MB of free space and {need} MB are needed: make room",
            folder=str(work.parent),
            free=free // 1_000_000,
            need=need // 1_000_000,
        )


def _extract(deb: Path, root: Path) -> None:
    done = subprocess.run(  # noqa: S603 - fixed program, no shell
        ["dpkg-deb", "-x", str(deb), str(root)],  # noqa: S607 - dpkg is where the system has it
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if done.returncode:
        deb.unlink(missing_ok=True)
        raise Unavailable(
            "debian.unpack",
            "{name} could not be unpacked: {reason}",
            name=deb.name,
            reason=done.stderr.strip(),
        )


def _swap(fresh: Path, root: Path) -> None:
    """Put ``fresh`` in ``root``'s place; what runs from the old one keeps its open files."""
    old = root.with_name(f".{root.name}-old")
    shutil.rmtree(old, ignore_errors=True)
    if root.exists():
        root.rename(old)
    fresh.rename(root)
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _alone(work: Path, progress: Progress) -> Iterator[None]:
    """One at a time per folder: wait for the other. Raises Conflict("debian.busy") in the end."""
    work.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(work.with_name(work.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        for _ in range(_PATIENCE_S):
            if _lock(descriptor):
                break
            progress(Step(Text("Waiting for another careline that unpacks the same")))
            time.sleep(1)
        else:
            raise Conflict(
                "debian.busy",
                "Another careline has been unpacking into {folder} for very long: end it first",
                folder=str(work),
            )
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
