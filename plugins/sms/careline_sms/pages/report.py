"""The report of messages: sent, delivered, not delivered and what they cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, time, timedelta

from attrs import frozen

from careline.auth.model import NOBODY
from careline.i18n import Text
from careline.web import Asked, Cell, Column, Plot, PlotKind, ReportTable, Series, Visit
from careline_sms.model import Figure, State
from careline_sms.pages import words
from careline_sms.pages.eyes import VIEW
from careline_sms.services import Services

BY = (
    ("day", Text("Day").msgid),
    ("week", Text("Week").msgid),
    ("purpose", Text("Purpose").msgid),
    ("gateway", Text("Gateway").msgid),
)
TAKEN = frozenset({State.SENT, State.DELIVERED, State.FAILED})
MEANS = Text(
    "Messages by the day on which they were put. Sent: a gateway has taken them. Delivered: the "
    "telephone has them; the share is of those sent. Cost by the gateway's price for each part."
)


@frozen(kw_only=True)
class Sum:
    """Messages of one row; ``cost`` in thousandths of the currency."""

    put: int = 0
    sent: int = 0
    delivered: int = 0
    failed: int = 0
    uncertain: int = 0
    refused: int = 0
    parts: int = 0
    cost: int = 0

    @classmethod
    def of(cls, one: Figure) -> Sum:
        """Those of one figure."""
        state, count = one.state, one.messages
        return cls(
            put=count,
            sent=count if state in TAKEN else 0,
            delivered=count if state is State.DELIVERED else 0,
            failed=count if state is State.FAILED else 0,
            uncertain=count if state is State.UNCERTAIN else 0,
            refused=count if state in (State.REJECTED, State.WITHDRAWN) else 0,
            parts=one.parts,
            cost=one.cost,
        )

    def __add__(self, other: Sum) -> Sum:
        """Both together."""
        return Sum(
            put=self.put + other.put,
            sent=self.sent + other.sent,
            delivered=self.delivered + other.delivered,
            failed=self.failed + other.failed,
            uncertain=self.uncertain + other.uncertain,
            refused=self.refused + other.refused,
            parts=self.parts + other.parts,
            cost=self.cost + other.cost,
        )

    @property
    def rate(self) -> float | None:
        """The share of those sent that were delivered."""
        return self.delivered / self.sent if self.sent else None


@frozen
class MessageReport:
    """Runs the report; only for who may see the messages of everybody."""

    services: Services

    async def run(self, visit: Visit, asked: Asked) -> ReportTable:
        """What was put in these days."""
        visit.need(VIEW, NOBODY)
        since = datetime.combine(asked.first, time(), visit.zone)
        until = datetime.combine(asked.last + timedelta(days=1), time(), visit.zone)
        found = await self.services.messages.figures(since, until)
        sums = together(found, KEYS.get(asked.by, KEYS["day"]))
        rows = [(_label(visit, asked.by, key), sums[key]) for key in sorted(sums)]
        return _table(visit, rows, asked.by)


KEYS: Mapping[str, Callable[[Figure], str]] = {
    "day": lambda one: str(one.day),
    "week": lambda one: str(one.day - timedelta(days=one.day.weekday())),
    "purpose": lambda one: one.purpose,
    "gateway": lambda one: one.gateway,
}


def together(found: Iterable[Figure], by: Callable[[Figure], str]) -> dict[str, Sum]:
    """The sum of each key."""
    sums: dict[str, Sum] = {}
    for one in found:
        key = by(one)
        sums[key] = sums.get(key, Sum()) + Sum.of(one)
    return sums


def _label(visit: Visit, by: str, key: str) -> str:
    if by == "week":
        return visit._("week of {day}", day=key)
    if by == "purpose":
        return visit.text(words.purpose(key))
    return key or visit._("none")


def _table(visit: Visit, rows: list[tuple[str, Sum]], by: str) -> ReportTable:
    total = Sum()
    for _, one in rows:
        total = total + one
    head = visit._("Day") if by not in ("purpose", "gateway") else visit._("Name")
    return ReportTable(
        columns=(
            Column(head, Cell.TEXT),
            Column(visit._("Put")),
            Column(visit._("Sent")),
            Column(visit._("Delivered")),
            Column(visit._("Delivery rate"), Cell.SHARE),
            Column(visit._("Not delivered")),
            Column(visit._("Uncertain")),
            Column(visit._("Not sent")),
            Column(visit._("Parts")),
            Column(visit._("Cost")),
        ),
        rows=tuple((label, *_values(one)) for label, one in rows),
        total=(visit._("Total"), *_values(total)),
        plots=tuple(_plots(visit, rows, by)) if rows else (),
        note=visit.text(MEANS),
    )


def _values(one: Sum) -> tuple[int | float | None, ...]:
    return (
        one.put,
        one.sent,
        one.delivered,
        one.rate,
        one.failed,
        one.uncertain,
        one.refused,
        one.parts,
        round(one.cost / 1000, 2),
    )


def _plots(visit: Visit, rows: list[tuple[str, Sum]], by: str) -> list[Plot]:
    labels = tuple(label for label, _ in rows)
    sums = [one for _, one in rows]
    line = PlotKind.BAR if by in ("purpose", "gateway") else PlotKind.LINE
    stacked = (
        Series(visit._("Delivered"), tuple(float(one.delivered) for one in sums)),
        Series(visit._("Not delivered"), tuple(float(one.failed) for one in sums)),
        Series(visit._("Uncertain"), tuple(float(one.uncertain) for one in sums)),
        Series(visit._("Not sent"), tuple(float(one.refused) for one in sums)),
    )
    rates = tuple(None if one.rate is None else round(one.rate * 100, 1) for one in sums)
    costs = tuple(round(one.cost / 1000, 2) for one in sums)
    info = visit.text(MEANS)
    return [
        Plot(title=visit._("Text messages"), labels=labels, series=stacked, kind=PlotKind.STACK),
        Plot(title=visit._("Delivery rate"), labels=labels, unit="%", kind=line, info=info,
             series=(Series(visit._("Delivery rate"), rates),)),
        Plot(title=visit._("Cost"), labels=labels, kind=line,
             series=(Series(visit._("Cost"), costs),)),
    ]  # fmt: skip
