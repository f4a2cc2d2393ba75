"""A questionnaire by keys: numbers, what is said of an answer, and going on after a cut."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from attrs import define, field
from tests.core.surveys.shipped import recovery

from careline.i18n import Text
from careline.ivr.check import Known
from careline.ivr.kinds import CORE_KINDS
from careline.ivr.model import END, Field, FieldType, NodeKind, kinds_by_name
from careline.ivr.prompt import Prompt, Speech
from careline.ivr.step import Step
from careline.surveys.asking import ASKING_FIELDS, Asking, Left
from careline.surveys.model import Question
from careline.testing.line import KILL, Killed, ScriptedLine, book, flows, go

FLOW = """
[flows.main]
start = "ask"
operator = "agent"
[flows.main.nodes.ask]
kind = "questions"
done = "@end"
[flows.main.nodes.agent]
kind = "voicemail"
box = "service"
done = "@end"
failed = "@end"
"""


@define
class Ward:
    """Keeps what is answered; says something of a fever."""

    kept: dict[str, int] = field(factory=dict)
    left: list[Left] = field(factory=list)
    comment: bool = False

    async def reply(self, question: Question, value: int) -> Sequence[Prompt]:
        self.kept[question.name] = value
        return [Prompt(Speech.TEXT, "护士会联系您", "zh")] if question.flag(value) else []

    async def run(self, step: Step) -> str:
        asking = Asking(step=step, owner="ward", survey=recovery(), sink=self,
                        replies=dict(self.kept), comment=self.comment, agent=True)  # fmt: skip
        self.left.append(await asking.ask())
        return "done"


def rings(ward: Ward, *keys: str, line: ScriptedLine | None = None) -> ScriptedLine:
    done = Field(name="done", type=FieldType.TARGET, title=Text("Afterwards"), default=END)
    kind = NodeKind(
        name="questions", title=Text("Ask"), fields=(*ASKING_FIELDS, done), run=ward.run
    )
    kinds = kinds_by_name([*CORE_KINDS, kind])
    line = line or ScriptedLine(keys)
    go(book(*flows(FLOW, Known(kinds=kinds)), kinds=kinds), line)
    return line


def test_each_answer_is_kept_and_what_is_to_be_said_comes_before_the_next_question() -> None:
    ward = Ward()
    line = rings(ward, "38*6", "10", "1")
    assert ward.kept == {"temperature": 386, "pain": 10, "bleeding": 1}
    assert ward.left == [Left.DONE], "nobody can take a spoken comment"
    assert line.names == [
        "ward-recovery-1-temperature",
        *("护士会联系您", "ward-recovery-1-pain"),
        *("护士会联系您", "ward-recovery-1-bleeding"),
        "护士会联系您",
    ]


def test_a_temperature_that_nobody_has_is_asked_for_again() -> None:
    ward = Ward()
    line = rings(ward, "86*5", "", "36*5")
    assert (ward.kept, ward.left) == ({}, [Left.SILENT])
    assert line.names[1:3] == ["invalid-key", "ward-recovery-1-temperature"]


def test_each_question_has_tries_of_its_own() -> None:
    ward = Ward()
    rings(ward, "99", "36*5", "", "3", "7", "2")
    assert ward.kept == {"temperature": 365, "pain": 3, "bleeding": 2}


def test_zero_is_an_answer_where_it_can_be_one() -> None:
    ward = Ward(comment=True)
    rings(ward, "365", "0", "0")
    assert (ward.kept, ward.left) == ({"temperature": 365, "pain": 0}, [Left.AGENT])
    rings(ward, "2", "1")
    assert ward.left[-1] is Left.COMMENT
    assert ward.kept["words"] == 1


def test_the_questions_go_on_where_the_core_was_cut_off() -> None:
    ward = Ward()
    line = ScriptedLine(["36*5", KILL])
    with pytest.raises(Killed):
        rings(ward, line=line)
    line.acts = ["3", "2"]
    rings(ward, line=line)
    assert ward.kept == {"temperature": 365, "pain": 3, "bleeding": 2}
    assert line.names.count("ward-recovery-1-temperature") == 1
