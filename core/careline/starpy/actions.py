"""Every AMI action of StarPy as a method: each builds one message and says what comes back.

Unless a method says otherwise, its Deferred fires with the response (a dict), or fails with
AMICommandFailure when the response is not ``Success``. Arguments that are None are not sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import md5
from types import MappingProxyType
from typing import Any

from careline.starpy import error
from careline.starpy.asking import Flag, message_of, word
from careline.starpy.connection import Answer
from careline.starpy.device_actions import DeviceActions
from careline.starpy.message import Message
from careline.starpy.queue_actions import QueueActions

NOTHING: Mapping[str, object] = MappingProxyType({})
DIAL_TIMEOUT = 30.0
"""Seconds Asterisk rings an originated channel when it is told no other time."""


class AMIActions(QueueActions, DeviceActions):
    """The actions of an AMI connection."""

    # the session ------------------------------------------------------------------------------

    def login(self) -> Answer:
        """Log in with the factory's name and secret (done on its own after connecting)."""
        self.id = self.factory.id
        return self._ask("Login", username=self.factory.username, secret=self.factory.secret)

    def loginChallengeResponse(self) -> Answer:
        """Log in without sending the secret: by the MD5 of Asterisk's challenge and the secret."""
        self.id = self.factory.id

        def respond(answer: Any) -> Answer:
            if "challenge" not in answer:
                raise error.AMICommandFailure(answer)
            proof = f"{answer['challenge']}{self.factory.secret}".encode()
            key = md5(proof, usedforsecurity=False).hexdigest()  # the protocol knows MD5 only
            return self._ask("Login", authtype="MD5", username=self.factory.username, key=key)

        return self._ask("Challenge", authtype="MD5").addCallback(respond)

    def logoff(self) -> Answer:
        """Say good-bye; the connection closes and is not taken up again."""
        self.factory.continueTrying = 0
        df = self.sendDeferred({"action": "Logoff"})
        return df.addCallback(self.errorUnlessResponse, expected="Goodbye")

    def ping(self) -> Answer:
        """See whether Asterisk answers; old versions say ``Pong``, newer ones ``Success``."""
        expected = "Pong" if self.amiVersion == "1.0" else "Success"
        df = self.sendDeferred({"action": "Ping"})
        return df.addCallback(self.errorUnlessResponse, expected=expected)

    def events(self, eventmask: Flag = False) -> Answer:
        """Switch events on or off, or choose classes of them (``"call,agent"``)."""
        return self._ask("Events", eventmask=word(eventmask, "on", "off", keep=True))

    def waitEvent(self, timeout: float) -> Answer:
        """Wait up to ``timeout`` seconds (-1: for ever) for an event; fires with a list."""
        wait = None if timeout < 0 else timeout
        return self._list("WaitEvent", "WaitEventComplete", wait, timeout=timeout)

    def userEvent(self, event: str, **headers: object) -> str:
        """Send a UserEvent to all AMI clients; returns the action id at once."""
        return self.sendMessage({"action": "UserEvent", "userevent": event, **headers})

    def action(self, action: str, **action_args: object) -> Answer:
        """Send any action with any fields."""
        df = self.sendDeferred(message_of(action, action_args))
        return df.addCallback(self.errorUnlessResponse)

    def command(self, command: str) -> Answer:
        """Run a command of Asterisk's console; fires with the list of its output lines."""
        df = self.sendDeferred({"action": "Command", "command": command})
        return df.addCallback(_output)

    def listCommands(self) -> Answer:
        """List the actions Asterisk knows: one message with a key for each."""
        return self._ask("ListCommands").addCallback(_without_action_id)

    # channels ---------------------------------------------------------------------------------

    def absoluteTimeout(self, channel: str, timeout: float) -> Answer:
        """Hang a channel up ``timeout`` seconds from now."""
        return self._ask("AbsoluteTimeout", timeout=timeout, channel=channel)

    def hangup(self, channel: str) -> Answer:
        """Hang a channel up."""
        return self._ask("Hangup", channel=channel)

    def originate(
        self,
        channel: str,
        context: str | None = None,
        exten: str | None = None,
        priority: str | int | None = None,
        timeout: float | None = None,
        callerid: str | None = None,
        account: str | None = None,
        application: str | None = None,
        data: str | None = None,
        variable: Mapping[str, object] = NOTHING,
        nowait: bool = False,
        channelid: str | None = None,
        otherchannelid: str | None = None,
        codecs: str | None = None,
    ) -> Answer:
        """Call ``channel`` and connect it to a place in the dialplan or to an application.

        ``timeout``: seconds to ring. With ``nowait`` the answer comes before the channel's.
        """
        fields = [
            ("channel", channel), ("context", context), ("exten", exten), ("priority", priority),
            ("callerid", callerid), ("account", account), ("application", application),
            ("data", data), ("async", word(nowait, "true", "false")), ("channelid", channelid),
            ("otherchannelid", otherchannelid), ("codecs", codecs),
            ("timeout", None if timeout is None else int(timeout * 1000)),
        ]  # fmt: skip
        fields += [("variable", f"{name}={value}") for name, value in variable.items()]
        message = [("action", "Originate"), *((k, v) for k, v in fields if v is not None)]
        wait = 0.0 if nowait else timeout or DIAL_TIMEOUT
        return self.sendDeferred(message, wait=wait).addCallback(self.errorUnlessResponse)

    def redirect(
        self,
        channel: str,
        context: str,
        exten: str,
        priority: str | int,
        extraChannel: str | None = None,
    ) -> Answer:
        """Send one or two channels to a place in the dialplan."""
        return self._ask(
            "Redirect", channel=channel, context=context, exten=exten, priority=priority,
            extrachannel=extraChannel,
        )  # fmt: skip

    def status(self, channel: str | None = None) -> Answer:
        """State of one channel or all; fires with a list."""
        return self._list("Status", "StatusComplete", channel=channel or None)

    def getVar(self, channel: str | None, variable: str) -> Answer:
        """Value of a channel's variable, or of a global one; None when Asterisk says (null)."""

        def value(message: Message) -> str | None:
            found = message.get("value", message.get(variable.lower()))
            if found is None:
                raise error.AMICommandFailure(message)
            return None if found == "(null)" else str(found)

        return self._ask("GetVar", variable=variable, channel=channel or None).addCallback(value)

    def setVar(self, channel: str | None, variable: str, value: object) -> Answer:
        """Set a channel's variable, or a global one when ``channel`` is None."""
        return self._ask("SetVar", variable=variable, value=value, channel=channel or None)

    def playDTMF(self, channel: str, digit: str) -> Answer:
        """Send a digit on a channel."""
        return self._ask("PlayDTMF", channel=channel, digit=digit)

    def park(self, channel: str, channel2: str, timeout: float | None) -> Answer:
        """Park ``channel``; ``channel2`` hears where, and gets it back after ``timeout`` ms."""
        return self._ask("Park", channel=channel, channel2=channel2, timeout=timeout)

    def parkedCall(self) -> Answer:
        """Send the action ParkedCall."""
        return self._ask("ParkedCall")

    def unParkedCall(self) -> Answer:
        """Send the action UnParkedCall."""
        return self._ask("UnParkedCall")

    def parkedCalls(self) -> Answer:
        """All parked calls; fires with a list."""
        return self._list("ParkedCalls", "ParkedCallsComplete")

    def setCDRUserField(self, channel: str, userField: str, append: Flag = True) -> Answer:
        """Set the user field of a channel's CDR, or add to it."""
        return self._ask(
            "SetCDRUserField", channel=channel, userfield=userField,
            append=word(append, "true", "false"),
        )  # fmt: skip

    # recording --------------------------------------------------------------------------------

    def monitor(self, channel: str, file: str, format: str, mix: Flag) -> Answer:
        """Record a channel to a file."""
        return self._ask("Monitor", channel=channel, file=file, format=format, mix=mix)

    def changeMonitor(self, channel: str, filename: str) -> Answer:
        """Go on recording to another file."""
        return self._ask("ChangeMonitor", channel=channel, filename=filename)

    def pauseMonitor(self, channel: str) -> Answer:
        """Pause recording."""
        return self._ask("PauseMonitor", channel=channel)

    def unpauseMonitor(self, channel: str) -> Answer:
        """Go on recording."""
        return self._ask("UnpauseMonitor", channel=channel)

    def stopMonitor(self, channel: str) -> Answer:
        """Stop recording."""
        return self._ask("StopMonitor", channel=channel)

    # Asterisk's database and files ------------------------------------------------------------

    def dbDel(self, family: str, key: str) -> Answer:
        """Delete a key of Asterisk's database."""
        return self._ask("DBDel", family=family, key=key)

    def dbDelTree(self, family: str, key: str | None = None) -> Answer:
        """Delete a family of Asterisk's database, or what is below a key."""
        return self._ask("DBDelTree", family=family, key=key)

    def dbGet(self, family: str, key: str) -> Answer:
        """Value of a key of Asterisk's database; None when there is none."""
        df = self._list("DBGet", "DBGetResponse", family=family, key=key)
        return df.addCallbacks(lambda found: found[-1]["val"], _none_if_refused)

    def dbPut(self, family: str, key: str, value: object) -> Answer:
        """Set a key of Asterisk's database."""
        return self._ask("DBPut", family=family, key=key, val=value)

    def getConfig(self, filename: str) -> Answer:
        """Content of a configuration file, as one message."""
        return self._ask("GetConfig", filename=filename)

    def updateConfig(
        self,
        srcfile: str,
        dstfile: str,
        reload: Flag,
        headers: Mapping[str, object] = NOTHING,
    ) -> Answer:
        """Change a configuration file by ``Action-000000``, ``Cat-000000`` ... headers."""
        fields = {"srcfilename": srcfile, "dstfilename": dstfile, **headers}
        return self.action("UpdateConfig", reload=word(reload, "yes", "no"), **fields)


def _output(message: Message) -> list[str]:
    """Lines of a CLI command; ``Follows`` before Asterisk 14, ``Success`` since."""
    if message.get("response") not in ("Success", "Follows"):
        raise error.AMICommandFailure(message)
    return list(message.get(" ", ()))


def _without_action_id(message: Message) -> Message:
    message.pop("actionid", None)
    return message


def _none_if_refused(reason: Any) -> None:
    """Asterisk's "no such key" is no value; a lost connection or a time-out stays a failure."""
    reason.trap(error.AMICommandFailure)
    if reason.check(error.AMITimeout) or not isinstance(reason.value.args[0], Message):
        reason.raiseException()
