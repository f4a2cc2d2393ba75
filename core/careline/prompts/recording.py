"""Recordings that a hospital brings along: checked, and made fit for the telephone."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from careline.errors import CarelineError, Invalid, NotFound, Unavailable
from careline.prompts.folder import Folder
from careline.prompts.sound import Sound, measure
from careline.prompts.speech import Engine, place

SHORTEST = 0.2
LONGEST = 300.0
QUIETEST = -45.0
"""Average loudness in dB below full scale; speech is at -30 to -15."""
MOST_CLIPPED = 0.005
FORMATS = frozenset(
    {"wav", "gsm", "mp3", "ogg", "opus", "flac", "aiff", "au", "amr", "ul", "al", "sln"}
)
"""By extension. sox would also read play lists and start programs that a name asks for."""


def take_in(engine: Engine, path: Path, folder: Folder) -> str:
    """Check a recording, store it ready for the telephone, and give the digest of what is stored.

    Raises NotFound("prompt.no_file"), Invalid("prompt.format" or "prompt.unreadable"), and
    Invalid("prompt.recording") with every problem: too short, too long, too quiet, clipped.
    """
    _check_file(path)
    with tempfile.TemporaryDirectory(prefix="careline-prompt-") as name:
        raw, finished = Path(name) / "raw.wav", Path(name) / "finished.wav"
        _read(engine, path, raw)
        problems = list(_problems(measure(raw)))
        if problems:
            what = "the recording {file} cannot be used"
            raise Invalid("prompt.recording", what, file=path.name, problems=problems)
        engine.finish([raw], finished)
        digest = hashlib.sha256(finished.read_bytes()).hexdigest()[:32]
        place(finished, folder.stored(digest))
    return digest


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise NotFound("prompt.no_file", "there is no file {file}", file=str(path))
    if path.suffix.lower().removeprefix(".") not in FORMATS:
        message = "{file} is no sound file; use one of {formats}"
        raise Invalid("prompt.format", message, file=path.name, formats=sorted(FORMATS))


def _read(engine: Engine, path: Path, out: Path) -> None:
    """Any format sox knows, as 16-bit mono; a little more than the longest, to see that it is."""
    options = ("-b", "16", "-c", "1", str(out), "trim", "0", str(LONGEST + 1))
    try:
        engine.tools.run([*engine.tools.sox, "-D", str(path.resolve()), *options])
    except Unavailable as error:
        if error.code != "speech.failed":
            raise
        message = "{file} cannot be read: {reason}"
        reason = error.params["reason"]
        raise Invalid("prompt.unreadable", message, file=path.name, reason=reason) from error


def _problems(sound: Sound) -> Iterator[CarelineError]:
    if sound.seconds < SHORTEST:
        message = "it is shorter than {least} s"
        yield Invalid("prompt.too_short", message, least=SHORTEST)
    if sound.seconds > LONGEST:
        message = "it is longer than {most:.0f} s"
        yield Invalid("prompt.too_long", message, most=LONGEST)
    if sound.rms < QUIETEST:
        message = "it is too quiet ({loudness:.0f} dB): record it louder"
        yield Invalid("prompt.too_quiet", message, loudness=max(sound.rms, -99.0))
    if sound.clipped > MOST_CLIPPED:
        message = "it is overdriven ({share:.1%} of it): record it with less gain"
        yield Invalid("prompt.clipped", message, share=sound.clipped)
