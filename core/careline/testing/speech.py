"""A voice that says nothing and remembers what it was asked to say: prompts without programs."""

from __future__ import annotations

import hashlib
import wave
from pathlib import Path

from attrs import field, frozen

from careline.i18n import Lang
from careline.prompts.speech import Engine


@frozen
class SilentVoice(Engine):
    """Speaks every text in silence; ``texts`` are what was spoken, by name of the sound."""

    texts: dict[str, str] = field(factory=dict)

    def digest(self, text: str, lang: Lang) -> str:
        """A name for the sound of a text."""
        name = hashlib.sha256(f"{lang} {text}".encode()).hexdigest()[:32]
        self.texts[name] = text
        return name

    def speak(self, text: str, lang: Lang, out: Path) -> None:
        """Write a tenth of a second of silence."""
        out.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(out), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(bytes(1600))
