"""Charts of reports as values: the browser draws them, and shows the same figures as a table."""

from __future__ import annotations

import json
from enum import Enum

import attrs
from attrs import frozen


class PlotKind(Enum):
    """Bars side by side, lines over time, parts of a whole, or bars upon each other."""

    BAR = "bar"
    LINE = "line"
    PIE = "pie"
    STACK = "stack"


@frozen
class Series:
    """The values of one thing, one for each label; None where there is nothing to say."""

    name: str
    values: tuple[float | None, ...]


@frozen(kw_only=True)
class Plot:
    """One chart for one question; texts are in the reader's language.

    ``target`` draws a line, ``info`` says how the figures are defined. A pie has one series.
    """

    title: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    kind: PlotKind = PlotKind.BAR
    unit: str = ""
    target: float | None = None
    info: str = ""

    @property
    def data(self) -> str:
        """What ``charts.js`` draws from."""
        plain = attrs.asdict(self, filter=lambda a, _: a.name not in ("title", "info", "kind"))
        return json.dumps({**plain, "kind": self.kind.value}, ensure_ascii=False)
