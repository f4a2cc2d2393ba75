"""One call under AGI control: commands that wait for their answer, and ``CallerGone``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from attrs import frozen
from twisted.internet.defer import Deferred, TimeoutError
from twisted.logger import Logger

from careline.clock import Clock
from careline.errors import Conflict, Invalid, NotFound, Refused, Unavailable
from careline.telephony import words
from careline.telephony.agi.codec import Hangup, Reply, encode

log = Logger()

GRACE = 5.0
"""Seconds a command may take beyond its own wait; then Asterisk is taken to be stuck."""
PLAY_WAIT = 600.0
"""Seconds one prompt may last."""
EXEC_WAIT = 60.0
READ_CUT = 1023
"""Bytes after which GET VARIABLE cuts a value without a word."""

KEYS = "0123456789*#"
FORBIDDEN = frozenset(
    {"system", "trysystem", "agi", "eagi", "deadagi", "externalivr", "exec", "tryexec", "execif"}
)
"""Applications that run programs or other applications by name; nothing here needs them."""


class CallerGone(Exception):
    """The caller hung up, or Asterisk closed the session; nothing more can be said to them."""


@frozen
class Recorded:
    """How a recording ended: ``key`` pressed or ``""``; ``why`` "dtmf", "timeout" or "hangup"."""

    key: str
    why: str
    samples: int


class AgiSession:
    """What a call can be told; one command at a time.

    Every verb raises CallerGone when the caller has left, also while it waits; Unavailable
    (``agi.deadline``) when Asterisk answers not in time, which ends the session; Refused for values
    that could turn into other commands or dialplan.
    """

    def __init__(
        self,
        env: dict[str, str],
        clock: Clock,
        write: Callable[[bytes], object],
        abort: Callable[[], object],
    ) -> None:
        self.env = env
        self.path = urlsplit(env.get("request", "")).path or "/" + env.get("network_script", "")
        self.gone = False
        self._clock = clock
        self._write = write
        self._abort = abort
        self._waiting: Deferred[Reply] | None = None
        self._owed = 0

    async def command(self, *said: str, timeout: float = GRACE) -> Reply:
        """Send one command of plain words and wait at most ``timeout`` seconds for its reply."""
        if self.gone:
            raise CallerGone
        if self._waiting is not None:
            raise Conflict("agi.busy", "this call is already carrying out a command")
        data = encode(said)
        reply = await self._answer(data, said[0], timeout)
        if reply.code == 511:
            self.leave()
            raise CallerGone
        if reply.code != 200:
            raise Invalid("agi.rejected", "Asterisk rejected {command}", command=" ".join(said[:2]))
        return reply

    async def _answer(self, data: bytes, what: str, timeout: float) -> Reply:
        waiting: Deferred[Reply] = Deferred(self._abandon)
        self._waiting = waiting
        waiting.addTimeout(timeout, self._clock.reactor)
        self._write(data)
        try:
            return await waiting
        except TimeoutError as error:
            log.error("AGI: no answer to {command} in {seconds} s", command=what, seconds=timeout)
            self._abort()
            raise Unavailable("agi.deadline", "Asterisk did not answer in time") from error

    def _abandon(self, _waiting: Deferred[Reply]) -> None:
        """Whoever waited was cancelled; the reply that will still come is nobody's."""
        self._waiting = None
        self._owed += 1

    def take(self, received: Sequence[Reply | Hangup]) -> None:
        """Give what Asterisk said at once to whom it is for.

        A reply beyond those that were due is dropped: a variable's value with a line end in it
        must not answer the command that follows.
        """
        due = self._owed + (self._waiting is not None)
        for each in received:
            if isinstance(each, Hangup):
                self.leave()
            elif due:
                due -= 1
                self._reply(each)
            else:
                log.warn("AGI: a reply that nobody asked for was dropped")

    def _reply(self, reply: Reply) -> None:
        if self._owed:
            self._owed -= 1
        elif self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            waiting.callback(reply)

    def leave(self) -> None:
        """The caller has left or the connection is lost: end what waits, refuse what comes."""
        self.gone = True
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.errback(CallerGone())

    async def answer(self) -> None:
        """Answer the call; does nothing when it is answered."""
        await self._alive("ANSWER")

    async def hangup(self) -> None:
        """Hang up; every verb after it raises CallerGone."""
        await self.command("HANGUP")
        self.leave()

    async def channel_status(self) -> int:
        """State of the channel as Asterisk numbers it: 4 ringing, 6 up."""
        return int((await self.command("CHANNEL", "STATUS")).result)

    async def verbose(self, message: str, level: int = 1) -> None:
        """Write a line to Asterisk's console; control characters become spaces."""
        shown = "".join(char if char.isprintable() else " " for char in message)[:1000]
        await self.command("VERBOSE", shown, str(level))

    async def get_variable(self, name: str) -> str | None:
        """Value of a channel variable or harmless function; None when it is not set."""
        words.variable(name)
        reply = await self.command("GET", "VARIABLE", name)
        if reply.result != "1":
            return None
        value = reply.value or ""
        if len(value.encode()) < READ_CUT:
            return value
        reply = await self.command("GET", "FULL", "VARIABLE", f"${{{name}}}")
        return reply.value or ""

    async def set_variable(self, name: str, value: str | Sequence[str]) -> None:
        """Set a channel variable; several values (files, targets) become ``a&b&c``."""
        words.variable(name)
        await self.command("SET", "VARIABLE", name, words.joined(value, name))

    async def stream_file(self, name: str, escape: str = "", timeout: float = PLAY_WAIT) -> str:
        """Play a sound; the key among ``escape`` that stopped it, or ``""``.

        NotFound when Asterisk cannot open the file.
        """
        reply = await self.command(
            "STREAM", "FILE", words.file(name), _keys(escape), timeout=timeout + GRACE
        )
        if reply.result == "-1":
            await self._no_file(name, played=bool(reply.endpos))
        return _key(reply)

    async def get_data(
        self, file: str | Sequence[str], timeout_ms: int, max_digits: int
    ) -> tuple[str, bool]:
        """Play ``file`` until the first key, then read keys until ``#`` or ``max_digits``.

        Several files come as a sequence or joined by ``&``. Returns the keys without ``#``, and
        True when ``timeout_ms`` ran out after the last key.
        """
        files = [words.file(f) for f in (file.split("&") if isinstance(file, str) else file)]
        wait = PLAY_WAIT + timeout_ms / 1000 * (max_digits + 1)
        if len(files) > 1:
            return await self._read(files, timeout_ms, max_digits, wait)
        reply = await self.command(
            "GET", "DATA", "".join(files), str(timeout_ms), str(max_digits), timeout=wait
        )
        if reply.result == "-1":
            await self._no_file("".join(files))
        return reply.result, reply.value == "timeout"

    async def _read(
        self, files: list[str], timeout_ms: int, max_digits: int, wait: float
    ) -> tuple[str, bool]:
        """As GET DATA, which takes one file only: between two commands a key would be lost."""
        data = ",".join(
            ("CARELINE_KEYS", "&".join(files), str(max_digits), "", "1", f"{timeout_ms / 1000:g}")
        )
        await self._exec("Read", data, wait)
        status = await self.get_variable("READSTATUS")
        if status == "HANGUP":
            raise CallerGone
        if status == "ERROR":
            raise NotFound("agi.no_file", "Asterisk cannot play {file}", file="&".join(files))
        keys = await self.get_variable("CARELINE_KEYS")
        return keys or "", status == "TIMEOUT"

    async def wait_for_digit(self, timeout_ms: int) -> str:
        """The next key, or ``""`` after ``timeout_ms``."""
        wait = timeout_ms / 1000 + GRACE
        return _key(await self._alive("WAIT", "FOR", "DIGIT", str(timeout_ms), timeout=wait))

    async def record_file(
        self,
        name: str,
        escape: str = "#",
        timeout_ms: int = 120_000,
        *,
        form: str = "wav",
        beep: bool = True,
        silence_s: int = 0,
    ) -> Recorded:
        """Record until a key, the time, ``silence_s`` seconds of silence or the hang-up.

        A hang-up is a usual end, so it is returned; the next verb raises CallerGone.
        """
        said = ["RECORD", "FILE", words.file(name), words.name(form, "the format")]
        said += [_keys(escape), str(timeout_ms), *(["BEEP"] if beep else [])]
        said += [f"s={silence_s}"] if silence_s else []
        reply = await self.command(*said, timeout=timeout_ms / 1000 + GRACE)
        if reply.value in ("writefile", "randomerror"):
            raise Unavailable("agi.record", "Asterisk could not write the recording")
        key = _key(reply) if reply.result != "-1" else ""
        return Recorded(key, reply.value or "timeout", reply.endpos or 0)

    async def exec(self, app: str, *args: str | Sequence[str], timeout: float = EXEC_WAIT) -> int:
        """Run a dialplan application with these arguments; its result.

        Each is one argument: what could begin another is refused; a sequence becomes ``a&b``.
        NotFound when Asterisk has no such application, CallerGone when it ends the call.
        """
        if app.lower() in FORBIDDEN or (app.lower() == "mixmonitor" and len(args) > 2):
            raise Refused("agi.application", "{app} could run programs", app=app)
        words.name(app, "the application")
        return await self._exec(
            app, ",".join(words.joined(a, "an argument") for a in args), timeout
        )

    async def _exec(self, app: str, data: str, timeout: float) -> int:
        reply = await self.command("EXEC", app, data, timeout=timeout + GRACE)
        if reply.result == "-2":
            raise NotFound("agi.no_application", "Asterisk has no application {app}", app=app)
        if reply.result == "-1":
            raise CallerGone
        return int(reply.result)

    async def _alive(self, *said: str, timeout: float = GRACE) -> Reply:
        reply = await self.command(*said, timeout=timeout)
        if reply.result == "-1":
            raise CallerGone
        return reply

    async def _no_file(self, name: str, *, played: bool = False) -> None:
        """Result -1 says "gone" or "no such file": only a call that lives can answer."""
        if not played:
            await self.channel_status()
            raise NotFound("agi.no_file", "Asterisk cannot play {file}", file=name)
        raise CallerGone


def _keys(escape: str) -> str:
    if not set(escape) <= set(KEYS):
        raise Refused("agi.keys", "keys are 0-9, * and #")
    return escape


def _key(reply: Reply) -> str:
    code = int(reply.result)
    return chr(code) if code > 0 else ""
