"""The kinds of flow nodes that appointments bring."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from careline.i18n import Text
from careline.ivr.model import OPERATOR, RETURN, Answer, Field, FieldType, NodeKind
from careline_appointments.ivr.book import run_book
from careline_appointments.ivr.ground import Ground
from careline_appointments.ivr.introduce import run_introduce
from careline_appointments.ivr.query import run_cancel, run_query
from careline_appointments.ivr.who import run_identify

#: A dialogue may take as long as people do; each wait on the outside has its own end.
LONGEST_S = 900.0

WAIT = Field(
    name="timeout_s",
    type=FieldType.NUMBER,
    title=Text("Seconds to wait for a key"),
    default=6,
    low=1,
    high=60,
)
TRIES = Field(name="tries", type=FieldType.NUMBER, title=Text("Tries"), default=3, low=1, high=9)
FAILED = Field(
    name="failed", type=FieldType.TARGET, title=Text("After the last try"), default=OPERATOR
)
BACK = Field(name="back", type=FieldType.TARGET, title=Text("Back"), default=RETURN, by_caller=True)


def _way(name: str, title: Text) -> Field:
    return Field(name=name, type=FieldType.TARGET, title=title, required=True, by_caller=True)


def kinds(ground: Ground | None = None) -> list[NodeKind]:
    """All of them; without ``ground`` to check flows with, not to run them."""
    return [
        _kind(
            "identify",
            Text("Who is on the phone"),
            run_identify,
            ground,
            _way("found", Text("If found")),
            _way("unknown", Text("If not found")),
        ),
        _kind(
            "book",
            Text("Book a visit"),
            run_book,
            ground,
            Field(
                name="prompts",
                type=FieldType.PROMPTS,
                title=Text("Prompts"),
                default=("appointments-offer",),
            ),
            Field(
                name="choices",
                type=FieldType.TARGETS,
                title=Text("Keys besides 1 and 2"),
                by_caller=True,
            ),
            _way("done", Text("Afterwards")),
        ),
        _kind(
            "query",
            Text("Coming visits"),
            run_query,
            ground,
            _way("cancel", Text("To cancel one")),
        ),
        _kind(
            "cancel", Text("Cancel a visit"), run_cancel, ground, _way("done", Text("Afterwards"))
        ),
        _kind(
            "introduce",
            Text("Introduce doctors by number"),
            run_introduce,
            ground,
            _way("book", Text("To book that doctor")),
        ),
    ]


def _kind(
    name: str,
    title: Text,
    run: Callable[..., Awaitable[Answer]],
    ground: Ground | None,
    *fields: Field,
) -> NodeKind:
    return NodeKind(
        name=f"appointments_{name}",
        title=title,
        fields=(*fields, WAIT, TRIES, BACK, FAILED),
        run=partial(run, ground=ground),
        timeout_s=LONGEST_S,
    )
