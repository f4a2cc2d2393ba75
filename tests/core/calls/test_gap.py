"""What is told late: events held back, the journal, and what both tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from careline.calls import facts as f
from careline.calls import journal
from careline.calls.fold import apply, begin
from careline.calls.service import Calls
from careline.queues.model import FALLBACK
from careline.telephony.ami import Decoder

T0 = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
CALL, AGENT = "hq-1.0", "hq-2.1"


class Kept:
    """A writer that only keeps what it is given."""

    def __init__(self) -> None:
        self.facts: list[f.Fact] = []

    def put(self, call, fact) -> None:
        self.facts.append(fact)

    def resume(self, call_id, last_seq) -> None:
        raise AssertionError("nothing is resumed here")


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def up(seconds: float, channel: str = CALL) -> f.ChannelUp:
    inbound = channel == CALL
    return f.ChannelUp(
        at=at(seconds),
        channel=channel,
        name="PJSIP/demo-01" if inbound else "PJSIP/1001-02",
        context="careline-inbound" if inbound else "careline-phones",
        extension="4001" if inbound else "",
        number="138" if inbound else "",
    )


def event(name: str, seconds: float, **headers: str):
    stamp = at(seconds).timestamp()
    fields = {"Event": name, "Timestamp": f"{stamp:.6f}", "Linkedid": CALL, **headers}
    text = "".join(f"{key}: {value}\r\n" for key, value in fields.items()) + "\r\n"
    return Decoder(None).feed(text.encode())[0]


def test_a_hang_up_that_was_held_back_does_not_hide_the_talk_before_it() -> None:
    calls = Calls(Kept())
    calls.fact(CALL, up(0))
    calls.fact(CALL, up(1, AGENT))
    calls.hold_back()
    calls.event(event("Hangup", 9, Uniqueid=AGENT, Cause="16"))
    assert calls.get(CALL).leg(AGENT).ended is None
    calls.catch_up([(CALL, f.Bridged(at=at(3), channel=AGENT, bridge="b"))])
    [talk] = calls.get(CALL).leg(AGENT).talks
    assert (talk.start, talk.end) == (at(3), at(9))


def test_events_are_taken_in_at_once_when_nothing_is_missing() -> None:
    calls = Calls(Kept())
    calls.fact(CALL, up(0))
    calls.event(event("Hangup", 9, Uniqueid=CALL, Cause="16"))
    assert calls.get(CALL).ended == at(9)


def test_the_journal_begins_no_call_anew_that_is_finished() -> None:
    calls = Calls(Kept())
    calls.remember([CALL])
    calls.catch_up([(CALL, up(0))])
    assert calls.get(CALL) is None


def test_one_odd_fact_keeps_no_other_out(monkeypatch) -> None:
    calls = Calls(Kept())
    taken = calls.fact

    def fact(linked: str, one: f.Fact) -> None:
        if isinstance(one, f.Bridged):
            raise ValueError("odd")
        taken(linked, one)

    monkeypatch.setattr(calls, "fact", fact)
    odd = f.Bridged(at=at(1), channel=CALL, bridge="b")
    calls.catch_up([(CALL, up(0)), (CALL, odd), (CALL, f.ChannelGone(at=at(2), channel=CALL))])
    assert calls.get(CALL).ended == at(2)


def test_a_begin_noticed_late_gets_its_true_time_but_milliseconds_are_no_news() -> None:
    late = begin(up(5))
    assert apply(late, up(4.95)) is late
    true = apply(late, up(0))
    assert (true.started, true.leg(CALL).started) == (at(0), at(0))


def test_the_fallback_queue_knows_phones_and_the_record_agents() -> None:
    calls = Calls(Kept(), {"PJSIP/1001": "8001"}.get)
    calls.fact(CALL, up(0))
    calls.fact(CALL, f.Queued(at=at(1), channel=CALL, queue=FALLBACK))
    calls.fact(CALL, up(2, AGENT))
    calls.fact(CALL, f.Rang(at=at(2), channel=AGENT, agent="1001", queue=FALLBACK))
    calls.fact(CALL, f.Connected(at=at(3), channel=AGENT, agent="1001", queue=FALLBACK))
    call = calls.get(CALL)
    assert (call.agents, call.rings[0].agent) == (("8001",), "8001")


def line(kind: str, seconds: float, channel: str = AGENT, extra: str = "") -> journal.Line:
    return journal.Line(
        kind, at(seconds), channel, CALL, "PJSIP/1001-02", "", "s", "careline-phones", "", "", extra
    )


def test_a_ring_in_a_gap_is_told_by_the_journal() -> None:
    call = apply(begin(up(0)), f.Queued(at=at(1), channel=CALL, queue="service"))
    for told in (line("CHAN_START", 2), line("HANGUP", 7, extra='{"hangupcause":19}')):
        for fact in journal.facts_of(told, lambda _: "8001"):
            call = apply(call, fact)
    [ring] = call.rings
    assert (ring.agent, ring.queue, ring.result) == ("8001", "service", "no_answer")
    assert (ring.span.start, ring.span.end) == (at(2), at(7))


def test_a_phone_that_somebody_dials_rings_for_no_queue() -> None:
    call = apply(begin(up(0)), up(1, AGENT))
    rang = f.Rang(at=at(1), channel=AGENT, agent="8001")
    connected = f.Connected(at=at(2), channel=AGENT, agent="8001")
    assert apply(apply(call, rang), connected) is call
