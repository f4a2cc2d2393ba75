"""Taking in: after each call, and by a sweep each minute for what a crash left in the spool."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from attrs import evolve, frozen
from twisted.logger import Logger

from careline.calls import store as calls_store
from careline.calls.model import CallRecord, Leg, LegKind, Span
from careline.calls.store import StoredCall
from careline.errors import CarelineError
from careline.hooks import JobHandler
from careline.i18n import Text
from careline.jobs.model import Job
from careline.plugins import Core
from careline.storage import Tx
from careline_recording import book, duty, store
from careline_recording.book import Account, Entry
from careline_recording.config import NORMAL, RecordingConfig
from careline_recording.consent import Consent
from careline_recording.crypt import Damaged
from careline_recording.formats import kept_as
from careline_recording.intake.audio import Audio
from careline_recording.intake.filling import Source, fill
from careline_recording.intake.leading import joined, talk_joined
from careline_recording.intake.spoken import Spoken, sources_of, spoken
from careline_recording.intake.spool import Spooled, spooled
from careline_recording.intake.stretches import pauses_of, silences, stretches_of
from careline_recording.model import BYTES_A_SECOND, FRAME, Format, Recording, new_id
from careline_recording.patients import link
from careline_recording.rules import (
    BY_RULE,
    NOBODY,
    NOT_ASKED_FOR,
    OFF,
    REFUSED,
    Decision,
    Kept,
    agent_legs,
    decide,
    queue_of,
    talk_of,
)
from careline_recording.vault import Vault

TAKE_IN = "recording.take_in"
EVERY_S = 15.0
#: After so long without a word the spool is looked at, whatever became of the job.
LEFT = timedelta(seconds=20)
#: Nobody talks there now: the switch writes fifty times a second.
STILL = timedelta(seconds=2)
#: Audio of a call that nobody knows is kept after so long: its record may come yet.
UNKNOWN = timedelta(minutes=5)
MENDED = Text("mended after a crash").msgid
NO_TALK = Text("no talk of the call record is known for it").msgid


#: Whose channels are written only to fill what is not in the agents' files.
OTHERS = (LegKind.CALLER, LegKind.OUTSIDE)

log = Logger()


class Intake:
    """Moves talks from the spool into the vault, and accounts for each."""

    def __init__(self, core: Core, config: RecordingConfig, vault: Vault, consent: Consent) -> None:
        self._core = core
        self._config = config
        self._format = Format(config.format)
        self._vault = vault
        self._consent = consent
        self._at_work: set[str] = set()
        self._on = False

    def job_handlers(self) -> list[JobHandler]:
        """Taking in a call."""
        return [JobHandler(kind=TAKE_IN, do=self._job, timeout=600.0, max_tries=100)]

    async def start(self) -> None:
        """Look into the spool again and again: only this process sees it."""
        self._on = True
        await self._core.db.run(duty.begin, self._core.clock.now())
        self._core.tasks.spawn(self._keep_sweeping(), "sweeping the spool of recordings")

    async def stop(self) -> None:
        """What is in the spool waits there until this is on again."""
        if self._on:
            await self._core.db.run(duty.end, self._core.clock.now())

    async def call_ended(self, call_id: str) -> None:
        """Take in this call's talks at once."""
        job = Job(TAKE_IN, {"call": call_id}, dedupe_key=f"{TAKE_IN}:{call_id}")
        await self._core.db.run(self._core.outbox.put, job)

    async def _job(self, args: Mapping[str, Any], job: object) -> None:
        call = args["call"]
        if node_of(call) == self._core.settings.core.node:  # another's spool is another's to sweep
            await self.take_in(call)

    async def _keep_sweeping(self) -> None:
        left = STILL  # what waited while this was switched off need not wait longer
        while True:
            await self.sweep(left)
            await self._core.clock.sleep(EVERY_S)
            left = LEFT

    async def sweep(self, left: timedelta = LEFT) -> None:
        """Take in what lies in the spool of calls that are over; what fails waits.

        ``left`` is for how long nothing must have been written.
        """
        now = self._core.clock.now()
        files = await self._core.in_thread(spooled, self._core.recorder.folder)
        for call in sorted({one.call for one in files if self._is_left(one, now, left)}):
            try:
                await self.take_in(call)
            except CarelineError as error:
                log.warn("call {call} waits in the spool: {error}", call=call, error=error)

    def _is_left(self, file: Spooled, now: datetime, left: timedelta) -> bool:
        call = self._core.calls.get(file.call)
        if call is not None:
            return call.ended is not None and now - call.ended > left
        return now - file.changed > left

    async def take_in(self, call_id: str) -> None:
        """Take in all talks of a call; again, or twice at once, changes nothing."""
        if call_id in self._at_work:
            return
        self._at_work.add(call_id)
        try:
            await self._take_in(call_id)
        finally:
            self._at_work.discard(call_id)

    async def _take_in(self, call_id: str) -> None:
        core = self._core
        stored = await core.db.run(calls_store.load, call_id)
        if stored is not None and stored.record.ended is None:
            return  # it is up, or will be found to have ended
        files = await core.in_thread(spooled, core.recorder.folder)
        channels = {leg.channel for leg in agent_legs(stored.record)} if stored else set()
        mine = {
            one.channel: one
            for one in files
            if (one.call == call_id or one.channel in channels) and not self._is_live(one.channel)
        }
        used: set[str] = set()
        if stored is not None:
            used = {leg.channel for leg in stored.record.legs if leg.kind in OTHERS}
            for leg in _legs(stored, mine):
                if not self._is_live(leg.channel):
                    file = mine.get(leg.channel)
                    await self._leg(spoken(stored, leg, core.clock.now()), file, mine)
                    used.add(leg.channel)
        for file in mine.values():
            if file.channel in used:
                await self._drop(file)
            else:
                await self._left_over(file, stored.record if stored else None)
        self._consent.forget(call_id)

    def _is_live(self, channel: str) -> bool:
        """True while somebody talks there: a phone may go on in another call."""
        call = self._core.calls.of_channel(channel)
        leg = call.leg(channel) if call else None
        return leg is not None and leg.ended is None

    async def _leg(self, talk: Spoken, file: Spooled | None, files: Mapping[str, Spooled]) -> None:
        """One agent's phone: keep its audio, or say why not; the file is dropped later."""
        core = self._core
        known = await core.db.run(store.of_channel, talk.leg.channel)
        if known is not None:  # a try before this one came so far
            own = known.call == talk.call.id
            entry = talk.recorded(round(known.seconds * 1000)) if own else talk.elsewhere()
        else:
            decision = await self._decided(talk)
            on_demand = decision.kept is Kept.ON_DEMAND
            pauses = pauses_of(talk.leg, talk.facts, on_demand, talk.until)
            pauses += self._pauses_joined(talk)
            if on_demand and _covers(pauses, talk):
                decision = Decision(Kept.NEVER, NOT_ASKED_FOR)
            if decision.kept is Kept.NEVER:
                entry = talk.entry(Account.EXCUSED, decision.why)
            elif file is None or file.size < FRAME:
                entry = await self._missing(talk)
            else:
                await self._talk(talk, file, pauses, files)
                entry = talk.recorded(file.size * 1000 // BYTES_A_SECOND)
        await core.db.run(book.write, entry)

    def _pauses_joined(self, talk: Spoken) -> tuple[Span, ...]:
        """What is not kept of the talk that a leader joined, who hears it."""
        leg = talk.call.leg(talk_joined(talk.facts, talk.leg))
        if leg is None:
            return ()
        rule = decide(self._config.rules, talk_of(talk.call, leg.agent, leg))
        return pauses_of(leg, talk.facts, rule.kept is Kept.ON_DEMAND, talk.until)

    async def _missing(self, talk: Spoken) -> Entry:
        """Why there is no audio: excused when this plugin was off as the phone began to ring.

        So it is when it was switched off in mid-call: nothing of that call is written from then on.
        """
        if not talk.ended and await self._core.db.run(duty.was_on, talk.leg.started):
            return talk.missing()
        return talk.entry(Account.EXCUSED, OFF)

    async def _talk(
        self,
        talk: Spoken,
        file: Spooled,
        pauses: Sequence[Span],
        files: Mapping[str, Spooled],
    ) -> None:
        """Keep a file with what is known of its stretches."""
        spans = await self._spans(talk, file)
        stretches = stretches_of(spans, talk.until, file.size * 1000 // BYTES_A_SECOND)
        made = _recording(talk.call, talk.leg, file, self._until(talk.started))
        kept = made(stretches=stretches, started=spans[0].start)
        quiet = silences(stretches, pauses, talk.until)
        await self._keep(talk.call, kept, file, quiet, sources_of(talk, files))

    async def _spans(self, talk: Spoken, file: Spooled) -> list[Span]:
        """The talks in a file; a phone that was joined to this call talked in another before."""
        before = None
        if file.call != talk.call.id:
            before = await self._core.db.run(calls_store.load, file.call)
        leg = before.record.leg(talk.leg.channel) if before else None
        earlier = spoken(before, leg, talk.started).spans if before and leg else ()
        return sorted([*earlier, *talk.spans], key=lambda one: one.start)

    async def _decided(self, talk: Spoken) -> Decision:
        """What was decided for this talk; what was said when the phone rang stands."""
        if await self._consent.refused(talk.call.id):
            return Decision(Kept.NEVER, REFUSED)
        if not talk.leg.agent:
            return Decision(Kept.NEVER, NOBODY)
        decision = decide(self._config.rules, talk_of(talk.call, talk.leg.agent, talk.leg))
        if talk.answer == "no":
            return Decision(Kept.NEVER, decision.why or BY_RULE)
        return decision

    async def _left_over(self, file: Spooled, call: CallRecord | None) -> None:
        """Audio that the call record knows no talk of: kept, and it says so."""
        known = await self._core.db.run(store.of_channel, file.channel)
        if file.size < FRAME or known or await self._consent.refused(file.call):
            await self._drop(file)
            return
        leg = call.leg(file.channel) if call else None
        now = self._core.clock.now()
        if call is None and now - file.changed < UNKNOWN:
            return  # its record may come yet
        length = timedelta(seconds=file.size / BYTES_A_SECOND)
        made = _recording(call, leg, file, self._until(file.changed))
        kept = made(started=file.changed - length, remark=NO_TALK, stretches=())
        await self._keep(call, kept, file, ())
        await self._drop(file)

    async def _keep(
        self,
        call: CallRecord | None,
        recording: Recording,
        file: Spooled,
        quiet: Sequence[tuple[int, int]],
        sources: Sequence[Source] = (),
    ) -> None:
        """Encrypt, store, read again, note; what is plain is removed afterwards."""
        core = self._core
        taken = await core.in_thread(
            _seal, self._vault, self._format, recording, file, quiet, sources
        )
        patients = call.patients if call else ()
        await core.db.run(_note, core, taken, patients, core.clock.now())
        core.events.tell("recording_changed", recording.call, permission="recordings.play")

    async def _drop(self, file: Spooled | None) -> None:
        if file is not None:
            await self._core.in_thread(partial(file.path.unlink, missing_ok=True))

    def _until(self, started: datetime) -> datetime:
        return started + timedelta(days=self._config.days[NORMAL])


@frozen
class _Taken:
    """A recording in the vault, and what opens it."""

    recording: Recording
    sealed: store.Sealed
    peaks: bytes


def _recording(
    call: CallRecord | None, leg: Leg | None, file: Spooled, until: datetime
) -> partial[Recording]:
    """What is known before the audio is read."""
    whole = file.size // FRAME * FRAME
    agent = leg.agent if leg else ""
    return partial(
        Recording,
        id=new_id(),
        call=file.call if call is None else call.id,
        channel=file.channel,
        agent=agent,
        campus=call.campus if call else "",
        queue=queue_of(call, agent, leg) if call else "",
        seconds=whole / BYTES_A_SECOND,
        size=0,  # known when it is stored, as its hash
        sha256="",
        klass=NORMAL,
        until=until,
        remark="" if whole == file.size else MENDED,
    )


def _seal(
    vault: Vault,
    format: Format,
    recording: Recording,
    file: Spooled,
    quiet: Sequence[tuple[int, int]],
    sources: Sequence[Source],
) -> _Taken:
    """Encode, encrypt and store a file, and read it again from there; blocks."""
    filled = fill(file.path, file.size, recording.stretches, sources)
    audio = Audio(file.path, file.size, quiet, filled)
    filed = vault.put(recording.id, recording.started, kept_as(format, audio.pieces()))
    recording = evolve(recording, format=format, size=filed.size, sha256=filed.sha256)
    try:
        vault.check(recording, filed.sealed)
    except Damaged:
        vault.store.remove(filed.sealed.name)
        raise
    return _Taken(recording, filed.sealed, audio.peaks)


def _note(tx: Tx, core: Core, taken: _Taken, patients: Sequence[int], now: datetime) -> None:
    recording = taken.recording
    store.add(tx, recording, taken.sealed, taken.peaks, now)
    if len(patients) == 1:
        link(tx, recording.id, patients[0])
    core.hub.recording_ready(tx, call_id=recording.call, recording_id=recording.id)


def _legs(stored: StoredCall, files: Collection[str]) -> list[Leg]:
    """Phones that talked, and those of leaders who joined a talk and were written."""
    facts = [one.fact for one in stored.facts]
    leaders = [
        leg
        for leg in stored.record.legs
        if leg.kind is LegKind.SUPERVISOR
        and leg.channel in files
        and leg.ended
        and joined(facts, leg, leg.ended)
    ]
    return [*agent_legs(stored.record), *leaders]


def node_of(call_id: str) -> str:
    """Which careline a call came to: its name begins each id."""
    return call_id.rpartition("-")[0]


def _covers(pauses: Sequence[Span], talk: Spoken) -> bool:
    """True when nothing of a talk is outside the pauses."""
    first = talk.leg.started
    return any(one.start <= first and (one.end or talk.until) >= talk.until for one in pauses)
