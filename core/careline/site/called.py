"""Called numbers, and the flow that answers each."""

from __future__ import annotations

import re

from careline.campuses.store import list_campuses
from careline.errors import Invalid
from careline.ivr.routes import Dnis
from careline.ivr.store import flow_names, put_dnis
from careline.site.made import CAMPUS, FLOW, refuse, unknown
from careline.storage import Tx

NUMBER = re.compile(r"\+?[0-9A-Za-z._-]{0,31}\*?")


def set_called(tx: Tx, entry: Dnis) -> None:
    """Store what calls to a number lead to; Invalid with all problems."""
    flows = flow_names(tx)
    problems = [
        *unknown(CAMPUS, [entry.campus], [one.id for one in list_campuses(tx)], "campus"),
        *unknown(FLOW, [entry.open], flows, "open"),
        *unknown(FLOW, [entry.after_hours], flows, "after_hours"),
        *unknown(FLOW, [entry.holiday], flows, "holiday"),
    ]
    if not entry.number or not NUMBER.fullmatch(entry.number):
        problems.append(
            Invalid(
                "dnis.number",
                "{number} is no number such as 4001234567, 40012345* or *",
                number=entry.number,
            )
        )
    refuse(problems)
    put_dnis(tx, entry)
