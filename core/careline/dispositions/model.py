"""A disposition and the tree of them; pure values and rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property

from attrs import define, field, frozen
from attrs.validators import instance_of, matches_re, max_len, min_len

from careline.errors import Invalid, NotFound

DEEPEST = 4
SHOWN = 8


def _trimmed(text: str) -> str:
    return " ".join(text.split())


@frozen(kw_only=True)
class Disposition:
    """One entry as it was from ``since`` on, until a later version of the same ``code``.

    A call's record keeps the code; what it meant then is the version of that moment. ``pinyin``
    and ``initials`` are of ``title``, for type-ahead.
    """

    code: str = field(validator=matches_re(r"[a-z0-9][a-z0-9-]{0,31}"))
    parent: str = ""
    title: str = field(converter=_trimmed, validator=[min_len(1), max_len(64)])
    title_en: str = field(default="", converter=_trimmed, validator=max_len(64))
    position: int = field(default=0, validator=instance_of(int))
    active: bool = True
    since: datetime
    pinyin: str = ""
    initials: str = ""

    def titled(self, language: str) -> str:
        """The title in that language, Chinese where there is no other."""
        return self.title_en if language == "en" and self.title_en else self.title


@define(eq=False)
class Tree:
    """All versions of all entries; what is asked without a moment is as of now."""

    versions: tuple[Disposition, ...]

    @classmethod
    def of(cls, versions: Iterable[Disposition]) -> Tree:
        """From versions in any order."""
        return cls(tuple(sorted(versions, key=lambda one: one.since)))

    @cached_property
    def _current(self) -> Mapping[str, Disposition]:
        return {one.code: one for one in self.versions}

    @property
    def all(self) -> tuple[Disposition, ...]:
        """Every entry as it is now, each below its parent in its order."""
        return tuple(entry for root in self.below("") for entry in self._branch(root))

    def _branch(self, entry: Disposition) -> Iterable[Disposition]:
        yield entry
        for child in self.below(entry.code):
            yield from self._branch(child)

    def get(self, code: str, at: datetime | None = None) -> Disposition | None:
        """The entry of that code, as it was ``at`` that moment (the first one before it was)."""
        if at is None:
            return self._current.get(code)
        versions = [one for one in self.versions if one.code == code]
        return next(
            (one for one in reversed(versions) if one.since <= at), next(iter(versions), None)
        )

    def below(self, code: str) -> tuple[Disposition, ...]:
        """The children of an entry, in order; of "" those at the top."""
        children = (one for one in self._current.values() if one.parent == code)
        return tuple(sorted(children, key=lambda one: (one.position, one.code)))

    def usable(self, code: str) -> bool:
        """True when a call may be given that code: it and all above it are active."""
        line = self.line(code)
        return bool(line) and all(one.active for one in line)

    def leaves(self) -> tuple[Disposition, ...]:
        """What agents choose from: usable entries with no usable child."""
        return tuple(
            one
            for one in self.all
            if self.usable(one.code) and not any(self.usable(c.code) for c in self.below(one.code))
        )

    def line(self, code: str, at: datetime | None = None) -> tuple[Disposition, ...]:
        """The entry with those above it, the top first; empty for an unknown code."""
        line: list[Disposition] = []
        here = self.get(code, at)
        while here is not None and here.code not in {one.code for one in line}:
            line.insert(0, here)
            here = self.get(here.parent, at) if here.parent else None
        return tuple(line)

    def titled(self, code: str, language: str, at: datetime | None = None) -> str:
        """``预约挂号 / 改期``; the code itself when nobody knows it any more."""
        return " / ".join(one.titled(language) for one in self.line(code, at)) or code

    def find(self, typed: str, limit: int = SHOWN) -> tuple[Disposition, ...]:
        """Leaves that fit what was typed, best first; the first ones when nothing was.

        By code, title in either language, pinyin or its initials, of the leaf or those above it.
        """
        words = typed.lower().split()
        ranked = [(self._rank(one, words), i, one) for i, one in enumerate(self.leaves())]
        fitting = sorted((rank, i) for rank, i, _ in ranked if rank is not None)
        leaves = [one for *_, one in ranked]
        return tuple(leaves[i] for _, i in fitting[:limit])

    def _rank(self, leaf: Disposition, words: list[str]) -> int | None:
        line = self.line(leaf.code)
        total = 0
        for word in words:
            found = [
                rank + 10 * (len(line) - 1 - depth)
                for depth, one in enumerate(line)
                if (rank := _fits(one, word)) is not None
            ]
            if not found:
                return None
            total += min(found)
        return total

    def check(self, entry: Disposition) -> None:
        """Raises what stands against ``entry`` being the newest version of its code."""
        if not entry.parent:
            return
        above = self.line(entry.parent)
        if not above:
            raise NotFound(
                "disposition.parent", "there is no disposition {code}", code=entry.parent
            )
        if entry.code in {one.code for one in above}:
            raise Invalid("disposition.parent", "a disposition cannot lie below itself")
        if len(above) + self._height(entry.code) > DEEPEST:
            raise Invalid(
                "disposition.parent", "the tree has at most {levels} levels", levels=DEEPEST
            )

    def _height(self, code: str) -> int:
        return 1 + max((self._height(one.code) for one in self.below(code)), default=0)


def _fits(entry: Disposition, word: str) -> int | None:
    """How badly a word fits an entry, 0 best; None when it does not."""
    title, english = entry.title.lower(), entry.title_en.lower()
    joined = entry.pinyin.replace(" ", "")
    ways = (
        word == entry.code or entry.initials == word,
        entry.code.startswith(word) or entry.initials.startswith(word) or title.startswith(word),
        english.startswith(word) or joined.startswith(word),
        word in title or word in english or word in entry.initials,
    )
    return next((rank for rank, fits in enumerate(ways) if fits), None)
