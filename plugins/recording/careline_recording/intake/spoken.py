"""What an agent's phone talked in a call, and how that is written into the account book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import frozen

from careline.calls import facts as f
from careline.calls.model import CallRecord, Leg, Span
from careline.calls.recorder import ENDED
from careline.calls.store import StoredCall
from careline.i18n import Text
from careline.queues.model import FALLBACK
from careline_recording.book import NO_FILE, SHORT, TOO_SHORT, Account, Entry
from careline_recording.intake.filling import Source, from_the_end, together
from careline_recording.intake.leading import joined
from careline_recording.intake.spool import Spooled
from careline_recording.intake.stretches import SLACK_MS, before, bridged, is_short, talk_ms
from careline_recording.model import BYTES_A_SECOND
from careline_recording.rules import OFF

WITHOUT_NOTICE = Text(
    "careline was away: the fallback queue took it, where no notice is said"
).msgid


@frozen
class Spoken:
    """One agent's phone in one call: when it was put through to somebody.

    ``spans`` are the stretches that the switch writes, ``until`` ends one that nobody saw end.
    """

    call: CallRecord
    leg: Leg
    facts: tuple[f.Fact, ...]
    spans: tuple[Span, ...]
    until: datetime

    @property
    def started(self) -> datetime:
        """When the talk began."""
        return self.spans[0].start

    @property
    def answer(self) -> str:
        """What was answered when the phone rang: ``yes``, ``no``, or empty when nobody asked."""
        told = [
            fact.detail.get("answer", "")
            for fact in self.facts
            if isinstance(fact, f.Noted)
            and (fact.channel, fact.what) == (self.leg.channel, "record")
        ]
        return told[-1] if told else ""

    @property
    def ended(self) -> tuple[datetime, ...]:
        """When the call was not written any more, as recording was switched off."""
        return tuple(one.at for one in self.facts if isinstance(one, f.Noted) and one.what == ENDED)

    @property
    def _queue(self) -> str:
        """The queue in which the caller waited last before this phone rang."""
        begun = self.leg.started
        waits = [stay.queue for stay in self.call.stays if stay.span.start <= begun]
        return waits[-1] if waits else ""

    def entry(self, account: Account, why: str = "", recorded_ms: int = 0) -> Entry:
        """Its line in the book."""
        return Entry(
            call=self.call.id,
            channel=self.leg.channel,
            agent=self.leg.agent,
            at=self.started,
            talk_ms=talk_ms(self.spans, self.until),
            recorded_ms=recorded_ms,
            account=account,
            why=why,
        )

    def recorded(self, file_ms: int) -> Entry:
        """Its line when there is a file of that length.

        When recording was switched off in mid-call only what was said before is expected.
        """
        ends = [one for one in self.ended if one < self.until]
        spans, until = (before(self.spans, ends[0]), ends[0]) if ends else (self.spans, self.until)
        if is_short(spans, until, file_ms):
            return self.entry(Account.ALARMED, SHORT, file_ms)
        if ends and is_short(self.spans, self.until, file_ms):
            return self.entry(Account.EXCUSED, OFF, file_ms)
        return self.entry(Account.RECORDED, recorded_ms=file_ms)

    def elsewhere(self) -> Entry:
        """Its line when the phone's file belongs to another call, which it was joined to."""
        return self.entry(Account.RECORDED, recorded_ms=talk_ms(self.spans, self.until))

    def missing(self) -> Entry:
        """Its line when there is no file; the switch needs a moment to begin."""
        if talk_ms(self.spans, self.until) <= SLACK_MS:
            return self.entry(Account.EXCUSED, TOO_SHORT)
        if self._queue == FALLBACK:
            return self.entry(Account.EXCUSED, WITHOUT_NOTICE)
        return self.entry(Account.ALARMED, NO_FILE)


def spoken(stored: StoredCall, leg: Leg, now: datetime) -> Spoken:
    """What ``leg`` talked; by what the switch told of bridges, else by the record's talks.

    A leader joins a talk without a bridge, and may take it over then.
    """
    facts = tuple(one.fact for one in stored.facts)
    until = leg.ended or stored.record.ended or now
    spans: Sequence[Span] = bridged(facts, leg.channel, until) or leg.talks
    first = spans[0].start if spans else until
    return Spoken(stored.record, leg, facts, (*joined(facts, leg, first), *spans), until)


def sources_of(talk: Spoken, files: Mapping[str, Spooled]) -> list[Source]:
    """Files of the others with whom a phone was put through, to fill what is not in its own."""
    found = []
    for leg in talk.call.legs:
        file = files.get(leg.channel)
        shared = together(talk.facts, talk.leg.channel, leg.channel)
        if file is None or not shared or leg.channel == talk.leg.channel:
            continue
        until = leg.ended or talk.until
        spans = bridged(talk.facts, leg.channel, until)
        file_ms = file.size * 1000 // BYTES_A_SECOND
        found.append(Source(file.path, from_the_end(spans, until, file_ms), shared))
    return found
