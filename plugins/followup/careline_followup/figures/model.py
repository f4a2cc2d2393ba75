"""What was done of what had to be done; pure values."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class Coverage:
    """One line of coverage: cases of some days, and what stands of their tasks now.

    ``key`` is a campus, department, ward, plan, or empty for all. ``cases`` are discharges and
    ``operations`` that are planned (术前), and the sum of ``covered``, ``left_out``, ``bare`` and
    ``withdrawn``. ``tasks`` is the sum of the seven states from ``planned`` to ``cancelled``, of
    which ``running`` counts those in state DUE too, ``partly`` are those of ``unreachable``
    that have answered something, and ``no_number`` those of it that nobody was called for, since
    there is no number. ``due`` are tasks whose day has come or that were done before it, without
    cancelled ones; ``overdue`` are open ones; ``flags_open`` are red flags that nobody has seen,
    ``flags`` all of them.
    """

    key: str = ""
    cases: int = 0
    operations: int = 0
    covered: int = 0
    left_out: int = 0
    bare: int = 0
    withdrawn: int = 0
    tasks: int = 0
    planned: int = 0
    running: int = 0
    with_ward: int = 0
    answered: int = 0
    declined: int = 0
    unreachable: int = 0
    partly: int = 0
    no_number: int = 0
    cancelled: int = 0
    due: int = 0
    overdue: int = 0
    flags: int = 0
    flags_open: int = 0

    @property
    def done(self) -> int:
        """Tasks that are over: cancelled ones aside, and those that nobody was called for."""
        return self.answered + self.declined + self.unreachable - self.no_number

    @property
    def tried(self) -> int:
        """Tasks that were tried by every way, and answered by nobody."""
        return self.unreachable - self.partly - self.no_number

    @property
    def due_open(self) -> int:
        """Tasks whose day has come and that are not over."""
        return self.due - self.done - self.no_number

    @property
    def reached(self) -> int:
        """Tasks in which somebody was spoken to, be it that not all was answered."""
        return self.answered + self.declined + self.partly

    @property
    def discharges(self) -> int:
        """Cases of patients who have left."""
        return self.cases - self.operations


@frozen(kw_only=True)
class Collated:
    """How often a question was answered with ``value``; ``red`` of them raised a flag.

    ``version`` is the questionnaire's as it was asked: another one has other words.
    """

    key: str
    questionnaire: str
    version: int = 0
    question: str
    value: int
    count: int
    red: int = 0
