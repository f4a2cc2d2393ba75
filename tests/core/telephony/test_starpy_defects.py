"""The eight defects of StarPy 1.1.1, each shown to be none here."""

from __future__ import annotations

import pytest
from tests.core.telephony.fake import Outcome, block, silent
from twisted.logger import capturedLogs

from careline.errors import Refused, Unavailable
from careline.telephony.agi import codec as agi
from careline.telephony.ami.codec import Decoder, encode


def test_defect_1_after_a_refused_reconnect_it_tries_again(asterisk):
    link = asterisk.up()
    asterisk.refusing = True
    asterisk.wire.drop()
    asterisk.advance(60)
    assert len(asterisk.tries) > 5
    asterisk.refusing = False
    asterisk.advance(11)
    assert link.up


def test_defect_2_a_gbk_byte_in_a_name_does_not_end_the_link(asterisk):
    link, told = asterisk.up(), []
    link.subscribe(["Newchannel"], lambda m: told.append(m.get("CallerIDName")))
    asterisk.wire.say(b"Event: Newchannel\r\nCallerIDName: \xd5\xc5\r\n\r\n")
    asterisk.wire.say(b"Event: Newchannel\r\nCallerIDName: \xff\r\n\r\n")
    assert told == ["张", "ÿ"]
    assert link.up


@pytest.mark.parametrize("value", ["x\r\nAction: Originate", "x\nAction: Originate", "x\r"])
def test_defect_3_line_ends_in_a_value_inject_no_action(asterisk, value):
    with pytest.raises(Refused):
        encode("Setvar", [("Value", value)], "1")
    link = asterisk.up()
    asked = Outcome(link.action("Setvar", [("Value", value)]))
    assert isinstance(asked.error, Refused)
    assert asterisk.said("Setvar") == []
    assert asterisk.said("Originate") == []


def test_defect_4_agi_arguments_are_escaped_and_checked():
    assert agi.encode(["SET", "VARIABLE", "X", 'a" "b\\']) == b'SET VARIABLE X "a\\" \\"b\\\\"\n'
    with pytest.raises(Refused):
        agi.encode(["VERBOSE", "x\nEXEC System id"])


def test_defect_5_a_line_over_16_kb_does_not_close_the_connection(asterisk):
    link, told = asterisk.up(), []
    link.subscribe(["VarSet"], lambda m: told.append(len(m.get("Value"))))
    data = block("Event: VarSet", "Value: " + "v" * 100_000)
    for at in range(0, len(data), 4096):
        asterisk.wire.say(data[at : at + 4096])
    assert told == [100_000]
    assert link.up
    assert not asterisk.wire.closed


def test_defect_6_repeated_headers_are_all_kept():
    data = block("Event: E", "ChanVariable: a=1", "ChanVariable: b=2", "ChanVariable: c=3")
    message = Decoder().feed(data)[0]
    assert message.getall("ChanVariable") == ("a=1", "b=2", "c=3")


def test_defect_7_every_action_has_a_time_out(asterisk):
    link = asterisk.up()
    asterisk.answers["Getvar"] = silent
    one, many = Outcome(link.action("Getvar")), Outcome(link.collect("Getvar", timeout=7))
    asterisk.advance(5)
    assert isinstance(one.error, Unavailable)
    assert not many.done
    asterisk.advance(2)
    assert isinstance(many.error, Unavailable)
    assert link.up


def test_defect_8_an_error_in_a_callback_is_logged_and_harms_no_other(asterisk):
    link, told = asterisk.link(), []

    async def failing():
        raise KeyError("up")

    async def other():
        told.append("up")

    def down():
        raise KeyError("down")

    link.on_up(failing)
    link.on_up(other)
    link.on_down(down)
    link.on_down(lambda: told.append("down"))
    link.subscribe(["E"], lambda _: {}["event"])
    link.subscribe(["E"], lambda _: told.append("event"))
    with capturedLogs() as events:
        link.start()
        asterisk.advance(0)
        asterisk.wire.say(block("Event: E"))
        asterisk.wire.drop()
        asterisk.advance(1)
    assert told == ["up", "event", "down", "up"]
    failures = [repr(e["log_failure"].value) for e in events if "log_failure" in e]
    assert failures == ["KeyError('up')", "KeyError('event')", "KeyError('down')", "KeyError('up')"]
