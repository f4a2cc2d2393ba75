"""Static files of the core and of plugins, under addresses that change with their contents.

All files stand under one build number, ``/static/<build>/<path>``, so that modules which import
each other by relative paths are always of one version and may be kept by browsers for good.
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Iterable, Mapping
from pathlib import Path

from attrs import frozen

from careline.errors import NotFound

HERE = Path(__file__).parent / "static"
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
FOREVER = "public, max-age=31536000, immutable"


@frozen
class Asset:
    """One file to be served."""

    file: Path
    mime: str


class Assets:
    """The files below ``static/`` of the shell and of each part by its name."""

    def __init__(self, folders: Mapping[str, Path] | None = None, shell: Path = HERE) -> None:
        self._assets: dict[str, Asset] = {}
        self._take(shell, "")
        for name, folder in sorted((folders or {}).items()):
            self._take(folder, f"{name}/")
        self.build = _build(self._assets)

    def _take(self, folder: Path, prefix: str) -> None:
        for file in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if file.is_file():
                path = prefix + file.relative_to(folder).as_posix()
                self._assets[path] = Asset(file, _mime(file))

    def url(self, path: str) -> str:
        """Where ``path`` (``js/shell.js``, ``patients/search.js``) is served; NotFound if not."""
        if path not in self._assets:
            raise NotFound("web.asset", "there is no static file {path}", path=path)
        return f"/static/{self.build}/{path}"

    def urls(self, folder: str, ending: str = ".js") -> list[str]:
        """All files directly in a folder, ``js`` for instance."""
        return [
            self.url(path)
            for path in sorted(self._assets)
            if path.rpartition("/")[0] == folder and path.endswith(ending)
        ]

    def find(self, address: str) -> tuple[Asset | None, bool]:
        """The file of ``<build>/<path>``, and whether the build is this one."""
        build, _, path = address.partition("/")
        return self._assets.get(path), build == self.build


def _mime(file: Path) -> str:
    return TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "text/plain"


def _build(assets: Mapping[str, Asset]) -> str:
    digest = hashlib.sha256()
    for path, asset in sorted(assets.items()):
        stat = asset.file.stat()
        digest.update(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode())
    return digest.hexdigest()[:12]


def static_folders(folders: Iterable[tuple[str, Path]]) -> dict[str, Path]:
    """``static/`` of each part that has one."""
    return {name: place / "static" for name, place in folders if (place / "static").is_dir()}
