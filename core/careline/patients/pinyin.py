"""Names as people type them on a keyboard: pinyin and initials, surnames read as surnames."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

SURNAMES = {
    "单": "shan",
    "曾": "zeng",
    "仇": "qiu",
    "解": "xie",
    "区": "ou",
    "查": "zha",
    "盖": "ge",
    "朴": "piao",
    "任": "ren",
    "华": "hua",
    "翟": "zhai",
    "葛": "ge",
    "盛": "sheng",
    "缪": "miao",
    "秘": "bi",
    "折": "she",
    "冼": "xian",
    "员": "yun",
    "繁": "po",
    "乐": "yue",
    "种": "chong",
    "召": "shao",
    "尉迟": "yu chi",
    "万俟": "mo qi",
    "单于": "chan yu",
    "长孙": "zhang sun",
}
"""Surnames that are read otherwise than the common word."""


@cache
def _library() -> Any:
    return import_module("pypinyin")  # its dictionaries take a while; needed in database threads


@lru_cache(maxsize=10_000)
def syllables(name: str) -> Sequence[str]:
    """One lower-case entry for each character; words in Latin letters stay whole."""
    for length in (2, 1):
        surname = SURNAMES.get(name[:length]) if len(name) > length else None
        if surname:
            return [*surname.split(), *syllables_of(name[length:])]
    return syllables_of(name)


def syllables_of(text: str) -> list[str]:
    """As the dictionary reads it."""
    found = _library().lazy_pinyin(text, style=_library().Style.NORMAL, v_to_u=False)
    return ["".join(part.lower().split()) for part in found if part.strip()]


def pinyin_of(name: str) -> str:
    """``王小明`` -> ``wang xiao ming``."""
    return " ".join(syllables(name))


def initials_of(name: str) -> str:
    """``王小明`` -> ``wxm``."""
    return "".join(part[0] for part in syllables(name))
