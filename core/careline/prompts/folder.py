"""Where sounds lie: each once under the name of its content, linked to where Asterisk looks.

``store/<digest>.wav`` holds the sound; ``<lang>/careline/<name>.wav`` is a relative link to the
current one, so a change is one atomic step and the earlier sound stays.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Set
from contextlib import suppress
from pathlib import Path

from attrs import frozen

from careline.i18n import LANGUAGES, Lang
from careline.prompts.catalogue import sound_file
from careline.prompts.speech import cannot_write

SAID = "said-"
"""Begins the names of sounds made for one call."""


@frozen
class Folder:
    """The directory of all prompts."""

    root: Path

    def stored(self, digest: str) -> Path:
        """The file of a sound, whether it exists or not."""
        return self.root / "store" / f"{digest}.wav"

    def played(self, lang: Lang, name: str) -> Path:
        """What Asterisk opens to play the prompt ``name`` on a channel of language ``lang``."""
        return self.root / lang / f"{sound_file(name)}.wav"

    def has(self, lang: Lang, name: str) -> bool:
        """True when the prompt can be heard in this language."""
        return self.played(lang, name).is_file()

    def link(self, lang: Lang, name: str, digest: str) -> bool:
        """Let ``name`` play this sound; False if it did already.

        Raises Unavailable("prompt.disk").
        """
        path = self.played(lang, name)
        target = os.path.relpath(self.stored(digest), path.parent)
        if path.is_symlink() and path.readlink() == Path(target):
            return False
        temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.symlink_to(target)
            temporary.replace(path)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()
            raise cannot_write(path, error) from error
        return True

    def touch(self, lang: Lang, name: str, now: float) -> None:
        """Note that the prompt was used at ``now`` (seconds since 1970)."""
        os.utime(self.played(lang, name), (now, now), follow_symlinks=False)

    def forget_said(self, before: float, keep: Set[str]) -> int:
        """Remove sounds made for single calls and last used before this time; how many.

        The sounds of the digests in ``keep`` stay: a prompt may have the same words.
        """
        old = [path for path in self._said() if path.lstat().st_mtime < before]
        for path in old:
            sound = path.resolve()
            path.unlink(missing_ok=True)
            if sound.stem not in keep:
                sound.unlink(missing_ok=True)
        return len(old)

    def _said(self) -> Iterator[Path]:
        for lang in LANGUAGES:
            yield from self.played(lang, SAID).parent.glob(f"{SAID}*.wav")
