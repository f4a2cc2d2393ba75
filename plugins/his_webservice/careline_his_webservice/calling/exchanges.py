"""Every exchange with a hospital's system is written down, masked, without anybody waiting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from attrs import define, field, frozen
from twisted.internet.defer import CancelledError

from careline.clock import Clock, TimeoutError
from careline.errors import CarelineError, Refused, Unavailable
from careline.storage import Database
from careline.storage.behind import WriteBehind
from careline.tasks import Tasks
from careline_his_webservice import store
from careline_his_webservice.calling.masking import READ, masked_message
from careline_his_webservice.calling.model import Kept, Outcome

MOST_WAITING = 2_000
"""Exchanges in memory while the database is away; further ones are left out."""
BAD_ANSWER = "his.bad_answer"


@define
class Exchange:
    """One that is under way: the adapter sets ``response`` as soon as it has come.

    ``outcome`` is set for what no exception tells (a refusal inside a good answer).
    """

    request: str | bytes
    response: str | bytes = ""
    outcome: Outcome | None = None


@frozen
class Exchanges:
    """Of one campus."""

    campus: str
    _log: ExchangeLog = field(alias="log")

    def note(
        self,
        what: str,
        request: str | bytes,
        response: str | bytes,
        took_ms: int,
        outcome: Outcome = Outcome.DONE,
    ) -> None:
        """Write one down; ``what`` is what was asked, such as ``book`` or ``SIU^S12``."""
        self._log.put(self.campus, what, request, response, took_ms, outcome)

    @contextmanager
    def begin(self, what: str, request: str | bytes) -> Iterator[Exchange]:
        """Write down what happens inside, with the time it took and how it ended."""
        exchange = Exchange(request)
        began = self._log.clock.seconds()
        outcome = Outcome.DONE
        try:
            yield exchange
        except BaseException as error:
            outcome = outcome_of(error)
            exchange.response = exchange.response or _told(error)
            raise
        finally:
            took = round((self._log.clock.seconds() - began) * 1000)
            ended = exchange.outcome or outcome
            self.note(what, exchange.request, exchange.response, took, ended)


class ExchangeLog:
    """Takes the exchanges of all campuses at once and has them stored soon."""

    def __init__(self, db: Database, clock: Clock, tasks: Tasks) -> None:
        self.clock = clock
        self.left_out = 0
        self._behind = WriteBehind(db, clock, tasks, store.add_exchanges)

    def of(self, campus: str) -> Exchanges:
        """The exchanges of one campus."""
        return Exchanges(campus, self)

    def put(
        self,
        campus: str,
        what: str,
        request: str | bytes,
        response: str | bytes,
        took_ms: int,
        outcome: Outcome,
    ) -> None:
        """Have one stored."""
        if self._behind.waiting >= MOST_WAITING:
            self.left_out += 1
            return
        self._behind.put(
            Kept(
                at=self.clock.now(),
                campus=campus[:32],
                what=what[:64],
                outcome=outcome,
                took_ms=took_ms,
                request=masked_message(_text(request)),
                response=masked_message(_text(response)),
            )
        )

    async def written(self) -> None:
        """Wait until all are stored."""
        await self._behind.written()


def outcome_of(error: BaseException) -> Outcome:
    """How an exchange ended that raised ``error``."""
    if isinstance(error, TimeoutError | CancelledError | GeneratorExit):
        return Outcome.LATE
    if isinstance(error, Refused):
        return Outcome.REFUSED
    if isinstance(error, Unavailable) and error.code != BAD_ANSWER:
        return Outcome.UNREACHABLE
    return Outcome.WRONG


def _told(error: BaseException) -> str:
    """An error in words; of one that is not ours only the kind, since it may quote anything."""
    return str(error) if isinstance(error, CarelineError) else type(error).__name__


def _text(message: str | bytes) -> str:
    """Bytes are cut before they are read: an answer may have megabytes."""
    if isinstance(message, str):
        return message
    return message[: 4 * READ].decode("utf-8", "replace")
