"""Every AGI command of StarPy as a method of a call.

Deferreds fire with what the method says and fail with AGICommandFailure(code, rest of the line):
code -1 when Asterisk answered "failed", else its code (510 unknown, 511 dead channel, 520 usage).
Times are seconds; arguments are quoted, so a value can hold anything but CR, LF and NUL.
"""

from __future__ import annotations

import time as clock
from datetime import date as calendar_date
from typing import Any

from careline.starpy.call import AGICall, Answer

Digits = str | None
When = float | calendar_date | clock.struct_time


class AGICommands(AGICall):
    """The commands of a call."""

    # the call ---------------------------------------------------------------------------------

    def answer(self) -> Answer:
        """Answer the call; fires with an integer."""
        return self._number("ANSWER")

    def hangup(self, channel: str | None = None) -> Answer:
        """Hang up this channel or another; fires with an integer."""
        return self._number("HANGUP", *_given(channel))

    def channelStatus(self, channel: str | None = None) -> Answer:
        """State of a channel: 0 down, 1 reserved, 2 off hook, 4 or 5 ringing, 6 up, 7 busy."""
        return self._number("CHANNEL STATUS", *_given(channel or None))

    def setAutoHangup(self, time: float) -> Answer:
        """Hang up ``time`` seconds from now (0: no longer); fires with an integer."""
        return self._number("SET AUTOHANGUP", _plain(time))

    def setCallerID(self, number: str) -> Answer:
        """Set the caller's number; fires with an integer."""
        return self._number("SET CALLERID", number, failure=None)

    def setContext(self, context: str) -> Answer:
        """Go on in this context afterwards; fires with an integer."""
        return self._number("SET CONTEXT", context, failure=None)

    def setExtension(self, extension: str) -> Answer:
        """Go on at this extension afterwards; fires with an integer."""
        return self._number("SET EXTENSION", extension, failure=None)

    def setPriority(self, priority: str | int) -> Answer:
        """Go on at this priority afterwards; fires with an integer."""
        return self._number("SET PRIORITY", priority, failure=None)

    def setMusic(self, on: bool = True, musicClass: str | None = None) -> Answer:
        """Start or stop music on hold; fires with an integer."""
        return self._number("SET MUSIC", "ON" if on else "OFF", *_given(musicClass), failure=None)

    def tddMode(self, on: bool | None = True) -> Answer:
        """Set text telephone mode on, off or (None) mate; fires with an integer."""
        mode = "MATE" if on is None else "ON" if on else "OFF"
        return self._number("TDD MODE", mode).addCallback(_fail_on_zero, self)

    # variables and Asterisk's database --------------------------------------------------------

    def getVariable(self, variable: str) -> Answer:
        """Value of a channel variable; fails when it is not set."""
        return self._value("GET VARIABLE", variable)

    def setVariable(self, variable: str, value: object) -> Answer:
        """Set a channel variable; fires with an integer."""
        return self._number("SET VARIABLE", variable, value, failure=None)

    def databaseGet(self, family: str, key: str) -> Answer:
        """Value of a key of Asterisk's database; fails when there is none."""
        return self._value("DATABASE GET", family, key)

    def databaseSet(self, family: str, key: str, value: object) -> Answer:
        """Set a key of Asterisk's database; fires with an integer."""
        return self._number("DATABASE PUT", family, key, value, failure="0")

    databasePut = databaseSet

    def databaseDel(self, family: str, key: str) -> Answer:
        """Delete a key of Asterisk's database; fires with an integer."""
        return self._number("DATABASE DEL", family, key, failure="0")

    def databaseDeltree(self, family: str, keyTree: str | None = None) -> Answer:
        """Delete a family of Asterisk's database, or what is below a key; fires with an integer."""
        return self._number("DATABASE DELTREE", family, *_given(keyTree or None), failure="0")

    # playing ----------------------------------------------------------------------------------

    def streamFile(self, filename: str, escapeDigits: str = "", offset: int = 0) -> Answer:
        """Play a file; fires with (code of the digit that stopped it or 0, end position)."""
        df = self._result("STREAM FILE", filename, escapeDigits, *_given(offset), wait=None)
        return df.addCallback(self.onStreamingComplete, skipMS=offset)

    def controlStreamFile(
        self,
        filename: str,
        escapeDigits: str,
        skipMS: int = 0,
        ffChar: str = "*",
        rewChar: str = "#",
        pauseChar: str | None = None,
    ) -> Answer:
        """Play a file in which the caller moves by keys; fires with (digit, end or None)."""
        words = (filename, escapeDigits, skipMS, ffChar, rewChar, *_given(pauseChar or None))
        df = self._result("CONTROL STREAM FILE", *words, wait=None)
        return df.addCallback(self.onControlStreamFileComplete)

    def playback(self, filename: str, doAnswer: int = 1) -> Answer:
        """Run Playback: 1 answers first, 0 plays without answering, -1 only if answered."""
        if doAnswer not in (-1, 0, 1):
            raise TypeError(f"doAnswer is -1, 0 or 1, not {doAnswer!r}")
        option = {-1: ("skip",), 0: ("noanswer",), 1: ()}[doAnswer]
        df = self.execute("Playback", filename, *option)
        return df.addCallback(self.checkFailure).addCallback(self.resultAsInt)

    def execute(self, application: str, *options: object, **kwargs: bool) -> Answer:
        """Run a dialplan application; fires with its result as a string.

        Options are joined by commas; ``comma_delimiter=False`` asks for the bars of Asterisk 1.4.
        """
        joined = ("," if kwargs.get("comma_delimiter", True) else "|").join(map(str, options))
        words = (application, joined) if options else (application,)
        return self._result("EXEC", *words, failure="-2", wait=None)

    def sendText(self, text: str) -> Answer:
        """Send a text to the channel; fires with an integer."""
        return self._number("SEND TEXT", text)

    def sendImage(self, filename: str) -> Answer:
        """Send an image to the channel; fires with an integer."""
        return self._number("SEND IMAGE", filename, wait=None)

    # what the caller does ---------------------------------------------------------------------

    def waitForDigit(self, timeout: float) -> Answer:
        """Wait for a key; fires with its code, 0 when the time is over. -1: wait for ever."""
        return self._number("WAIT FOR DIGIT", _ms(timeout), wait=_wait(timeout))

    def getData(
        self, filename: str, timeout: float = 2.000, maxDigits: int | None = None
    ) -> Answer:
        """Play a file and take digits; fires with (digits, timed out)."""
        df = self._result("GET DATA", filename, _ms(timeout), *_given(maxDigits), wait=None)
        return df.addCallback(self.resultPlusTimeoutFlag)

    def getOption(self, filename: str, escapeDigits: str, timeout: float | None = None) -> Answer:
        """Play a file and take one digit; fires with (digit or "", end position)."""
        limit = () if timeout is None else (_ms(timeout),)
        df = self._result("GET OPTION", filename, escapeDigits, *limit, wait=None)
        df.addCallback(self.onStreamingComplete)
        return df.addCallback(lambda pair: (chr(pair[0]) if pair[0] else "", pair[1]))

    def recordFile(
        self,
        filename: str,
        format: str,
        escapeDigits: str,
        timeout: float = -1,
        offsetSamples: int | None = None,
        beep: bool = True,
        silence: float | None = None,
    ) -> Answer:
        """Record; fires with (digit, how it ended, end position). ``timeout`` -1: no limit.

        It ends by ``"dtmf"``, ``"timeout"`` or ``"hangup"``.
        """
        words = [filename, format, escapeDigits, _ms(timeout), *_given(offsetSamples)]
        words += ["BEEP"] if beep else []
        words += [] if silence is None else [f"s={_plain(silence)}"]
        df = self._result("RECORD FILE", *words, failure=None, wait=None)
        return df.addCallback(self.onRecordingComplete)

    def receiveChar(self, timeout: float | None = None) -> Answer:
        """Wait for a character of a text channel; fires with (code, timed out)."""
        df = self._result("RECEIVE CHAR", *_given(timeout and _ms(timeout)), wait=_wait(timeout))
        return df.addCallback(self.resultPlusTimeoutFlag)

    def receiveText(self, timeout: float | None = None) -> Answer:
        """Wait for a text; fires with the result as a string."""
        return self._result("RECEIVE TEXT", *_given(timeout and _ms(timeout)), wait=_wait(timeout))

    # saying -----------------------------------------------------------------------------------

    def sayXXX(self, baseCommand: str, value: object, escapeDigits: Digits = "") -> Answer:
        """Run a SAY command; fires with 0 or the code of the digit that stopped it."""
        return self._number(baseCommand, value, escapeDigits or "", wait=None)

    def sayAlpha(self, string: str, escapeDigits: Digits = None) -> Answer:
        """Spell letters and digits; fires as sayXXX."""
        return self.sayXXX("SAY ALPHA", _only(str.isalnum, string), escapeDigits)

    def sayPhonetic(self, string: str, escapeDigits: Digits = None) -> Answer:
        """Spell by the phonetic alphabet; fires as sayXXX."""
        return self.sayXXX("SAY PHONETIC", _only(str.isalnum, string), escapeDigits)

    def sayDigits(self, number: object, escapeDigits: Digits = None) -> Answer:
        """Say digit by digit; fires as sayXXX."""
        return self.sayXXX("SAY DIGITS", _only(str.isdigit, number), escapeDigits)

    def sayNumber(self, number: object, escapeDigits: Digits = None) -> Answer:
        """Say a number; fires as sayXXX."""
        return self.sayXXX("SAY NUMBER", _only(str.isdigit, number), escapeDigits)

    def sayDate(self, date: When, escapeDigits: Digits = None) -> Answer:
        """Say a date; fires as sayXXX."""
        return self.sayXXX("SAY DATE", self.dateAsSeconds(date), escapeDigits)

    def sayTime(self, time: When, escapeDigits: Digits = None) -> Answer:
        """Say a time of day; fires as sayXXX."""
        return self.sayXXX("SAY TIME", self.dateAsSeconds(time), escapeDigits)

    def sayDateTime(
        self,
        time: When,
        escapeDigits: str = "",
        format: str | None = None,
        timezone: str | None = None,
    ) -> Answer:
        """Say date and time by Asterisk's format (``"ABdY 'digits/at' IMp"``); as sayXXX."""
        shape = () if format is None else (format, *_given(timezone))
        words = (self.dateAsSeconds(time), escapeDigits, *shape)
        return self._number("SAY DATETIME", *words, wait=None)

    # the rest ---------------------------------------------------------------------------------

    def noop(self, message: str | None = None) -> Answer:
        """Do nothing, but show a message on Asterisk's console; fires with an integer."""
        return self._number("NOOP", *_given(message))

    def verbose(self, message: str, level: int | None = None) -> Answer:
        """Write to Asterisk's log, level 1 to 4; fires with an integer."""
        return self._number("VERBOSE", message, *_given(level), failure=None)

    def _result(
        self, command: str, *words: object, failure: str | None = "-1", wait: float | None = 0.0
    ) -> Answer:
        """Send; fires with all after ``200 result=``, fails when that begins with ``failure``."""
        df = self._ask(command, words, wait)
        return df if failure is None else df.addCallback(self.checkFailure, failure=failure)

    def _number(
        self, command: str, *words: object, failure: str | None = "-1", wait: float | None = 0.0
    ) -> Answer:
        """The same, as an integer."""
        return self._result(command, *words, failure=failure, wait=wait).addCallback(
            self.resultAsInt
        )

    def _value(self, command: str, *words: object) -> Answer:
        """The same, as the text in brackets behind ``1``; 0 is a failure."""
        df = self._result(command, *words, failure="0").addCallback(self.secondResultItem)
        return df.addCallback(lambda text: text.strip()[1:-1])


def _given(value: Any) -> tuple[Any, ...]:
    return () if value is None else (value,)


def _ms(seconds: float) -> int:
    """Milliseconds; any negative number of seconds is Asterisk's -1, for ever."""
    return -1 if seconds < 0 else int(seconds * 1000)


def _wait(seconds: float | None) -> float | None:
    """How long the command itself may take: None for ever."""
    return None if seconds is None or seconds < 0 else seconds


def _plain(number: float) -> str:
    return f"{number:g}"


def _only(kind: Any, text: object) -> str:
    return "".join(filter(kind, str(text)))


def _fail_on_zero(result: int, call: AGICall) -> int:
    call.checkFailure(str(result), failure="0")
    return result
