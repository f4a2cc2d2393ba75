"""What follow-up brings to the telephone: a node, its sentences, the flow of automatic calls."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import partial
from itertools import chain
from typing import Any

from careline.hooks import SpokenText
from careline.i18n import Text
from careline.ivr.model import END, Field, FieldType, NodeKind
from careline.surveys import asking
from careline_followup.ivr.asking import run_questionnaire
from careline_followup.ivr.words import spoken_texts
from careline_followup.services import OWNER, Services
from careline_followup.starter import DATA, questionnaires

KIND = "followup_questionnaire"
#: Questions take as long as people do; each wait on the outside has its own end.
LONGEST_S = 900.0

FIELDS = (
    *asking.ASKING_FIELDS,
    Field(
        name="done", type=FieldType.TARGET, title=Text("Afterwards"), required=True, by_caller=True
    ),
    Field(name="over", type=FieldType.TARGET, title=Text("Not asked, or not all"), default=END),
    Field(name="agent", type=FieldType.TARGET, title=Text("Key 0: to an agent"), by_caller=True),
)


class IvrPart:
    """The node."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def ivr_nodes(self) -> list[NodeKind]:
        """The one kind."""
        return [_kind(self._services)]

    def prompts(self) -> list[SpokenText]:
        """The sentences, and the questions that are shipped."""
        asked = (asking.spoken_texts(OWNER, one) for one in questionnaires())
        return [*spoken_texts(), *chain.from_iterable(asked)]


def demo_flows() -> Mapping[str, Any]:
    """The flow ``followup``."""
    return tomllib.loads((DATA / "flow.toml").read_text(encoding="utf-8"))


def demo_kinds() -> list[NodeKind]:
    """The kind that it uses, to check it with."""
    return [_kind(None)]


def _kind(services: Services | None) -> NodeKind:
    """The kind; without ``services`` to check flows with, not to run them."""
    return NodeKind(
        name=KIND,
        title=Text("Ask the questions of a follow-up"),
        fields=FIELDS,
        run=partial(run_questionnaire, services=services),
        timeout_s=LONGEST_S,
    )
