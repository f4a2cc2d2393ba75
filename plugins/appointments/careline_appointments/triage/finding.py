"""Finding signs and symptoms by what was typed: Chinese, pinyin, initials, or a whole sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from attrs import frozen

from careline.patients.pinyin import syllables_of
from careline_appointments.triage.guide import Guide
from careline_appointments.triage.model import Sign, Symptom, Who

MOST = 12
SPLIT = re.compile(r"[\s,，。;；、/+]+")
GAP = 2  # characters that may stand between two of a word
NAMED, STARTS, INSIDE, SAID = 0, 1, 2, 3


@frozen
class Entry:
    """A sign or symptom with all that it is called, and the same in pinyin and initials."""

    found: Sign | Symptom
    words: tuple[str, ...]
    pinyin: tuple[str, ...]
    initials: tuple[str, ...]
    said: re.Pattern[str]

    def rank(self, typed: str) -> int | None:
        """How well one word fits, 0 best; None: not at all."""
        if typed in (*self.words, *self.pinyin, *self.initials):
            return NAMED
        if _starts(self.words, typed) or _starts(self.pinyin, typed):
            return STARTS
        if _starts(self.initials, typed):
            return STARTS if len(typed) > 1 else SAID
        if any(typed in word for word in self.words):
            return INSIDE
        return SAID if self.said.search(typed) else None


@frozen
class Index:
    """All of a guide, ready to be looked through; made once, since pinyin takes a while."""

    signs: tuple[Entry, ...]
    symptoms: tuple[Entry, ...]

    @classmethod
    def of(cls, guide: Guide) -> Index:
        """Made anew when the rules change; call it in a thread."""
        return cls(
            tuple(_entry(one, (*one.words, one.ask[1])) for one in guide.signs.values()),
            tuple(_entry(one, (*one.name, *one.words)) for one in guide.symptoms.values()),
        )

    def urgent(self, text: str, who: Who) -> list[Sign]:
        """Urgent signs of which the text speaks."""
        return [one for one in _found(self.signs, text, who) if isinstance(one, Sign)]

    def find(self, text: str, who: Who) -> list[Symptom]:
        """Symptoms, the best first."""
        return [one for one in _found(self.symptoms, text, who) if isinstance(one, Symptom)]


def _entry(found: Sign | Symptom, words: Sequence[str]) -> Entry:
    chinese = [word for word in words if not word.isascii()]
    spelled = [syllables_of(word) for word in chinese]
    return Entry(
        found,
        tuple(word.lower() for word in words),
        tuple("".join(parts) for parts in spelled),
        tuple("".join(part[0] for part in parts) for parts in spelled),
        _said(chinese),
    )


def _said(words: Iterable[str]) -> re.Pattern[str]:
    """Finds a word in a sentence, also with a little between: 胸口很痛还出汗 says 胸痛出汗."""
    spread = [f"[^.]{{0,{GAP}}}".join(map(re.escape, word)) for word in words if len(word) > 1]
    return re.compile("|".join(spread) or r"(?!)")


def _starts(words: Iterable[str], typed: str) -> bool:
    return any(word.startswith(typed) for word in words)


def _found(entries: Iterable[Entry], text: str, who: Who) -> list[Sign | Symptom]:
    typed = [part for part in SPLIT.split(text.lower().strip()) if part]
    if not typed:
        return []
    ranked = []
    for order, entry in enumerate(entries):
        if entry.found.fits(who) and (rank := _rank(entry, typed)) is not None:
            ranked.append((rank, order, entry.found))
    return [one[2] for one in sorted(ranked, key=lambda one: one[:2])[:MOST]]


def _rank(entry: Entry, typed: Sequence[str]) -> int | None:
    """The whole as one word, else each word by itself: one that fits is enough, more is better."""
    whole = entry.rank("".join(typed))
    if whole is not None:
        return whole
    ranks = [rank for part in typed if (rank := entry.rank(part)) is not None]
    missed = len(typed) - len(ranks)
    return min(ranks) + missed * (SAID + 1) if ranks else None
