"""Programs written for StarPy run: only their import was changed."""

from __future__ import annotations

import socket
from hashlib import md5

from tests.core.starpy.played import Connection, agi_call, pbx, program

CHANNEL = "PJSIP/1001-00000001"


def test_a_program_that_calls_out() -> None:
    with (
        pbx() as asterisk,
        program("callout", asterisk.port, "u", "秘密", "PJSIP/1001", "in", "s") as running,
    ):
        link = asterisk.accept()
        assert link.answer("Login")["secret"] == ["秘密"]
        sent = link.answer("Originate", "Message: Originate successfully queued")
        assert sent["callerid"] == ["预约中心 <4001>"]
        assert sent["variable"] == ["PATIENT=0001", "REASON=follow-up"]
        assert (sent["timeout"], sent["async"]) == (["15000"], ["true"])
        running.says("originated: Originate successfully queued")
        link.end.sendall(
            f"Event: Newchannel\r\nChannel: {CHANNEL}\r\nUniqueid: 1.1\r\n".encode()
            + b"CallerIDName: " + "王医生".encode("gb18030") + b"\r\n\r\n"
        )  # fmt: skip
        running.says("new: PJSIP/1001")
        assert link.answer("GetVar", "Value: 0001")["channel"] == [CHANNEL]
        running.says("patient: 0001")
        link.say("Event: OriginateResponse", "Response: Success", "Uniqueid: 1.1")
        link.say("Event: Hangup", "Uniqueid: 1.7", "Cause: 16")
        link.say("Event: Hangup", "Uniqueid: 1.1", "Cause: 16")
        running.says("outcome: Success", "hangup: 16")
        key = f"ActionID: {link.answer('Status')['actionid'][0]}"
        link.say("Event: Status", key, "Channel: c")
        link.say("Event: StatusComplete", key)
        running.says("left: 1")
        link.answer("Logoff", response="Goodbye")
        running.ends()


def test_a_program_that_is_refused_learns_why() -> None:
    with (
        pbx() as asterisk,
        program("callout", asterisk.port, "u", "s", "PJSIP/1", "in", "s") as one,
    ):
        link = asterisk.accept()
        link.answer("Login")
        link.answer("Originate", "Message: Permission denied", response="Error")
        one.says("failed: Permission denied")
        one.ends()


def _watched(link: Connection, channels: int) -> None:
    link.answer("Challenge", "Challenge: 99")
    key = md5(b"99s", usedforsecurity=False).hexdigest()
    assert link.answer("Login")["key"] == [key]
    uptime = link.action("Command")
    assert uptime["command"] == ["core show uptime"]
    key = f"ActionID: {link.answer('CoreShowChannels')['actionid'][0]}"
    for number in range(channels):
        link.say("Event: CoreShowChannel", key, f"Uniqueid: {number}")
    link.say("Event: CoreShowChannelsComplete", key)
    answer = f"ActionID: {uptime['actionid'][0]}"
    link.say("Response: Success", answer, "Output: System uptime: 3 weeks", "Output: more")


def test_a_program_that_watches_is_back_when_asterisk_is() -> None:
    with pbx() as asterisk, program("watch", asterisk.port, "u", "s") as running:
        link = asterisk.accept()
        _watched(link, 2)
        running.says("AMI: logged in", "connected: 2", "uptime: System uptime")
        link.say("Event: Newchannel", "Uniqueid: 7")
        link.say("Event: VarSet", "Uniqueid: 7")
        running.says("channels: 3")
        asterisk.close()
        running.says("AMI: connection lost, reconnecting", "lost")
        for _ in range(2):  # nobody listens
            assert running.line().startswith("AMI: still no connection")
        asterisk.back()
        _watched(asterisk.accept(), 1)
        while (line := running.line()).startswith("AMI: still no connection"):
            pass
        assert line == "AMI: logged in"
        running.says("connected: 1", "uptime: System uptime")


def _begin(call: Connection) -> None:
    call.end.sendall(
        b"agi_network: yes\nagi_network_script: menu\nagi_request: agi://127.0.0.1/menu\n"
        b"agi_channel: PJSIP/1\nagi_context: in\nagi_extension: 4001\nagi_priority: 2\n"
        b"agi_calleridname: " + "王医生".encode("gb18030") + b"\n\n"
    )
    call.command("ANSWER", "200 result=0")
    call.command(r'SET VARIABLE PATIENT "Li \"Xiao\" Ming"', "200 result=1")
    call.command("GET VARIABLE PATIENT", '200 result=1 (Li "Xiao" Ming)')
    call.command("STREAM FILE beep # 0", "200 result=35 endpos=4000")
    call.command("GET DATA beep 1500 1", "200 result=2")


def test_an_ivr_program() -> None:
    with program("ivr", 0) as running, agi_call(int(running.line())) as call:
        _begin(call)
        running.says("call: 4001 menu", 'prepared: 0 Li "Xiao" Ming 0', "chosen: '2' False")
        call.command("SET VARIABLE DEPARTMENT surgery", "200 result=1")
        call.command('EXEC NoOp "one,two"', "200 result=0")
        call.command("SAY NUMBER 42 #", "200 result=0")
        running.says("end: [1, '0', 0]")
        assert call.at_end()
        running.says("closed")


def test_an_ivr_program_whose_caller_hangs_up_jumps_on() -> None:
    with program("ivr", 0) as running, agi_call(int(running.line())) as call:
        _begin(call)
        running.says("call: 4001 menu", 'prepared: 0 Li "Xiao" Ming 0', "chosen: '2' False")
        call.command("SET VARIABLE DEPARTMENT surgery", "200 result=1")
        call.end.sendall(b"HANGUP\n")
        call.command('EXEC NoOp "one,two"', "511 Command Not Permitted on a dead channel")
        running.says("failed: (511, 'Command Not Permitted on a dead channel')")
        call.command("SET CONTEXT in", "200 result=0")
        call.command("SET EXTENSION 4001", "200 result=0")
        call.command("SET PRIORITY 102", "200 result=0")
        assert call.at_end()


def test_a_call_that_breaks_off_is_told_and_the_next_is_served() -> None:
    with program("ivr", 0) as running:
        port = int(running.line())
        with agi_call(port) as call:
            _begin(call)
            running.says("call: 4001 menu", 'prepared: 0 Li "Xiao" Ming 0', "chosen: '2' False")
            call.end.shutdown(socket.SHUT_RDWR)
        running.says("closed")
        with agi_call(port) as call:
            _begin(call)
            running.says("call: 4001 menu")
