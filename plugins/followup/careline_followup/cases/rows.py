"""Rows of a list brought to the cases: what each has done, and what is to be said of it."""

from __future__ import annotations

from attrs import frozen

from careline.errors import CarelineError, Invalid, Refused
from careline.i18n import Text
from careline.storage import Tx
from careline_followup.cases.intake import Intake, Looked, What
from careline_followup.cases.listed import Read
from careline_followup.cases.model import Case
from careline_followup.tasks.ladder import ladder

ERASED = Text("This patient's data was erased on request: this discharge is not followed up.")
NOBODY = Text("There is no number that can be called: nobody is asked until there is one.")


@frozen(kw_only=True)
class Brought:
    """What a row has done: ``new`` a case, ``why`` it is none, ``notes`` on one that is.

    ``uncalled``: a case, and no number of the patient or the family can be called.
    """

    line: int
    cells: tuple[str, ...] = ()
    new: bool = False
    uncalled: bool = False
    why: CarelineError | None = None
    notes: tuple[CarelineError, ...] = ()

    @property
    def known(self) -> bool:
        """Whether its case was there already, changed or not."""
        return self.why is None and not self.new


def bring(tx: Tx, intake: Intake, row: Read, dry: bool) -> Brought:
    """Take a row's case in, or with ``dry`` only look; a wrong one stops no other."""
    why = row.why
    if row.case is None or why is not None:
        return Brought(line=row.line, cells=row.cells, why=why)
    if dry:
        found = intake.look(tx, row.case)
    else:
        found, why = _stored(tx, intake, row.case)
    if why is not None or found.what is What.ERASED:
        return Brought(line=row.line, cells=row.cells, why=why or erased())
    unheard = () if found.callable else (Invalid("followup.nobody", NOBODY.msgid),)
    return Brought(
        line=row.line,
        cells=row.cells,
        new=found.what is What.ADDED and not row.twice,
        uncalled=not found.callable and not row.twice,
        notes=(*row.notes, *unheard),
    )


def erased() -> Refused:
    """Nobody is asked after a discharge of somebody who was erased."""
    return Refused("followup.erased", ERASED.msgid)


def _stored(tx: Tx, intake: Intake, case: Case) -> tuple[Looked, CarelineError | None]:
    try:
        with tx.savepoint():
            taken = intake.take(tx, case)
            return Looked(taken.what, bool(ladder(tx, taken.case))), None
    except CarelineError as error:
        return Looked(What.KNOWN, callable=False), error
