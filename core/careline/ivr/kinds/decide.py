"""Nodes that the caller does not hear: condition, set, look_up, language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from careline.errors import Unavailable
from careline.i18n import Text
from careline.ivr.contained import contained
from careline.ivr.model import (
    FACTS,
    OPERATOR,
    VARIABLE,
    Answer,
    Caller,
    Field,
    FieldType,
    FlowFault,
    Node,
    NodeKind,
    Place,
    Problems,
)
from careline.ivr.position import MAX_VALUE

if TYPE_CHECKING:
    from careline.ivr.step import Step

TESTS: Mapping[str, Callable[[Caller], bool]] = {
    "hours": lambda caller: caller.hours == "open",
    "holiday": lambda caller: caller.hours == "holiday",
    "known": lambda caller: caller.known,
    "vip": lambda caller: caller.vip,
    "blocklisted": lambda caller: caller.blocklisted,
    "withheld": lambda caller: not caller.number,
}


def _ordered(text: str) -> tuple[int, int | str]:
    """Digits compare as numbers and come before other text."""
    return (0, int(text)) if text.isdecimal() else (1, text)


COMPARISONS: Mapping[str, Callable[[str, str], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: _ordered(left) < _ordered(right),
    "<=": lambda left, right: _ordered(left) <= _ordered(right),
    ">": lambda left, right: _ordered(left) > _ordered(right),
    ">=": lambda left, right: _ordered(left) >= _ordered(right),
    "starts": lambda left, right: left.startswith(right),
    "empty": lambda left, _right: not left,
}


async def run_condition(step: Step) -> Answer:
    """Ask a fact about the call, or compare a variable."""
    if step["test"] == "variable":
        left = step.values.get(step["variable"], "")
        holds = COMPARISONS[step["is"]](left, step.text(step["value"]))
    else:
        holds = TESTS[step["test"]](step.caller)
    return "yes" if holds else "no"


def check_condition(node: Node, place: Place) -> Problems:
    """A comparison needs its variable; other tests have none."""
    compares = node["test"] == "variable"
    if compares and not node["variable"]:
        return [FlowFault("missing", "{where}: is missing", place.at(field="variable"))]
    if node["variable"] and not compares:
        return [
            FlowFault(
                "needless", "{where}: is only for test = variable", place.at(field="variable")
            )
        ]
    return []


async def run_set(step: Step) -> Answer:
    """Set variables; all templates see the values from before."""
    filled = {name: step.text(template) for name, template in step["values"].items()}
    for name, value in filled.items():
        step.set(name, value)
    return "next"


def check_set(node: Node, place: Place) -> Problems:
    """Names must be variables of the flow's own."""
    return [
        FlowFault(
            "variable",
            "{where}: {name} is not a free variable name",
            place.at(field=f"values.{name}"),
            name=name,
        )
        for name in node["values"] or {}
        if not VARIABLE.fullmatch(name) or name in FACTS
    ]


async def run_look_up(step: Step) -> Answer:
    """Ask a look-up by name, at most ``timeout_s`` seconds, and keep what it answers."""
    if step["prompts"]:
        await step.line.play(step.prompts(step["prompts"]), "")
    arguments = {name: step.text(value) for name, value in (step["args"] or {}).items()}
    asked = step.flows.look_ups[step["ask"]](step.caller, arguments)
    try:
        values = await contained(asked, f"look-up {step['ask']}", step.clock, step["timeout_s"])
    except Unavailable:
        return "failed"
    if values is None:
        return "missing"
    _keep(step, values)
    return "found"


def _keep(step: Step, values: Mapping[str, str]) -> None:
    """Answers become variables ``<into>_<name>``; odd names and facts are left out."""
    prefix = f"{step['into']}_" if step["into"] else ""
    for key, value in values.items():
        name = prefix + str(key)
        if VARIABLE.fullmatch(name) and name not in FACTS:
            step.set(name, str(value)[:MAX_VALUE])


async def run_language(step: Step) -> Answer:
    """Go on in another language."""
    step.speak(step["language"])
    return "next"


NEXT = Field(name="next", type=FieldType.TARGET, title=Text("Then"), required=True)
CONDITION = NodeKind(
    name="condition",
    title=Text("Condition"),
    fields=(
        Field(
            name="test",
            type=FieldType.TEXT,
            title=Text("Test"),
            required=True,
            one_of=(*TESTS, "variable"),
        ),
        Field(name="variable", type=FieldType.TEXT, title=Text("Variable")),
        Field(
            name="is", type=FieldType.TEXT, title=Text("Is"), default="=", one_of=tuple(COMPARISONS)
        ),
        Field(name="value", type=FieldType.TEMPLATE, title=Text("Value"), default=""),
        Field(name="yes", type=FieldType.TARGET, title=Text("If so"), required=True),
        Field(name="no", type=FieldType.TARGET, title=Text("If not"), required=True),
    ),
    run=run_condition,
    check=check_condition,
)
SET = NodeKind(
    name="set",
    title=Text("Set"),
    fields=(
        Field(name="values", type=FieldType.TEMPLATES, title=Text("Values"), required=True),
        NEXT,
    ),
    run=run_set,
    check=check_set,
)
LOOK_UP = NodeKind(
    name="look_up",
    title=Text("Look up"),
    fields=(
        Field(name="ask", type=FieldType.LOOK_UP, title=Text("Ask"), required=True),
        Field(name="args", type=FieldType.TEMPLATES, title=Text("With")),
        Field(name="into", type=FieldType.VARIABLE, title=Text("Into")),
        Field(
            name="timeout_s",
            type=FieldType.NUMBER,
            title=Text("Seconds at most"),
            default=5,
            low=1,
            high=30,
        ),
        Field(name="prompts", type=FieldType.PROMPTS, title=Text("Said before")),
        Field(name="found", type=FieldType.TARGET, title=Text("If found"), required=True),
        Field(name="missing", type=FieldType.TARGET, title=Text("If not found"), required=True),
        Field(name="failed", type=FieldType.TARGET, title=Text("If it fails"), default=OPERATOR),
    ),
    run=run_look_up,
)
LANGUAGE = NodeKind(
    name="language",
    title=Text("Language"),
    fields=(
        Field(name="language", type=FieldType.TEXT, title=Text("Language"), required=True),
        NEXT,
    ),
    run=run_language,
)
