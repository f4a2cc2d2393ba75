"""Recording a prompt by phone: the phone rings, says what to do, records, plays back, asks.

A take is kept in memory while its phone is up and for a while after, so that a page can show it and
keep it; its sound lies in a folder of its own until then.
"""

from __future__ import annotations

import wave
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from uuid import uuid4

from attrs import define
from twisted.logger import Logger

from careline.clock import Clock
from careline.errors import CarelineError, Conflict, NotFound
from careline.i18n import Lang
from careline.prompts.model import Prompt, Source, check_language, check_name
from careline.prompts.service import Prompts
from careline.telephony.agi import AgiSession
from careline.telephony.agi.session import CallerGone
from careline.telephony.switch import Switch

CONTEXT = "careline-record"
RING_S = 30.0
LONGEST_MS = 300_000
SILENCE_S = 6
KEY_WAIT_MS = 8000
ASKED = 3
KEPT = timedelta(hours=1)

log = Logger()


class TakeState(Enum):
    """How far a take is."""

    RINGING = "ringing"
    RECORDING = "recording"
    CHOOSING = "choosing"
    RECORDED = "recorded"
    KEPT = "kept"
    REFUSED = "refused"
    MISSED = "missed"


OPEN = (TakeState.RINGING, TakeState.RECORDING, TakeState.CHOOSING)


@define
class Take:
    """One recording; ``error`` is why it could not be kept."""

    id: str
    name: str
    language: Lang
    who: str
    begun: datetime
    path: Path
    state: TakeState = TakeState.RINGING
    error: CarelineError | None = None
    prompt: Prompt | None = None

    @property
    def has_sound(self) -> bool:
        """True once something was recorded."""
        return self.state in (TakeState.CHOOSING, TakeState.RECORDED, TakeState.REFUSED)


class Takes:
    """The takes of this core; sounds lie in ``folder``, which the switch can write too."""

    def __init__(
        self,
        clock: Clock,
        switch: Switch,
        prompts: Prompts,
        folder: Path,
        in_thread: Callable[..., Awaitable[float]],
    ) -> None:
        self._clock = clock
        self._switch = switch
        self._prompts = prompts
        self._folder = folder
        self._in_thread = in_thread
        self._takes: dict[str, Take] = {}

    async def begin(self, name: str, lang: Lang, phone: str, who: str) -> Take:
        """Ring ``phone`` (``PJSIP/1001``) to record what ``name`` shall play.

        Invalid for a wrong name or language, Conflict while one of ``who`` goes on, Unavailable
        when the switch is away.
        """
        check_name(name)
        check_language(lang)
        if any(one.who == who and one.state in OPEN for one in self._takes.values()):
            raise Conflict("prompt.recording", "Your phone is recording already.")
        self._forget_old()
        take_id = uuid4().hex
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        take = Take(
            id=take_id,
            name=name,
            language=lang,
            who=who,
            begun=self._clock.now(),
            path=self._folder / f"{take_id}.wav",
        )
        await self._switch.originate(
            phone,
            CONTEXT,
            "s",
            variables={"CARELINE_TAKE": take_id},
            timeout_s=RING_S,
            at_once=True,
            channel_id=f"take:{take_id}",  # with a colon: it is no call
        )
        self._takes[take_id] = take
        return take

    def get(self, take_id: str, who: str) -> Take:
        """One of somebody's own takes; NotFound. A phone that nobody answered is given up."""
        take = self._takes.get(take_id)
        if take is None or take.who != who:
            raise NotFound("prompt.no_take", "This recording is not there any more.")
        waited = (self._clock.now() - take.begun).total_seconds()
        if take.state is TakeState.RINGING and waited > RING_S + 5:
            take.state = TakeState.MISSED
        return take

    async def keep(self, take: Take) -> Prompt:
        """Let the prompt play it from now on. Invalid with what is wrong with the recording."""
        try:
            prompt = await self._prompts.import_file(
                take.name, take.language, take.path, source=Source.PHONE
            )
        except CarelineError as error:
            take.state, take.error = TakeState.REFUSED, error
            raise
        take.state, take.prompt = TakeState.KEPT, prompt
        take.path.unlink(missing_ok=True)
        return prompt

    def drop(self, take: Take) -> None:
        """Forget it."""
        self._takes.pop(take.id, None)
        take.path.unlink(missing_ok=True)

    async def serve(self, session: AgiSession) -> None:
        """The phone was answered (``agi://core/record``)."""
        take = self._takes.get(await session.get_variable("CARELINE_TAKE") or "")
        if take is None:
            await session.stream_file("careline/staff-cannot-now")
            return
        try:
            await self._lead(session, take)
        except CallerGone:
            await self._hung_up(take)
            raise

    async def _lead(self, session: AgiSession, take: Take) -> None:
        said = str(take.path.with_suffix(""))
        again = True
        for _ in range(ASKED * 3):
            if again:
                take.state = TakeState.RECORDING
                await session.stream_file("careline/staff-record-prompt")
                await session.record_file(said, "#", LONGEST_MS, silence_s=SILENCE_S)
                take.state = TakeState.CHOOSING
            await session.stream_file(said)
            key, _late = await session.get_data("careline/staff-record-menu", KEY_WAIT_MS, 1)
            if key == "1":
                await session.stream_file(f"careline/{await self._kept(take)}")
                return
            if not key:
                break
            again = key == "2"
        take.state = TakeState.RECORDED

    async def _kept(self, take: Take) -> str:
        try:
            await self.keep(take)
        except CarelineError as error:
            log.info("recording by phone is not kept: {error}", error=error)
            return "staff-cannot-now"
        return "staff-prompt-saved"

    async def _hung_up(self, take: Take) -> None:
        """What was spoken stays, for the page to keep it."""
        if take.state in OPEN:
            seconds = await self._in_thread(_length, take.path)
            take.state = TakeState.RECORDED if seconds > 0 else TakeState.MISSED

    def _forget_old(self) -> None:
        old = self._clock.now() - KEPT
        for take in [one for one in self._takes.values() if one.begun < old]:
            self.drop(take)


def _length(path: Path) -> float:
    """Seconds of a wav file; 0 when there is none or it is broken."""
    try:
        with wave.open(str(path), "rb") as file:
            return float(file.getnframes() / file.getframerate())
    except (OSError, wave.Error, EOFError, ZeroDivisionError):
        return 0.0
