"""Hanzi to syllables with tone numbers, the only Mandarin that espeak-ng reads right.

espeak-ng's own Hanzi dictionary (voice ``cmn``) falls back to English letters for most characters.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import import_module
from importlib.resources import files

from attrs import frozen

from careline.i18n import Lang

MANDARIN = "cmn-latn-pinyin"
ENGLISH = "en"
PAUSES = str.maketrans("，。、；：？！（）“”《》…—", ",.,;:?!,,      ")
HANZI = re.compile(r"[\u3400-\u9fff][\u3400-\u9fff\u3000-\u303f\uff00-\uffef]*")
LATIN = re.compile(r"[A-Za-z][A-Za-z' .,-]*")


@frozen
class Part:
    """A stretch of text for one of espeak-ng's voices."""

    voice: str
    text: str


def parts(text: str, lang: Lang) -> list[Part]:
    """``text`` cut where it changes between Hanzi and English words; Hanzi come as pinyin.

    Punctuation and what belongs to neither goes with the voice of ``lang``.
    """
    other = LATIN if lang == "zh" else HANZI
    found: list[Part] = []
    end = 0
    for match in other.finditer(text):
        found += [_part(text[end : match.start()], lang == "zh")]
        found += [_part(match.group(), lang != "zh")]
        end = match.end()
    found.append(_part(text[end:], lang == "zh"))
    return [part for part in found if any(char.isalnum() for char in part.text)]


def _part(text: str, mandarin: bool) -> Part:
    return Part(MANDARIN, syllables(text)) if mandarin else Part(ENGLISH, text.strip())


def syllables(hanzi: str) -> str:
    """``您好，大夫`` becomes ``nin2 hao3 , dai4 fu5``; punctuation stays as pauses."""
    words, pattern = _overrides()
    said: list[str] = []
    for piece in pattern.split(hanzi.translate(PAUSES)):
        said += words[piece].split() if piece in words else _general(piece)
    return " ".join(said)


def _general(hanzi: str) -> list[str]:
    """By pypinyin, imported when it is needed: its tables take 55 MB and half a second."""
    pypinyin = import_module("pypinyin")
    style = pypinyin.Style.TONE3
    found: list[str] = pypinyin.lazy_pinyin(hanzi, style=style, neutral_tone_with_five=True)
    return [syllable.strip() for syllable in found if syllable.strip()]


@cache
def _overrides() -> tuple[dict[str, str], re.Pattern[str]]:
    """Our own readings, longest word first."""
    source = files("careline.prompts") / "data" / "pinyin.toml"
    words: dict[str, str] = tomllib.loads(source.read_text(encoding="utf-8"))["words"]
    longest = sorted(words, key=len, reverse=True)
    return words, re.compile(f"({'|'.join(map(re.escape, longest))})")
