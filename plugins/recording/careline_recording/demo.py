"""The demonstration: some talks of the days before that can be heard, made up and spoken."""

from __future__ import annotations

import array
import tempfile
import wave
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve

from careline.calls import store as calls_store
from careline.calls.fold import apply, begin
from careline.calls.model import CallRecord, Leg
from careline.calls.store import Numbered
from careline.i18n import Lang
from careline.patients.store import find_by_phone
from careline.storage import Tx
from careline_recording import book, store
from careline_recording.book import Account, Entry
from careline_recording.config import RecordingConfig
from careline_recording.demo_calls import AGENT, TALKS, Talk, facts_of
from careline_recording.formats import kept_as
from careline_recording.intake.audio import Audio
from careline_recording.intake.stretches import stretches_of, talk_ms
from careline_recording.model import FRAME, RATE, Format, Mark, Recording, new_id
from careline_recording.patients import link
from careline_recording.vault import Vault, build_vault

if TYPE_CHECKING:
    from careline.plugins import DemoHome

#: Between two sentences, in samples.
PAUSE = RATE * 2 // 5


def make_demo(tx: Tx, today: date, home: DemoHome) -> None:
    """Store the made-up calls and their recordings; speaking takes some seconds."""
    settings = home.settings
    config = settings.plugin_config("recording", RecordingConfig)
    vault = build_vault(settings.home, config)
    for number, talk in enumerate(TALKS):
        with tempfile.TemporaryDirectory(prefix="careline-demo-") as folder:
            parts = [_spoken(part, talk.language, home, Path(folder)) for part in talk.parts]
            raw = Path(folder) / "talk.raw"
            raw.write_bytes(b"".join(parts))
            begun = datetime.combine(today - timedelta(days=talk.days), time(2, 10), UTC)
            lengths = [len(part) / FRAME / RATE for part in parts]
            id = f"{settings.core.node}-{int(begun.timestamp())}.{number}"
            call = _call(tx, id, talk, begun, lengths)
            _keep(tx, call, talk, Audio(raw, raw.stat().st_size), vault, config)


def _call(tx: Tx, id: str, talk: Talk, begun: datetime, lengths: Sequence[float]) -> CallRecord:
    """Store the call of a talk, folded from facts as every other."""
    patients = tuple(one.id for one in find_by_phone(tx, talk.number))
    first, *rest = facts_of(id, talk, begun, lengths, patients)
    call = begin(first)
    for fact in rest:
        call = apply(call, fact)
    numbered = [Numbered(seq, fact) for seq, fact in enumerate([first, *rest], 1)]
    calls_store.save(tx, call, numbered, begun)
    return call


def _keep(
    tx: Tx, call: CallRecord, talk: Talk, audio: Audio, vault: Vault, config: RecordingConfig
) -> None:
    leg = next(one for one in call.legs if one.agent)
    made = _recording(call, leg, talk, audio, config)
    filed = vault.put(made.id, made.started, kept_as(made.format, audio.pieces()))
    made = evolve(made, size=filed.size, sha256=filed.sha256)
    store.add(tx, made, filed.sealed, audio.peaks, made.started)
    if len(call.patients) == 1:
        link(tx, made.id, call.patients[0])
    if talk.mark:
        half = round(made.seconds * 500)
        mark = Mark(
            id=0, recording=made.id, at_ms=half, text=talk.mark, by="leader", made=made.started
        )
        store.add_mark(tx, mark)
    ms = round(made.seconds * 1000)
    entry = Entry(
        call=call.id,
        channel=leg.channel,
        agent=leg.agent,
        at=made.started,
        talk_ms=talk_ms(leg.talks, made.started),
        recorded_ms=ms,
        account=Account.RECORDED,
    )
    book.write(tx, entry)


def _recording(
    call: CallRecord, leg: Leg, talk: Talk, audio: Audio, config: RecordingConfig
) -> Recording:
    ended = leg.ended or call.started
    ms = audio.size * 1000 // FRAME // RATE
    return Recording(
        id=new_id(),
        call=call.id,
        channel=leg.channel,
        agent=leg.agent,
        campus=call.campus,
        queue=talk.queue,
        started=leg.talks[0].start,
        seconds=ms / 1000,
        stretches=stretches_of(leg.talks, ended, ms),
        format=Format(config.format),
        size=0,
        sha256="",
        klass=talk.klass,
        until=leg.talks[0].start + timedelta(days=config.days.get(talk.klass, 93)),
    )


def _spoken(
    lines: Sequence[tuple[str, str]], language: Lang, home: DemoHome, folder: Path
) -> bytes:
    """One stretch as the switch writes it: sentences one after the other, the agent first."""
    whole: list[bytes] = []
    for who, text in lines:
        file = folder / "said.wav"
        home.speak(text, language, file)
        with wave.open(str(file)) as sound:
            said = array.array("h", sound.readframes(sound.getnframes()))
        both = array.array("h", bytes((len(said) + PAUSE) * FRAME))
        side = 0 if who == AGENT else 1
        both[side : 2 * len(said) : 2] = said
        whole.append(both.tobytes())
    return b"".join(whole)
