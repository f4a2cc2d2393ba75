"""Files of gammu-smsd's service ``files`` (wammu.eu/docs/manual/smsd/files.html).

Out: ``OUTC<date>_<time>_<serial>_<recipient>_<note>.txt`` holds the text; the daemon moves it to
the sent or the error folder. In: ``IN<date>_<time>_<serial>_<sender>_<part>.txt``, a part each.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from attrs import field, frozen

from careline_sms.gateways.gammu.settings import GammuSettings

_IN = re.compile(r"IN(\d{8}_\d{6}_\d+)_(.*)_(\d+)\.txt")


@frozen
class Letter:
    """What came in; ``files`` are its parts, to be removed once it is stored."""

    number: str = field(repr=False)
    text: str = field(repr=False)
    reference: str
    files: tuple[Path, ...]


def put(settings: GammuSettings, name: str, text: str) -> None:
    """Put a message where the daemon looks, whole or not at all; for a thread."""
    with tempfile.NamedTemporaryFile(dir=settings.outbox, prefix=".", delete=False) as file:
        file.write(b"\xff\xfe" + text.encode("utf-16-le", "replace"))
        file.flush()
        os.fsync(file.fileno())
    for folder in (settings.sent, settings.error):
        (folder / name).unlink(missing_ok=True)  # of an earlier try: it would end this one
    Path(file.name).rename(settings.outbox / name)


def take_back(settings: GammuSettings, name: str) -> None:
    """Remove a message that the daemon may be sending just now, lest it sends it any later."""
    (settings.outbox / name).unlink(missing_ok=True)


def is_running(settings: GammuSettings) -> bool:
    """False when a file with the daemon's process id is named, and no such process runs."""
    if settings.pid_file is None:
        return True
    try:
        os.kill(int(settings.pid_file.read_text(encoding="ascii")), 0)
    except PermissionError:
        return True  # it is somebody else's
    except (OSError, ValueError):
        return False
    return True


def where(settings: GammuSettings, name: str) -> str:
    """``sent``, ``error``, ``outbox``, or empty while the daemon holds it nowhere."""
    for place in ("sent", "error", "outbox"):
        folder: Path = getattr(settings, place)
        if (folder / name).exists():
            return place
    return ""


def letters(settings: GammuSettings, age_s: float, now: float) -> list[Letter]:
    """What came in, texts joined from their parts; files younger than ``age_s`` are left."""
    groups: dict[tuple[str, str], list[tuple[int, Path]]] = {}
    for path in sorted(settings.inbox.glob("IN*.txt")):
        found = _IN.fullmatch(path.name)
        if found and now - path.stat().st_mtime >= age_s:
            groups.setdefault((found[1], found[2]), []).append((int(found[3]), path))
    return [
        Letter(
            number,
            "".join(_text(path.read_bytes()) for _, path in sorted(parts)),
            f"{stamp}/{number[-4:]}",
            tuple(path for _, path in sorted(parts)),
        )
        for (stamp, number), parts in groups.items()
    ]


def remove(letter: Letter) -> None:
    """It is stored: its files are not needed any more."""
    for path in letter.files:
        path.unlink(missing_ok=True)


def _text(data: bytes) -> str:
    """UTF-16 with a mark, as ``inboxformat = unicode`` writes, else UTF-8.

    gammu-smsd 1.42 writes three times as many bytes as the text has, zeros after it.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace").partition("\0")[0]
    return data.decode("utf-8", "replace").partition("\0")[0]
