"""A caller's way through a flow, without a call: what was said, what was pressed, where it went."""

from __future__ import annotations

from itertools import groupby

from attrs import frozen

from careline.app import App
from careline.i18n import Lang
from careline.ivr.book import FlowBook
from careline.ivr.demo import demo_prompts
from careline.ivr.engine import run
from careline.ivr.exits import Exit
from careline.ivr.model import Caller
from careline.ivr.parse import load
from careline.ivr.prompt import Prompt, Speech
from careline.prompts.catalogue import listed
from careline.testing.line import ScriptedLine

AROUND = """
name = "walk"
start = "first"
operator = "agent"
languages = ["zh", "en"]
[nodes.first]
{node}
[nodes.agent]
kind = "queue"
queue = "service"
timeout = "bye"
full = "bye"
closed = "bye"
[nodes.bye]
kind = "hang_up"
prompts = ["goodbye"]
"""


def around(node: str) -> str:
    """A flow about one node, given as the lines of its table; it may lead to ``agent`` and ``bye``.

    The caller's 0 leads to ``agent``, as everywhere.
    """
    return AROUND.format(node=node)


@frozen
class Walk:
    """How it went: ``said`` as heard, ``nodes`` in order, ``left`` is how the flow was left."""

    said: tuple[str, ...]
    nodes: tuple[str, ...]
    left: Exit


class Walking:
    """Part of :class:`careline.testing.core.MemoryCore`."""

    app: App

    async def walk(
        self, flow: str, *keys: str, caller: Caller | None = None, language: str = ""
    ) -> Walk:
        """Lead a caller through a flow that is written in TOML; ``keys`` are pressed one by one.

        The flow may use whatever nodes the enabled plugins bring. A caller who has no key left
        stays silent. Prompts are told as the texts that they say.
        """
        app = self.app
        [found] = app.flows.check(load(flow))
        book = FlowBook(clock=app.clock, kinds=app.book.kinds, look_ups=app.book.look_ups)
        book.put([found])
        line = ScriptedLine(keys)
        left = await run(book, book.begin(found.name, language), line, caller or Caller())
        nodes = tuple(name for name, _ in groupby(line.nodes))
        return Walk(tuple(self._words(one) for one in line.heard), nodes, left)

    def _words(self, prompt: Prompt) -> str:
        if prompt.speech is not Speech.NAME:
            return prompt.value
        lang: Lang = "en" if prompt.language == "en" else "zh"
        texts = {one.name: _in(lang, one.zh, one.en) for one in self.app.hub.prompts()}
        known = (*self.app.prompts.wanted, *listed(demo_prompts()))
        shipped = {one.name: one.text for one in known if one.language == lang}
        return {**shipped, **texts}.get(prompt.value) or prompt.text or prompt.value


def _in(lang: Lang, zh: str, en: str) -> str:
    return (zh if lang == "zh" else en) or zh or en
