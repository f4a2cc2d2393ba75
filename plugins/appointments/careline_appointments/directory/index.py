"""Finding departments and doctors by what was typed: name, pinyin, initials, specialty, disease."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from careline.clinic import Department, Doctor

NAME, START, INITIALS, INSIDE, SHORT, KNOWN_FOR, TEXT = 0, 1, 2, 3, 4, 5, 6


@frozen(kw_only=True)
class Hit:
    """A department or doctor that was found; ``kind`` is ``department`` or ``doctor``.

    ``title`` is a doctor's professional one, ``detail`` the specialty or where a department is.
    """

    kind: str
    campus: str
    code: str
    name: str
    department: str
    department_name: str
    title: str = ""
    detail: str = ""


@frozen
class Entry:
    """What is looked through for one hit; all texts in lower case, pinyin without spaces."""

    hit: Hit
    order: int
    name: str
    pinyin: str
    initials: str
    known_for: str
    text: str

    def rank(self, wanted: str) -> int | None:
        """How well it fits, 0 best; None: not at all."""
        if not wanted or self.name == wanted:
            return NAME
        if self.name.startswith(wanted) or self.pinyin.startswith(wanted):
            return START
        if self.initials.startswith(wanted):
            return INITIALS
        if wanted in self.name:
            return INSIDE
        if len(wanted) > 1 and (_short(wanted, self.name) or _short(wanted, self.initials)):
            return SHORT
        if wanted in self.known_for:
            return KNOWN_FOR
        return TEXT if wanted in self.text or wanted in self.initials else None


def _short(wanted: str, whole: str) -> bool:
    """True when letters were only left out: 心内科 and ``xnk`` for 心血管内科."""
    rest = iter(whole)
    return whole[:1] == wanted[:1] and all(letter in rest for letter in wanted)


@frozen
class Spelled:
    """Pinyin and initials of a name as they are stored: ``xin nei ke``, ``xnk``."""

    pinyin: str
    initials: str


def department_entry(one: Department, spelled: Spelled) -> Entry:
    """What a department is found by."""
    hit = Hit(
        kind="department",
        campus=one.campus,
        code=one.code,
        name=one.name,
        department=one.code,
        department_name=one.name,
        detail=one.place,
    )
    return _entry(hit, one.order, spelled, one.diseases, (one.name_en, one.intro))


def doctor_entry(one: Doctor, department_name: str, spelled: Spelled) -> Entry:
    """What a doctor is found by."""
    hit = Hit(
        kind="doctor",
        campus=one.campus,
        code=one.code,
        name=one.name,
        department=one.department,
        department_name=department_name,
        title=one.title,
        detail=one.specialty or "、".join(one.diseases),
    )
    known = (*one.diseases, one.specialty)
    return _entry(hit, 1000 - one.expert, spelled, known, (one.name_en, one.intro))


def find(entries: Iterable[Entry], text: str, campus: str, most: int) -> list[Hit]:
    """The best hits first; every word of ``text`` must fit."""
    words = text.lower().split()
    joined = "".join(words)
    ranked = []
    for entry in entries:
        if campus in ("", entry.hit.campus):
            rank = _rank(entry, words, joined)
            if rank is not None:
                ranked.append((rank, entry.order, entry.hit.name, entry.hit.campus, entry.hit))
    ranked.sort(key=lambda one: one[:4])
    return [one[4] for one in ranked[:most]]


def _rank(entry: Entry, words: Sequence[str], joined: str) -> int | None:
    whole = entry.rank(joined)
    if whole is not None or len(words) < 2:
        return whole
    ranks = [entry.rank(word) for word in words]
    known = [rank for rank in ranks if rank is not None]
    return max(known) if len(known) == len(ranks) else None


def _entry(
    hit: Hit, order: int, spelled: Spelled, known_for: Sequence[str], texts: Sequence[str]
) -> Entry:
    return Entry(
        hit,
        order,
        hit.name.lower(),
        spelled.pinyin.replace(" ", ""),
        spelled.initials,
        " ".join(known_for).lower(),
        " ".join(texts).lower(),
    )
