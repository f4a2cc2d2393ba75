"""A dialogue by keys within one node: questions, tries, what is remembered over a restart."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Collection, Coroutine, Sequence
from typing import Any, TypeVar

from attrs import define, evolve
from twisted.internet.defer import CancelledError, Deferred, DeferredList, TimeoutError
from twisted.python.failure import Failure

from careline.clinic import Department, Doctor
from careline.errors import NotFound, Unavailable
from careline.ivr.model import OPERATOR, Prompt, Speech
from careline.ivr.step import Step
from careline_appointments.ivr.ground import Ground
from careline_appointments.ivr.words import say, sentences

T = TypeVar("T")

ZERO, STAR, HASH = "0", "*", "#"
#: Seconds: until a caller hears that something is looked up, and longest for reading and booking.
SOON, READ_S, BOOK_S = 0.7, 3.0, 8.0
#: What the dialogue keeps in the call's variables begins so.
PREFIX = "apt_"
ODD = re.compile(r"[^a-z0-9]+")


class Leave(Exception):
    """The dialogue is over: leave the node by ``way``."""

    def __init__(self, way: str) -> None:
        super().__init__(way)
        self.way = way


@define
class Talk:
    """One run of a node's dialogue with the caller."""

    step: Step
    ground: Ground

    # What is remembered

    def get(self, name: str) -> str:
        """What was noted earlier in the call; empty when nothing was."""
        return self.step.position.vars.get(PREFIX + name, "")

    def note(self, **values: object) -> None:
        """Note for later steps; kept on the channel by :meth:`kept`."""
        for name, value in values.items():
            self.step.set(PREFIX + name, str(value))

    async def kept(self) -> None:
        """Let a core that takes the call up go on from here; all tries are left again."""
        self.step.position = evolve(self.step.position, tries=0)
        await self.step.line.keep(self.step.position)

    @property
    def patient(self) -> int:
        """The record of who is on the phone; 0 while that is not known."""
        return int(self.get("patient") or 0)

    def came(self, **changes: Any) -> None:
        """Tell agents how far the caller came."""
        self.ground.progress.note(self.step.caller.call, **changes)

    # What is said

    @property
    def language(self) -> str:
        """The caller's."""
        return self.step.position.language

    def words(self, sentence: str, **values: Sequence[Prompt] | Prompt) -> list[Prompt]:
        """A sentence in the caller's language."""
        lists = {
            name: [one] if isinstance(one, Prompt) else list(one) for name, one in values.items()
        }
        return say(sentence, self.language, lists)

    def listed(self, items: Sequence[str]) -> list[Prompt]:
        """A node's prompt list; sentences of ours are spoken even before they were made."""
        ours = {f"appointments-{name}": name for name in sentences()}
        prompts: list[Prompt] = []
        for one in self.step.prompts(items):
            prompts += self.words(ours[one.value]) if one.value in ours else [one]
        return prompts

    def value(self, speech: Speech, value: object) -> Prompt:
        """A date, number ... as it is said."""
        return Prompt(speech, str(value), self.language)

    def key(self, number: int) -> Prompt:
        """A key to press."""
        return self.value(Speech.NUMBER, number)

    def campus(self, campus: str) -> Prompt:
        """A campus by name."""
        try:
            known = self.ground.services.core.campuses.campus(campus)
        except NotFound:
            return self._named("campus", campus, "", campus, "")
        return self._named("campus", campus, "", known.title, known.title_en)

    def department(self, one: Department) -> Prompt:
        """A department by name: the hospital's recording, else its name spoken."""
        return self._named("department", one.campus, one.code, one.name, one.name_en)

    def doctor(self, one: Doctor | None) -> list[Prompt]:
        """A doctor by name, None for the general clinic."""
        if one is None:
            return self.words("general")
        return [self._named("doctor", one.campus, one.code, one.name, one.name_en)]

    def text(self, text: str) -> list[Prompt]:
        """A text as it is; nothing for an empty one."""
        return [self.value(Speech.TEXT, text)] if text.strip() else []

    def _named(self, kind: str, campus: str, code: str, name: str, english: str) -> Prompt:
        prompt = ODD.sub("-", f"{kind}-{campus}-{code}".lower()).strip("-")
        text = (english or name) if self.language == "en" else name
        return Prompt(Speech.NAME, prompt, self.language, text)

    # Questions

    async def tell(self, prompts: Sequence[Prompt]) -> None:
        """Say something; 0 leaves for an agent."""
        if prompts and await self.step.line.play(prompts, ZERO) == ZERO:
            raise Leave(OPERATOR)

    async def choose(self, prompts: Sequence[Prompt], keys: Collection[str]) -> str:
        """One of ``keys``; 0 leaves for an agent, so does the last try by way ``failed``."""
        said: list[Prompt] = []
        while True:
            wait = self.step["timeout_s"]
            pressed = await self.step.line.collect([*said, *prompts], 1, wait, "")
            if pressed in keys:
                return pressed
            if pressed == ZERO:
                raise Leave(OPERATOR)
            said = await self._again("invalid-key" if pressed else "no-input")

    async def digits(self, prompts: Sequence[Prompt], most: int) -> str:
        """Up to ``most`` keys, ended by hash; a lone hash or star is given as it is."""
        said: list[Prompt] = []
        while True:
            wait = self.step["timeout_s"]
            pressed = await self.step.line.collect([*said, *prompts], most, wait, "")
            pressed = pressed if pressed == HASH else pressed.partition(HASH)[0]
            if pressed == ZERO:
                raise Leave(OPERATOR)
            if pressed:
                return pressed
            said = await self._again("no-input")

    async def wrong(self, sentence: str) -> None:
        """What was typed is not right: say so, unless that was the last try."""
        await self._again("")
        await self.tell(self.words(sentence))

    async def _again(self, prompt: str) -> list[Prompt]:
        if not await self.step.again():
            raise Leave("failed")
        return [Prompt(Speech.NAME, prompt, self.language)] if prompt else []

    # Waiting

    async def read(self, work: Coroutine[Any, Any, T], default: T) -> T:
        """What ``work`` finds out within three seconds, else ``default``; the caller is told."""
        running: Deferred[T] = Deferred.fromCoroutine(work)
        running.addTimeout(READ_S, self.step.clock.reactor)
        try:
            await self._hold(running, "please-hold")
            return await running
        except (TimeoutError, Unavailable):
            return default
        finally:
            running.cancel()
            running.addErrback(lambda _: None)

    async def decided(self, work: Coroutine[Any, Any, T]) -> T | None:
        """What ``work`` decides within eight seconds; None when it goes on without us.

        It is the plugin's task: neither a hang-up nor the wait's end stops it.
        """
        outcome: Deferred[T | None] = Deferred()
        running: Deferred[T] = Deferred.fromCoroutine(work)

        def done(result: T | Failure) -> T | Failure | None:
            if outcome.called:
                return result  # nobody waits any more: the task's owner logs what went wrong
            if isinstance(result, Failure) and isinstance(result.value, CancelledError):
                outcome.callback(None)
            elif isinstance(result, Failure):
                outcome.errback(result)
            else:
                outcome.callback(result)
            return None

        running.addBoth(done)
        self.ground.services.core.tasks.spawn(_ended(running), "a caller's booking")
        outcome.addTimeout(BOOK_S, self.step.clock.reactor)
        try:
            await self._hold(outcome, "please-hold-booking")
            return await outcome
        except TimeoutError:
            return None
        finally:
            outcome.cancel()
            outcome.addErrback(lambda _: None)

    async def _hold(self, running: Deferred[T], sentence: str) -> None:
        """Return when ``running`` has an outcome, or soon, after a word to the caller."""
        clock = self.step.clock
        soon: Deferred[None] = Deferred.fromCoroutine(clock.sleep(SOON))
        seen: Deferred[None] = Deferred()

        def look(result: T) -> T:
            clock.call_later(0, tell)  # not at once: ``running`` is not done with its callbacks
            return result

        def tell() -> None:
            if not seen.called:
                seen.callback(None)

        running.addBoth(look)
        await DeferredList([soon, seen], fireOnOneCallback=True, consumeErrors=True)
        soon.addErrback(lambda _: None)
        soon.cancel()
        if not running.called:
            await self.tell(self.words(sentence))


async def _ended(running: Deferred[Any]) -> None:
    await running


async def lead(dialogue: Awaitable[str]) -> str:
    """The way by which a dialogue leaves its node."""
    try:
        return await dialogue
    except Leave as leave:
        return leave.way
