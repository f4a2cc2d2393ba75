"""What somebody means who answers "how was it": a number, a word, and what is said beside it."""

from __future__ import annotations

import re
import unicodedata

from attrs import frozen

from careline.surveys.model import Question

LEADING = re.compile(r"\s*(?:我?[给打评]\s*)?([0-9]{1,2})(?![0-9])\s*(?:分|星|颗星|stars?\b)?")
NUMERAL = re.compile(
    r"\s*(?:我?[给打评]\s*)?([零一二两三四五六七八九十])(?:$|分|星|颗星|[\s,.!;、])"
)
NUMERALS = {one: number for number, one in enumerate("零一二三四五六七八九十")} | {"两": 2}
LONELY = re.compile(r"(?<![0-9])([0-9]{1,2})\s*(?:分|星)(?![钟期])")
#: Words and their level, the first that is found counts.
WORDS = (
    (re.compile(r"(?:非常|很|极其|极|十分|太)不满意|very (?:dis|un)satisfied", re.I), 1),
    (re.compile(r"不.{0,4}满意|没.{0,3}满意|(?:dis|un)satisfied|not .{0,12}satisfied", re.I), 2),
    (re.compile(r"(?:非常|很|十分|特别|超级?)满意|very satisfied", re.I), 5),
    (re.compile(r"满意|satisfied", re.I), 4),
    (re.compile(r"一般|还行|还可以|neither", re.I), 3),
)
EDGES = " \t\r\n,.;:!?、。·~-—"
SHORTEST = 2


@frozen
class Read:
    """``value`` answers the question, None when nothing does; ``words`` is what else was said."""

    value: int | None
    words: str = ""


def read_rating(text: str, question: Question) -> Read:
    """Read a reply to ``question``, a scale; a number that is none of its places is no answer."""
    plain = unicodedata.normalize("NFKC", text).strip()
    found = LEADING.match(plain)
    if found:
        return _rated(question, int(found.group(1)), plain[found.end() :], plain)
    numeral = NUMERAL.match(plain)
    if numeral:
        return _rated(question, NUMERALS[numeral.group(1)], plain[numeral.end() :], plain)
    lonely = LONELY.findall(plain)
    if len(lonely) == 1 and int(lonely[0]) in question.values:
        return Read(int(lonely[0]), _words(plain))
    for pattern, level in WORDS:
        word = pattern.search(plain)
        if word:
            rest = plain[: word.start()] + plain[word.end() :]
            return Read(_nearest(question, level), _words(plain) if _words(rest) else "")
    return Read(None, _words(plain))


def _rated(question: Question, value: int, rest: str, whole: str) -> Read:
    if value not in question.values:
        return Read(None, _words(whole))
    return Read(value, _words(rest))


def _nearest(question: Question, level: int) -> int:
    """The place of the scale that says the same as a level."""
    return min(question.values, key=lambda value: abs(question.points(value) - 100 * level))


def _words(text: str) -> str:
    """What is left, without marks around it; a single sign says nothing."""
    bare = text.strip(EDGES)
    return bare if len(bare) >= SHORTEST else ""
