"""Nodes that speak and listen: menu, play, say, collect.

0 reaches the operator from every one of them, during the prompt as after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from careline.i18n import Text
from careline.ivr.line import END_KEY
from careline.ivr.model import (
    KEYS,
    OPERATOR,
    Answer,
    Field,
    FieldType,
    FlowFault,
    Node,
    NodeKind,
    Place,
    Problems,
)
from careline.ivr.prompt import Prompt

if TYPE_CHECKING:
    from careline.ivr.step import Step

ZERO = "0"
NEXT = Field(name="next", type=FieldType.TARGET, title=Text("Then"), required=True)
PROMPTS = Field(name="prompts", type=FieldType.PROMPTS, title=Text("Prompts"), required=True)
TRIES = Field(name="tries", type=FieldType.NUMBER, title=Text("Tries"), default=3, low=1, high=9)
WAIT = Field(
    name="timeout_s",
    type=FieldType.NUMBER,
    title=Text("Seconds to wait for a key"),
    default=5,
    low=1,
    high=60,
)
NO_INPUT = Field(
    name="silent_prompts",
    type=FieldType.PROMPTS,
    title=Text("Said after silence"),
    default=("no-input",),
)
WRONG = Field(
    name="invalid_prompts",
    type=FieldType.PROMPTS,
    title=Text("Said after a wrong key"),
    default=("invalid-key",),
)
FAILED = Field(
    name="failed", type=FieldType.TARGET, title=Text("After the last try"), default=OPERATOR
)


async def run_menu(step: Step) -> Answer:
    """Offer the choices; a key during the prompt stops it."""
    said: list[Prompt] = []
    while True:
        prompts = said + step.prompts(step["prompts"])
        key = await step.line.collect(prompts, 1, step["timeout_s"], "")
        if key in step["choices"]:
            return key
        if key == ZERO:
            return OPERATOR
        if not await step.again():
            return "failed"
        said = step.prompts(step["invalid_prompts" if key else "silent_prompts"])


def check_menu(node: Node, place: Place) -> Problems:
    """Keys must be on a telephone, and 0 belongs to the operator."""
    choices = node["choices"] or {}
    problems = [
        FlowFault(
            "key",
            "{where}: {key} is not a key of a telephone",
            place.at(field=f"choices.{key}"),
            key=key,
        )
        for key in choices
        if len(key) != 1 or key not in KEYS
    ]
    if choices.get(ZERO, OPERATOR) != OPERATOR:
        where = place.at(field="choices.0")
        problems.append(
            FlowFault("zero", "{where}: 0 always reaches the operator; use another key", where)
        )
    return problems


async def run_play(step: Step) -> Answer:
    """Play prompts."""
    return await step.play(step.prompts(step["prompts"]), "next")


async def run_say(step: Step) -> Answer:
    """Say a text with variables."""
    return await step.play(step.speech(step["text"]), "next")


async def run_collect(step: Step) -> Answer:
    """Read digits, have them confirmed if asked to, and set the variable."""
    said: list[Prompt] = []
    while True:
        prompts = said + step.prompts(step["prompts"])
        digits = await step.line.collect(prompts, step["max"], step["timeout_s"], END_KEY)
        if digits == ZERO:
            return OPERATOR
        if digits.isdecimal() and step["min"] <= len(digits) <= step["max"]:
            answer = await _confirmed(step, digits)
            if answer:
                return answer
            said = []
        else:
            said = step.prompts(step["invalid_prompts" if digits else "silent_prompts"])
        if not await step.again():
            return "failed"


async def _confirmed(step: Step, digits: str) -> str:
    """The way on with the variable set, or ``""`` when the caller wants to type again."""
    step.set(step["variable"], digits)
    if not step["confirm"]:
        return "next"
    spoken = f"{{{step['variable']}:digits}}"
    prompts = step.prompts([*step["confirm_before"], spoken, *step["confirm_after"]])
    key = await step.line.collect(prompts, 1, step["timeout_s"], "")
    return {"1": "next", ZERO: OPERATOR}.get(key, "")


def check_collect(node: Node, place: Place) -> Problems:
    """The shortest answer must not be longer than the longest."""
    low, high = node["min"], node["max"]
    if isinstance(low, int) and isinstance(high, int) and low > high:
        return [
            FlowFault(
                "range",
                "{where}: min {low} is more than max {high}",
                place.at(field="min"),
                low=low,
                high=high,
            )
        ]
    return []


MENU = NodeKind(
    name="menu",
    title=Text("Menu"),
    fields=(
        PROMPTS,
        Field(
            name="choices",
            type=FieldType.TARGETS,
            title=Text("Keys"),
            required=True,
            by_caller=True,
        ),
        WAIT,
        TRIES,
        WRONG,
        NO_INPUT,
        FAILED,
    ),
    run=run_menu,
    check=check_menu,
)
PLAY = NodeKind(name="play", title=Text("Play"), fields=(PROMPTS, NEXT), run=run_play)
SAY = NodeKind(
    name="say",
    title=Text("Say"),
    fields=(Field(name="text", type=FieldType.SPEECH, title=Text("Text"), required=True), NEXT),
    run=run_say,
)
COLLECT = NodeKind(
    name="collect",
    title=Text("Collect digits"),
    fields=(
        PROMPTS,
        Field(name="variable", type=FieldType.VARIABLE, title=Text("Variable"), required=True),
        Field(
            name="min",
            type=FieldType.NUMBER,
            title=Text("Fewest digits"),
            default=1,
            low=1,
            high=32,
        ),
        Field(
            name="max", type=FieldType.NUMBER, title=Text("Most digits"), default=32, low=1, high=32
        ),
        Field(
            name="confirm", type=FieldType.FLAG, title=Text("Read back and confirm"), default=False
        ),
        Field(
            name="confirm_before",
            type=FieldType.PROMPTS,
            title=Text("Said before reading back"),
            default=("you-entered",),
        ),
        Field(
            name="confirm_after",
            type=FieldType.PROMPTS,
            title=Text("Said after reading back"),
            default=("is-it-right",),
        ),
        WAIT,
        TRIES,
        WRONG,
        NO_INPUT,
        Field(
            name="next", type=FieldType.TARGET, title=Text("Then"), required=True, by_caller=True
        ),
        FAILED,
    ),
    run=run_collect,
    check=check_collect,
)
