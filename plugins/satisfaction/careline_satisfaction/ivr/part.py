"""What surveys bring to the telephone: a node, its sentences, the way there after a talk."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import partial
from typing import Any

from careline.calls.model import CallRecord
from careline.hooks import SpokenText
from careline.i18n import Text
from careline.ivr.model import END, Enter, Field, FieldType, NodeKind
from careline.surveys.asking import ASKING_FIELDS, spoken_texts
from careline_satisfaction.ivr.asking import Ground, run_survey
from careline_satisfaction.starter import DATA, starter
from careline_satisfaction.survey.book import OWNER

KIND = "satisfaction_survey"
#: A survey may take as long as people do; each wait on the outside has its own end.
LONGEST_S = 600.0

FIELDS = (
    Field(name="survey", type=FieldType.TEXT, title=Text("Survey, else the queue's"), default=""),
    *ASKING_FIELDS,
    Field(
        name="done", type=FieldType.TARGET, title=Text("Afterwards"), required=True, by_caller=True
    ),
    Field(name="silent", type=FieldType.TARGET, title=Text("Without an answer"), default=END),
    Field(name="comment", type=FieldType.TARGET, title=Text("To speak a comment"), by_caller=True),
    Field(name="agent", type=FieldType.TARGET, title=Text("Key 0: to an agent"), by_caller=True),
)


class IvrPart:
    """The node, and who is led to it."""

    def __init__(self, ground: Ground, flow: str) -> None:
        self._ground = ground
        self._flow = flow

    def ivr_nodes(self) -> list[NodeKind]:
        """The one kind."""
        return [_kind(self._ground)]

    def prompts(self) -> list[SpokenText]:
        """The questions that are shipped."""
        return spoken_texts(OWNER, starter())

    async def after_call(self, call: CallRecord) -> Enter | None:
        """To the survey, if there is one for this call and nobody has asked yet."""
        answers = self._ground.answers
        if answers.survey_for(call) is None:
            return None
        answer = await answers.of_call(call.id)
        return None if answer is not None and answer.over else Enter(self._flow)


def demo_flows() -> Mapping[str, Any]:
    """The flow ``rating``, in place of the core's."""
    return tomllib.loads((DATA / "flow.toml").read_text(encoding="utf-8"))


def demo_kinds() -> list[NodeKind]:
    """The kind that it uses, to check it with."""
    return [_kind(None)]


def _kind(ground: Ground | None) -> NodeKind:
    """The kind; without ``ground`` to check flows with, not to run them."""
    return NodeKind(
        name=KIND,
        title=Text("Ask how satisfied the caller is"),
        fields=FIELDS,
        run=partial(run_survey, ground=ground),
        timeout_s=LONGEST_S,
    )
