"""What a backup file holds: its manifest, and reading it member by member with checksums."""

from __future__ import annotations

import hashlib
import json
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from attrs import asdict, frozen

from careline.errors import CarelineError, Invalid, NotFound

FORMAT = 1
NAME = "manifest.json"
HOME = "home/"
DATABASE = "database/"
BLOCK = 1 << 20


@frozen
class Member:
    """One file of a backup: ``size`` in bytes, ``sha256`` in hex."""

    size: int
    sha256: str


@frozen
class Manifest:
    """``made`` is ISO 8601 in UTC, ``database`` is "sqlite" or "postgresql"; files by name."""

    version: str
    made: str
    database: str
    files: Mapping[str, Member]
    format: int = FORMAT

    def encode(self) -> bytes:
        """As JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode()


def parse_manifest(data: bytes) -> Manifest:
    """Read a manifest; Invalid when it is none, or of a later format."""
    try:
        raw = json.loads(data)
        files = {name: Member(**member) for name, member in raw.pop("files").items()}
        manifest = Manifest(files=files, **raw)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise damaged("its manifest cannot be read") from error
    if manifest.format != FORMAT:
        raise Invalid(
            "backup.format",
            "This backup has format {format}; this program reads format {known}.",
            format=manifest.format,
            known=FORMAT,
        )
    return manifest


class HashedReader:
    """Reads a file up to ``size`` bytes and counts and hashes what was read."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._left = size
        self._hash = hashlib.sha256()
        self._size = size

    def read(self, number: int = -1) -> bytes:
        """Read on; a file that was cut meanwhile is filled with zeros, as tar needs its length."""
        wanted = self._left if number < 0 else min(number, self._left)
        data = self._file.read(wanted)
        if len(data) < wanted:
            data += bytes(wanted - len(data))
        self._left -= len(data)
        self._hash.update(data)
        return data

    @property
    def member(self) -> Member:
        """What was read."""
        return Member(self._size, self._hash.hexdigest())


def read_backup(path: Path, into: Path | None = None) -> Manifest:
    """Read a whole backup and compare it with its manifest, optionally unpacking ``into``.

    Raises NotFound, or Invalid ("backup.damaged") with every file that is wrong.
    """
    found: dict[str, Member] = {}
    manifest: Manifest | None = None
    with _damage_told(path), tarfile.open(path, "r|gz") as archive:
        for info, file in _files(archive):
            if info.name == NAME:
                manifest = parse_manifest(file.read())
            else:
                found[info.name] = _copy(info, file, into)
    if manifest is None:
        raise damaged("it was cut off: the manifest at its end is missing")
    _compare(manifest, found)
    return manifest


@contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound("backup.unknown", "There is no backup {path}.", path=str(path)) from error
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise damaged(str(error)) from error
    except OSError as error:
        if error.errno is None:  # gzip.BadGzipFile and its kind
            raise damaged(str(error)) from error
        raise


def _files(archive: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    for info in archive:
        parts = PurePosixPath(info.name).parts
        if not info.isreg() or ".." in parts or PurePosixPath(info.name).is_absolute():
            raise damaged(f"it holds something that is no plain file: {info.name}")
        file = archive.extractfile(info)
        if file is not None:
            yield info, file


def _copy(info: tarfile.TarInfo, file: IO[bytes], into: Path | None) -> Member:
    reader = HashedReader(file, info.size)
    if into is None:
        while reader.read(BLOCK):
            pass
        return reader.member
    target = into / info.name
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with target.open("xb") as out:
        target.chmod(info.mode & 0o755)
        while block := reader.read(BLOCK):
            out.write(block)
    return reader.member


def _compare(manifest: Manifest, found: Mapping[str, Member]) -> None:
    problems: list[CarelineError] = []
    for name in sorted({*manifest.files, *found}):
        if manifest.files.get(name) != found.get(name):
            problems.append(Invalid("backup.file", "{name} is not as it was saved", name=name))
    if problems:
        raise damaged("its files do not match its checksums", problems)


def damaged(detail: str, problems: list[CarelineError] | None = None) -> Invalid:
    """The error for a backup that must not be trusted."""
    return Invalid(
        "backup.damaged",
        "This backup is damaged and nothing was changed: {detail}. Use another one.",
        problems=problems or (),
        detail=detail,
    )
