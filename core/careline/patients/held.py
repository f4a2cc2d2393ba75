"""What other parts of the core hold of patients: given out with the record, erased with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import frozen

from careline.storage import Tx


@frozen(kw_only=True)
class Held:
    """Rows of one part by the ids of a patient and all merged records.

    ``rows`` gives them as JSON under ``name`` in an export; ``forget`` removes them, in the
    transaction that erases the record. Plugins have hooks for both. What is a mere copy of rows
    that are exported elsewhere gives none.
    """

    name: str
    rows: Callable[[Tx, Sequence[int]], Sequence[Mapping[str, Any]]] | None = None
    forget: Callable[[Tx, Sequence[int]], object]
