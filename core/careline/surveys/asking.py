"""A survey by telephone keys: each question asked some times, and nobody kept on the line.

A plugin's node makes one :class:`Asking` for its caller; the node has :data:`ASKING_FIELDS` among
its fields. What replies become is the sink's affair. A core that takes the call up again gives the
replies that it has, and the questions go on from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Protocol

from attrs import define, evolve

from careline.hooks import SpokenText
from careline.i18n import Text
from careline.ivr.line import END_KEY
from careline.ivr.model import Field, FieldType
from careline.ivr.prompt import Prompt, Speech
from careline.ivr.step import Step
from careline.surveys.model import Kind, Question, Survey

OPERATOR_KEY = "0"
ASKING_FIELDS = (
    Field(
        name="timeout_s",
        type=FieldType.NUMBER,
        title=Text("Seconds to wait for a key"),
        default=6,
        low=1,
        high=60,
    ),
    Field(name="tries", type=FieldType.NUMBER, title=Text("Tries"), default=2, low=1, high=3),
)


class Left(Enum):
    """How the questions ended: DONE all of them; SILENT no right key; else what was chosen."""

    DONE = "done"
    SILENT = "silent"
    COMMENT = "comment"
    AGENT = "agent"


class Sink(Protocol):
    """Where replies go."""

    async def reply(self, question: Question, value: int) -> Sequence[Prompt]:
        """Take one in; the answer is said before the next question, mostly nothing.

        Whatever is raised ends the questions, so it deals with a database that is away itself.
        """


@define(kw_only=True)
class Asking:
    """One caller's way through one survey.

    ``owner`` is the plugin whose survey it is. ``replies`` are those that are there, and grow.
    ``comment``: a comment may be spoken, else it is not asked for; ``agent``: key 0 leads to one
    where it is no answer.
    """

    step: Step
    owner: str
    survey: Survey
    sink: Sink
    replies: dict[str, int]
    comment: bool = False
    agent: bool = False

    async def ask(self) -> Left:
        """All questions from where the caller is. May raise ``CallerGone`` at each of them."""
        said: list[Prompt] = []
        while (question := self.survey.next(self.replies)) is not None:
            if question.kind is Kind.COMMENT and not self.comment:
                break
            value = await self._one(question, said)
            if isinstance(value, Left):
                return value
            self.replies[question.name] = value
            said = list(await self.sink.reply(question, value))
            self.step.position = evolve(self.step.position, tries=0)
            await self.step.line.keep(self.step.position)
            if question.kind is Kind.COMMENT and value == 1:
                return Left.COMMENT
        if said:
            await self.step.line.play(said, "")
        return Left.DONE

    async def _one(self, question: Question, said: list[Prompt]) -> int | Left:
        """What was pressed; SILENT after the last try."""
        step = self.step
        language = step.position.language
        while True:
            prompts = [*said, asked(self.owner, self.survey, question, language)]
            wait = step["timeout_s"]
            keys = await step.line.collect(prompts, question.most_keys, wait, END_KEY)
            keys = keys.partition(END_KEY)[0]
            value = question.pressed(keys)
            if value is not None:
                return value
            if keys == OPERATOR_KEY and self.agent:
                return Left.AGENT
            if not await step.again():
                return Left.SILENT
            name = "invalid-key" if keys else "no-input"
            said = [Prompt(Speech.NAME, name, language)]


def asked(owner: str, survey: Survey, question: Question, language: str) -> Prompt:
    """A question as it is asked; what was not recorded is spoken."""
    name = prompt_name(owner, survey, question)
    language = question.words.language(language)
    return Prompt(Speech.NAME, name, language, question.words.to(language))


def prompt_name(owner: str, survey: Survey, question: Question) -> str:
    """The prompt's name; another version has other words, and so another name."""
    return f"{owner}-{survey.name}-{survey.version}-{question.name}"


def spoken_texts(owner: str, survey: Survey) -> list[SpokenText]:
    """The questions of a survey that is shipped, for hook ``prompts``."""
    return [
        SpokenText(name=prompt_name(owner, survey, one), zh=one.words.zh, en=one.words.en)
        for one in survey.questions
    ]
