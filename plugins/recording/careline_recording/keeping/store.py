"""What a store of encrypted recordings can do; all of it blocks and is called in threads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Protocol


class Store(Protocol):
    """Files by name (``2026/11/22/<id>.rec``). All raise Unavailable when the store is away."""

    def put(self, name: str, file: Path) -> None:
        """Take a file over, whole or not at all; it is gone from where it was."""

    def read(self, name: str, first: int, last: int) -> bytes:
        """These bytes, both included, fewer at the end of the file; NotFound."""

    def remove(self, name: str) -> None:
        """Erase it; nothing happens when it is not there."""

    def names(self) -> Iterator[tuple[str, datetime]]:
        """All that are there, and since when (UTC)."""

    def free(self) -> int | None:
        """Free bytes, None where nobody knows."""
