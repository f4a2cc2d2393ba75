"""Hooks of his_webservice: adapters of others, and what a hospital's system tells by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from careline.hooks.kinds import asks, event, provides

if TYPE_CHECKING:
    from careline.clinic import Stay
    from careline.clinic.his import HisKind


@provides
def his_adapters() -> Sequence[HisKind]:  # type: ignore[empty-body]  # a spec has no body
    """Kinds of hospital system, as good as those that come along.

    When: once, when the plugin is loaded; it must name ``his_webservice`` in ``requires``.
    Return: kinds, the name beginning with the plugin's; a campus has one by ``kind =
        "plugin:<name>"``.
    On failure: the plugin is not loaded, and the message names it and this hook. An adapter that
        cannot be built or started is a fault of its campus, which the health page shows; one that
        fails later is shut out for a while, and other campuses go on.
    """


@event(durable=True)
def his_visit_cancelled(campus: str, reference: str, key: str, reason: str) -> None:
    """The HIS has cancelled a visit (HL7 SIU S15); ``key`` is the order's, where it told it.

    When: written with the message's record.
    Return: nothing.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """


@event(durable=True)
def his_visit_moved(
    campus: str, reference: str, key: str, day: str, start: str, clinic: str, slot: str
) -> None:
    """The HIS has moved a visit to another time (HL7 SIU S13, S14), or says again when it is.

    ``key`` is the order's, where it told it; ``day`` (ISO 8601) and ``start`` (``HH:MM``) are the
    campus's local ones; ``clinic`` and ``slot`` are empty where it did not tell them.

    When: written with the message's record.
    Return: nothing; the same news comes again with every other change of the visit.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """


@event(durable=True)
def his_clinic_stopped(campus: str, clinic: str, reason: str) -> None:
    """A clinic was stopped in the HIS (停诊).

    When: written with the message's record.
    Return: nothing.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """


@event(durable=True)
def patient_admitted(stay_id: str) -> None:
    """A patient was admitted (HL7 ADT A01, FHIR Encounter), or a discharge was taken back (A13).

    When: written with the stay.
    Return: nothing.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """


@event(durable=True)
def admission_cancelled(stay_id: str) -> None:
    """An admission was a mistake (HL7 ADT A11): there is no such stay any more.

    When: written as the stay is removed.
    Return: nothing.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """


@event(durable=True)
def patient_discharged(stay_id: str) -> None:
    """A patient was discharged (HL7 ADT A03, FHIR Encounter).

    When: written with the stay, once for each discharge.
    Return: nothing.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """


@asks(timeout=2.0)
def stay_of(stay_id: str) -> Stay | None:
    """One stay in words; answered by his_webservice itself, for plugins told of its id.

    When: a plugin acts on an admission or discharge.
    Return: the stay as it is known now, or None when there is none.
    On failure: counts as None.
    """


@asks(timeout=10.0)
def stays_left(since: datetime, after: str, most: int) -> Sequence[Stay] | None:
    """Stays that ended at ``since`` (UTC) or later; answered by his_webservice itself.

    At most ``most`` of those that follow the one with id ``after`` (empty for the first), in the
    order of their ids, so that whoever wants all of them asks again after the last.

    When: a plugin compares what it was told with what there is.
    Return: the stays, an empty list after the last one.
    On failure: counts as None.
    """


@asks(timeout=10.0)
def stays_in(after: str, most: int) -> Sequence[Stay] | None:
    """Stays that have not ended; answered by his_webservice itself, page by page as stays_left.

    When: a plugin makes sure that it calls nobody at home who lies in the hospital.
    Return: the stays, an empty list after the last one.
    On failure: counts as None.
    """
