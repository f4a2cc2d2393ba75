"""Latin letters as people type a Chinese name: ``zs``, ``zhangs``, ``zhang san``, ``zhxm``."""

from __future__ import annotations

import re
from functools import cache
from itertools import product

from attrs import frozen

MOST_READINGS = 8
LONGEST = 40
_INITIALS = "zh ch sh b p m f d t n l g k h j q x r z c s y w".split()  # noqa: SIM905  a table
_FINALS = (  # noqa: SIM905  a table
    "a ai an ang ao e ei en eng er i ia ian iang iao ie in ing iong iu o ong ou u ua uai uan uang"
    " ue ui un uo v ve"
).split()
_ALONE = "a ai an ang ao e ei en eng er o ou".split()  # noqa: SIM905  a table
LONGEST_SYLLABLE = 6


@frozen
class Reading:
    """One way to read what was typed: the beginnings of the name's first syllables."""

    beginnings: tuple[str, ...]

    @property
    def initials(self) -> str:
        """The first letters, ``zxm``."""
        return "".join(part[0] for part in self.beginnings)

    @property
    def pattern(self) -> str:
        """For LIKE on pinyin with blanks between its syllables: ``zhang% x% m%``."""
        return "% ".join(self.beginnings) + "%"

    @property
    def is_initials(self) -> bool:
        """Whether it says nothing but the initials."""
        return all(len(part) == 1 for part in self.beginnings)

    def fits(self, pinyin: str) -> bool:
        """Whether a name's pinyin begins like this; for those who have no database at hand."""
        syllables = pinyin.split()
        return len(self.beginnings) <= len(syllables) and all(
            syllable.startswith(part)
            for syllable, part in zip(syllables, self.beginnings, strict=False)
        )


@cache
def _beginnings() -> frozenset[str]:
    """Everything that a syllable may begin with."""
    whole = {*_ALONE, *(first + final for first in _INITIALS for final in _FINALS)}
    return frozenset(part[:length] for part in whole for length in range(1, len(part) + 1))


def letters(text: str) -> list[str]:
    """The words of Latin letters in ``text``: lower case, ü as v, split at blanks and ``'``."""
    plain = text.lower().replace("ü", "v").replace("u:", "v")
    return re.findall(r"[a-z]+", plain)


def readings(text: str) -> list[Reading]:
    """The ways to read ``text`` as beginnings of syllables, those of the fewest syllables first.

    A blank or ``'`` ends a syllable.
    """
    words = letters(text)
    if not words or sum(map(len, words)) > LONGEST:
        return []
    ways = [_ways(word) for word in words]
    found = (Reading(tuple(part for way in chosen for part in way)) for chosen in product(*ways))
    return sorted(found, key=lambda one: (len(one.beginnings), one.beginnings))[:MOST_READINGS]


@cache
def _ways(word: str) -> tuple[tuple[str, ...], ...]:
    """All splits of one word into beginnings of syllables, at most eight, the shortest first."""
    if not word:
        return ((),)
    found = [
        (word[:length], *rest)
        for length in range(min(LONGEST_SYLLABLE, len(word)), 0, -1)
        if word[:length] in _beginnings()
        for rest in _ways(word[length:])
    ]
    return tuple(sorted(found, key=len)[:MOST_READINGS])
