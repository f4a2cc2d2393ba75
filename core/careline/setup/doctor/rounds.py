"""All examinations in order; one that fails to be made does not hide the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from careline.errors import CarelineError
from careline.i18n import Text
from careline.setup.doctor import data, machine, switch
from careline.setup.doctor.model import Finding, Patient

Examination = Callable[[Patient], Finding | Iterable[Finding]]

#: What needs nothing but the settings, and what needs the database's tables.
FIRST: tuple[Examination, ...] = (
    lambda patient: machine.secrets(patient.settings.home),
    lambda patient: machine.disk(patient.settings.home),
    machine.tools,
    machine.ports,
)
WITH_TABLES: tuple[Examination, ...] = (
    data.prompts,
    data.flows,
    data.plugins,
    data.versions,
    machine.clock,
)
LAST: tuple[Examination, ...] = (switch.asterisk, switch.core, switch.agents)


def examine(patient: Patient) -> Iterator[Finding]:
    """Everything that is known of a site whose settings could be read."""
    for examination in FIRST:
        yield from _made(examination, patient)
    database = data.database(patient)
    yield database
    for examination in (*(WITH_TABLES if database.ok else ()), *LAST):
        yield from _made(examination, patient)


def _made(examination: Examination, patient: Patient) -> Iterator[Finding]:
    try:
        found = examination(patient)
        yield from [found] if isinstance(found, Finding) else found
    except (CarelineError, OSError) as error:
        yield Finding(Text("examination"), False, error if _is_ours(error) else str(error))


def _is_ours(error: Exception) -> bool:
    return isinstance(error, CarelineError)
