"""What a node has in hand while it runs: its fields, the caller, the line, the call's variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import define, evolve

from careline.ivr.line import Line
from careline.ivr.model import OPERATOR, Answer, Caller, Exit, Flow, Node, ways
from careline.ivr.position import Position
from careline.ivr.prompt import Prompt, fill, listed, spoken

if TYPE_CHECKING:
    from careline.clock import Clock
    from careline.ivr.book import FlowBook

ZERO = "0"


@define
class Step:
    """One run of one node; ``position`` grows as variables are set, all else is given."""

    flow: Flow
    node: Node
    position: Position
    line: Line
    caller: Caller
    flows: FlowBook

    @property
    def clock(self) -> Clock:
        """The clock for waits on the outside."""
        return self.flows.clock

    @property
    def values(self) -> Mapping[str, str]:
        """The caller's facts and the call's variables; facts win."""
        return {**self.position.vars, **self.caller.facts()}

    def __getitem__(self, field: str) -> Any:
        """The node's field."""
        return self.node[field]

    def text(self, template: str) -> str:
        """A template filled with the variables."""
        return fill(template, self.values)

    def prompts(self, items: Sequence[str] | None) -> list[Prompt]:
        """A prompt list in the caller's language."""
        return listed(items or (), self.values, self.position.language)

    def speech(self, texts: Mapping[str, str]) -> list[Prompt]:
        """A text in the caller's language, else in the flow's first."""
        language = self.position.language
        if language not in texts:
            language = next((one for one in self.flow.languages if one in texts), "")
        return spoken(texts.get(language, ""), self.values, language)

    def set(self, name: str, value: str) -> None:
        """Set a variable; Refused when the call carries too much."""
        self.position = self.position.with_var(name, value)

    async def play(self, prompts: Sequence[Prompt], way: str) -> str:
        """Say something and answer ``way``, or the operator when 0 was pressed meanwhile."""
        if prompts and await self.line.play(prompts, ZERO) == ZERO:
            return OPERATOR
        return way

    def speak(self, language: str) -> None:
        """Go on in ``language``."""
        self.position = evolve(self.position, language=language)

    def ways(self) -> dict[str, str]:
        """Outcome -> target of all ways out of this node."""
        kind = self.flows.kinds[self.node.kind]
        return {way.outcome: way.target for way in ways(self.node, kind)}

    async def after_prompts(self, answer: Exit) -> Answer:
        """Say the node's prompts, then leave; the operator's own node does not listen for 0."""
        escape = "" if self.node.name == self.flow.operator else ZERO
        prompts = self.prompts(self["prompts"])
        if prompts and await self.line.play(prompts, escape):
            return OPERATOR
        return answer

    async def again(self) -> bool:
        """Count one wrong or missing input and keep the count; False when no try is left."""
        self.position = evolve(self.position, tries=self.position.tries + 1)
        await self.line.keep(self.position)
        return self.position.tries < int(self["tries"] or 1)
