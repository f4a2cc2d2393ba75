"""The life of one connection without any input or output: bytes and time in, bytes and news out.

It logs in, keeps at most a window of pieces unanswered, pings when nothing is heard, answers
pings, and says of every piece what became of it: answered, or lost.
"""

from __future__ import annotations

from enum import Enum

from attrs import Factory, define, field, frozen

from careline_sms.gateways import words
from careline_sms.gateways.link.dialect import Dialect
from careline_sms.gateways.link.frames import Frames
from careline_sms.gateways.link.messages import (
    Broken,
    Bye,
    ByeAnswered,
    Incoming,
    LoggedIn,
    Message,
    Nack,
    Piece,
    Ping,
    Report,
    Strange,
    Submitted,
)


class Phase(Enum):
    """How far a connection is."""

    LOGGING_IN = "logging_in"
    OPEN = "open"
    LEAVING = "leaving"
    OVER = "over"


@frozen(kw_only=True)
class Limits:
    """Seconds, except ``window``: pieces that may be unanswered at once."""

    window: int = 10
    answer_s: float = 30.0
    login_s: float = 10.0
    ping_s: float = 30.0


@frozen
class Answered:
    """The center has said what it does with a piece."""

    answer: Submitted


@frozen
class Late:
    """The center has said it after all, when the piece was given up already."""

    answer: Submitted


@frozen
class Lost:
    """Nobody knows whether the center has this piece."""

    sequence: int


@frozen
class Came:
    """Something to be taken, and then to be answered by :meth:`Session.answer`."""

    message: Report | Incoming


@frozen
class Opened:
    """The log-in succeeded: pieces may go."""


@frozen
class Closed:
    """It is over. ``code`` and ``text`` are the center's own words when it refused the log-in."""

    reason: str
    code: str = ""


News = Answered | Late | Lost | Came | Opened | Closed
LAST_SEQUENCE = 0x7FFFFFFF
MOST_GIVEN_UP = 1000
"""Pieces that were given up and whose late answers are still understood."""
MOST_LOST = 20
"""Pieces in a row without an answer, after which the connection is made anew."""


@define
class Session:
    """Call ``begin``, then ``feed`` and ``tick``; after each of them send ``output``."""

    _dialect: Dialect
    _limits: Limits
    phase: Phase = Phase.LOGGING_IN
    _frames: Frames = field(init=False)
    _sequence: int = 0
    _waiting: dict[int, float] = Factory(dict)
    _given_up: dict[int, None] = Factory(dict)
    _lost_in_a_row: int = 0
    _output: bytearray = Factory(bytearray)
    _heard: float = 0.0
    _pinged: float | None = None
    _began: float = 0.0
    _left: float | None = None
    _parted: bool = False
    _login: int = 0

    def __attrs_post_init__(self) -> None:
        self._frames = Frames(self._dialect.header, self._dialect.most)

    @property
    def is_over(self) -> bool:
        """True when nothing more will come or go."""
        return self.phase is Phase.OVER

    @property
    def room(self) -> int:
        """Pieces that may be submitted now."""
        if self.phase is not Phase.OPEN:
            return 0
        return self._limits.window - len(self._waiting)

    def output(self) -> bytes:
        """Bytes to be sent, once."""
        data = bytes(self._output)
        self._output.clear()
        return data

    def begin(self, now: float) -> None:
        """The connection is there: log in."""
        self._heard = self._began = now
        self._login = self._next()
        self._output += self._dialect.login(self._login)

    def submit(self, piece: Piece, now: float) -> int:
        """Send a piece, when there is room; its sequence number comes back with the answer."""
        sequence = self._next()
        self._output += self._dialect.submit(sequence, piece)
        self._waiting[sequence] = now + self._limits.answer_s
        return sequence

    def answer(self, message: Message, taken: bool) -> None:
        """Answer what came."""
        if self.phase is not Phase.OVER:
            self._output += self._dialect.answer(message, taken)

    def leave(self, now: float) -> None:
        """Let what is unanswered be answered, then say good-bye; Closed follows in any case."""
        if self.phase is Phase.OPEN:
            self.phase = Phase.LEAVING
            self._left = now
            self._part()
        elif self.phase is Phase.LOGGING_IN:
            self._left = now - self._limits.login_s

    def _part(self) -> None:
        """Say good-bye once nothing is unanswered any more."""
        if self.phase is Phase.LEAVING and not self._waiting and not self._parted:
            self._parted = True
            self._output += self._dialect.bye(self._next())

    def feed(self, data: bytes, now: float) -> list[News]:
        """Take what came."""
        news: list[News] = []
        if self.phase is Phase.OVER:
            return news
        try:
            for frame in self._frames.feed(data):
                self._heard, self._pinged = now, None
                news += self._hear(self._dialect.read(frame))
                if self.is_over:
                    break
        except Broken:
            news += self.end(words.UNREADABLE)
        return news

    def tick(self, now: float) -> list[News]:
        """See what is overdue; call it about once a second."""
        if self.phase is Phase.OVER:
            return []
        if self.phase is Phase.LOGGING_IN and now - self._began >= self._limits.login_s:
            return self.end(words.NO_LOGIN)
        if self._left is not None and now - self._left >= self._limits.login_s:
            return self.end(words.STOPPED)
        late = [one for one, until in self._waiting.items() if now >= until]
        news: list[News] = [self._lost(one) for one in late]
        self._lost_in_a_row += len(late)
        if self._lost_in_a_row >= MOST_LOST:
            return news + self.end(words.NO_ANSWER)
        if self._pinged is not None and now - self._pinged >= self._limits.ping_s:
            return news + self.end(words.NO_SIGN)
        if self._pinged is None and (late or now - self._heard >= self._limits.ping_s):
            self._pinged = now
            self._output += self._dialect.ping(self._next())
        return news

    def end(self, reason: str, code: str = "") -> list[News]:
        """The connection is gone: everything unanswered is lost."""
        if self.phase is Phase.OVER:
            return []
        self.phase = Phase.OVER
        return [*(self._lost(one) for one in list(self._waiting)), Closed(reason, code)]

    def _hear(self, message: Message) -> list[News]:
        if isinstance(message, LoggedIn):
            return self._logged_in(message)
        if isinstance(message, Submitted | Nack):
            return self._answered(message)
        if isinstance(message, Report | Incoming):
            return [Came(message)]
        if isinstance(message, ByeAnswered):
            return self.end(words.STOPPED) if self.phase is Phase.LEAVING else []
        if isinstance(message, Bye):
            self.answer(message, True)
            return self.end(words.THEY_LEFT)
        if isinstance(message, Ping | Strange):
            self.answer(message, True)
        return []

    def _logged_in(self, message: LoggedIn) -> list[News]:
        if self.phase is not Phase.LOGGING_IN:
            return []
        if message.code:
            return self.end(message.text or message.code, message.code)
        self.phase = Phase.OPEN
        return [Opened()]

    def _answered(self, message: Submitted | Nack) -> list[News]:
        if isinstance(message, Nack):
            if self.phase is Phase.LOGGING_IN and message.sequence in (0, self._login):
                return self.end(words.ODD_LOGIN, message.code)
            message = Submitted(message.sequence, message.verdict, code=message.code)
        self._lost_in_a_row = 0
        if message.sequence in self._given_up:
            del self._given_up[message.sequence]
            return [Late(message)]
        if self._waiting.pop(message.sequence, None) is None:
            return []  # twice
        self._part()
        return [Answered(message)]

    def _lost(self, sequence: int) -> Lost:
        del self._waiting[sequence]
        self._given_up[sequence] = None
        if len(self._given_up) > MOST_GIVEN_UP:
            del self._given_up[next(iter(self._given_up))]
        return Lost(sequence)

    def _next(self) -> int:
        self._sequence = self._sequence % LAST_SEQUENCE + 1
        return self._sequence
