"""A survey as plain data, as it is stored and shipped: names, numbers and texts alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from careline.surveys.model import Branch, Choice, Flag, Kind, Question, Survey, Words


def to_document(survey: Survey) -> dict[str, Any]:
    """Everything but name and version, which are stored beside it."""
    return {
        "title": _words(survey.title),
        "low_level": survey.low_level,
        "questions": [_question(one) for one in survey.questions],
    }


def _words(words: Words) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}


def _question(one: Question) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": one.kind.value,
        "words": _words(one.words),
        "screen": _words(one.screen),
        "low": one.low,
        "high": one.high,
        "best_low": one.best_low,
        "decimals": one.decimals,
        "unit": one.unit,
        "choices": [{"key": choice.key, "words": _words(choice.words)} for choice in one.choices],
        "branches": [{"low": way.low, "high": way.high, "to": way.to} for way in one.branches],
        "then": one.then,
        "flags": [
            {"low": flag.low, "high": flag.high, "words": _words(flag.words)} for flag in one.flags
        ],
    }


def from_document(name: str, version: int, data: Mapping[str, Any]) -> Survey:
    """The survey again; KeyError, TypeError or ValueError when the data is not one."""
    return Survey(
        name=name,
        version=version,
        title=Words(**data["title"]),
        low_level=data.get("low_level", 2),
        questions=tuple(map(_read, data.get("questions", ()))),
    )


def _read(data: Mapping[str, Any]) -> Question:
    choices, flags = data.get("choices", ()), data.get("flags", ())
    return Question(
        name=data["name"],
        kind=Kind(data["kind"]),
        words=Words(**data["words"]),
        screen=Words(**data.get("screen", {})),
        low=data.get("low", 1),
        high=data.get("high", 5),
        best_low=data.get("best_low", False),
        decimals=data.get("decimals", 0),
        unit=data.get("unit", ""),
        choices=tuple(Choice(key=one["key"], words=Words(**one["words"])) for one in choices),
        branches=tuple(Branch(**one) for one in data.get("branches", ())),
        then=data.get("then", ""),
        flags=tuple(
            Flag(low=one["low"], high=one["high"], words=Words(**one["words"])) for one in flags
        ),
    )
