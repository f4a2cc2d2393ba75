"""Write a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from careline.errors import Unavailable
from careline.i18n import reason


def write_atomic(path: Path, text: str, mode: int = 0o644) -> None:
    """Replace ``path`` by ``text``: a crash or a full disk leaves the old file as it was.

    A symbolic link is followed, so that a file kept elsewhere stays there.
    """
    target = path.resolve()
    try:
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise _refused(target, error) from error
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        raise _refused(target, error) from error
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def _refused(path: Path, error: OSError) -> Unavailable:
    return Unavailable(
        "file.write",
        "{file} could not be written ({reason}); nothing was changed",
        file=path,
        reason=reason(error),
    )
