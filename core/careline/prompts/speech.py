"""Text to sound files for the telephone: espeak-ng or a command of the hospital's own, then sox.

Blocking; call it in a thread. All files are 8 kHz, 16 bit, mono, the loudest sample at -3 dB,
without silence around.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from attrs import field, frozen

from careline.errors import Invalid, Unavailable
from careline.i18n import Lang, reason
from careline.prompts.normal import readable
from careline.prompts.pinyin import Part, parts

TIMEOUT = 60.0
TONE = "tone:"
FINISH = (
    *("channels", "1", "rate", "8000", "gain", "-n", "-3"),
    *("silence", "1", "0.01", "0.4%", "reverse", "silence", "1", "0.01", "0.4%", "reverse"),
    *("pad", "0.01", "0.03"),
)
"""sox effects: gain first, so that the threshold of silence means the same for every file."""


@frozen
class Tools:
    """How espeak-ng and sox are started: commands, since an unpacked one may need a loader."""

    espeak: tuple[str, ...] = ("espeak-ng",)
    sox: tuple[str, ...] = ("sox",)
    environ: Mapping[str, str] = field(factory=dict)
    """Set on top of the process's own environment."""

    def run(self, command: Sequence[str]) -> str:
        """Run to its end and give what it wrote.

        Raises Unavailable: ``speech.no_tool``, ``speech.slow`` or ``speech.failed``.
        """
        tool = Path(command[0]).name
        try:
            done = subprocess.run(  # noqa: S603 - an argument list, no shell
                command,
                env={**os.environ, **self.environ},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TIMEOUT,
                check=False,
            )
        except OSError as error:
            message = "cannot start {tool}: {reason}"
            why = reason(error)
            raise Unavailable("speech.no_tool", message, tool=tool, reason=why) from error
        except subprocess.TimeoutExpired as error:
            message = "{tool} did not finish in {seconds:.0f} s"
            raise Unavailable("speech.slow", message, tool=tool, seconds=TIMEOUT) from error
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip() or f"exit code {done.returncode}"
            raise Unavailable("speech.failed", "{tool} failed: {reason}", tool=tool, reason=said)
        return done.stdout.decode(errors="replace")


@frozen
class Engine:
    """Speaks texts; ``command`` is another engine, with ``{text}``, ``{out}``, maybe ``{lang}``."""

    tools: Tools = field(factory=Tools)
    command: str = ""
    speed: int = 160
    """Words a minute, espeak-ng only."""

    def digest(self, text: str, lang: Lang) -> str:
        """Names the sound of ``text``: the same text, voice and settings give the same name."""
        what = [self.command or f"espeak-ng {self.speed}", FINISH, text]
        if not text.startswith(TONE):
            said = _words(text, lang) if self.command else _spoken_parts(text, lang)
            what[-1] = f"{lang} {said}"
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:32]

    def speak(self, text: str, lang: Lang, out: Path) -> None:
        """Write the sound of ``text`` to ``out``; nothing is left behind when it fails.

        Raises Invalid("prompt.silent") for a text without words, and what :meth:`Tools.run` raises.
        """
        with tempfile.TemporaryDirectory(prefix="careline-speech-") as folder:
            raw = self._raw(text, lang, Path(folder))
            finished = Path(folder) / "finished.wav"
            self.finish(raw, finished)
            place(finished, out)

    def finish(self, sounds: Sequence[Path], out: Path) -> None:
        """Join ``sounds`` and make them fit for the telephone."""
        names = [str(path.resolve()) for path in sounds]
        self.tools.run([*self.tools.sox, "-D", *names, "-b", "16", str(out.resolve()), *FINISH])

    def phonemes(self, text: str, lang: Lang) -> str:
        """What espeak-ng would pronounce, to check a text without listening."""
        said = [
            self.tools.run([*self.tools.espeak, "-q", "-x", "-v", part.voice, "--", part.text])
            for part in parts(readable(text, lang), lang)
        ]
        return " ".join(said)

    def _raw(self, text: str, lang: Lang, folder: Path) -> list[Path]:
        if text.startswith(TONE):
            return self._tones(text.removeprefix(TONE), folder)
        if self.command:
            return [self._other_engine(_words(text, lang), lang, folder / "other.wav")]
        spoken = parts(readable(text, lang), lang)
        if not spoken:
            raise Invalid("prompt.silent", "nothing in {text!r} can be spoken", text=text)
        return [self._part(part, folder / f"{n}.wav") for n, part in enumerate(spoken)]

    def _part(self, part: Part, out: Path) -> Path:
        options = ("-v", part.voice, "-s", str(self.speed), "-g", "2", "-w", str(out))
        self.tools.run([*self.tools.espeak, *options, "--", part.text])
        return out

    def _other_engine(self, text: str, lang: Lang, out: Path) -> Path:
        fields = {"text": text, "out": str(out), "lang": lang}
        self.tools.run([_filled(word, fields) for word in shlex.split(self.command)])
        if not out.is_file():
            message = "{tool} wrote no sound; does its command name {{out}}?"
            raise Unavailable("speech.no_sound", message, tool=shlex.split(self.command)[0])
        return out

    def _tones(self, notes: str, folder: Path) -> list[Path]:
        """``1000:0.25+880:0.1``: hertz and seconds of each note."""
        sounds: list[Path] = []
        for number, note in enumerate(notes.split("+")):
            hertz, seconds = note.split(":")
            out = folder / f"{number}.wav"
            sine = ("synth", seconds, "sine", hertz, "fade", "0.005", seconds, "0.005")
            self.tools.run([*self.tools.sox, "-n", "-r", "8000", "-c", "1", str(out), *sine])
            sounds.append(out)
        return sounds


def place(finished: Path, out: Path) -> None:
    """Put a finished file where others read it, whole or not at all.

    Raises Unavailable("prompt.disk") when it cannot be written.
    """
    temporary = out.with_name(f".{out.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(finished.read_bytes())
        temporary.replace(out)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise cannot_write(out, error) from error


def cannot_write(path: Path, error: OSError) -> Unavailable:
    """The disk is full, or not ours."""
    message = "cannot write {path}: {reason}"
    return Unavailable("prompt.disk", message, path=str(path), reason=reason(error))


def _words(text: str, lang: Lang) -> str:
    return readable(text, lang)


def _spoken_parts(text: str, lang: Lang) -> str:
    """What reaches espeak-ng: a better reading of a word is a new sound as well."""
    return repr(parts(readable(text, lang), lang))


def _filled(word: str, fields: Mapping[str, str]) -> str:
    for name, value in fields.items():
        word = word.replace("{" + name + "}", value)
    return word
