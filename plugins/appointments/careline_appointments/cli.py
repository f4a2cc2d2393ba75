"""``careline appointment``: bookings, lost answers and the blacklist on the command line.

It needs no running core: what the hospital must be asked is put as a job, and done by the core.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import click

from careline.errors import Refused
from careline.hooks import Command
from careline.jobs import Job
from careline.storage import Tx
from careline.terminal import (
    Group,
    _,
    command,
    json_option,
    listing,
    option,
    print_json,
    say,
    who,
)
from careline_appointments import rules, standing_store, store
from careline_appointments.booking import steps
from careline_appointments.desk.words import STATES
from careline_appointments.history import plain
from careline_appointments.model import Booking, BookingState, Criteria
from careline_appointments.services import Services

MOST = 200
DAY = click.DateTime(["%Y-%m-%d"])
COLUMNS: Mapping[str, str] = {
    "id": _("id"),
    "state": _("state"),
    "day": _("date"),
    "start": _("time"),
    "campus": _("campus"),
    "department_name": _("department"),
    "doctor_name": _("doctor"),
    "patient": _("patient"),
}
BARRED: Mapping[str, str] = {
    "patient": _("patient"),
    "until": _("cannot book up to"),
    "reason": _("reason"),
    "by": _("by"),
}


def commands(services: Services) -> list[Command]:
    """The command group, on the plugin's services."""
    group = Group("appointment", help=_("Appointments: list, cancel, ask after lost answers."))
    group.add_command(_list(services))
    group.add_command(_show(services))
    group.add_command(_cancel(services))
    group.add_command(_settle(services))
    group.add_command(_blacklist(services))
    return [Command(name="appointment", command=group)]


def _list(services: Services) -> click.Command:
    @command("list", _("Bookings by day; of today on without --from."))
    @option("--from", "first", type=DAY, help=_("First day."))
    @option("--to", "last", type=DAY, help=_("Last day."))
    @option("--campus", default="", help=_("Of this campus only."))
    @option("--patient", default=0, help=_("Of this patient only."))
    @option(
        "--state",
        type=click.Choice([one.value for one in BookingState]),
        help=_("Only those in this state."),
    )
    @json_option
    def listed(
        first: datetime | None,
        last: datetime | None,
        campus: str,
        patient: int,
        state: str | None,
        as_json: bool,
    ) -> None:
        criteria = Criteria(
            first=first.date() if first else None if patient else _today(services),
            last=last.date() if last else None,
            campus=campus,
            patient=patient,
            states=frozenset({BookingState(state)}) if state else frozenset(),
        )
        found = services.core.db.run_sync(store.search, criteria, 0, MOST)
        rows = [plain(one) if as_json else _row(one) for one in found.bookings]
        listing(rows, COLUMNS, as_json=as_json, none=_("there are no bookings"))
        if found.count > len(rows) and not as_json:
            say(_("{shown} of {count} are shown"), shown=len(rows), count=found.count)

    return listed


def _row(one: Booking) -> dict[str, Any]:
    """A booking as people read it."""
    words = {"state": STATES[one.state], "start": f"{one.start:%H:%M}"}
    return {name: getattr(one, name) for name in COLUMNS} | words


def _show(services: Services) -> click.Command:
    @command("show", _("All that is kept of one booking, as JSON."))
    @click.argument("booking", type=int)
    def show(booking: int) -> None:
        print_json(plain(services.core.db.run_sync(store.get_booking, booking)))

    return show


def _cancel(services: Services) -> click.Command:
    @command("cancel", _("Cancel a booking; the running core asks the hospital."))
    @click.argument("booking", type=int)
    @option("--reason", required=True, help=_("Why; the patient may be told."))
    def cancel(booking: int, reason: str) -> None:
        done = services.core.db.run_sync(_begin, services, booking, reason)
        say(_("booking {id}: {state}"), id=done.id, state=STATES[done.state])

    return cancel


def _begin(tx: Tx, services: Services, booking: int, reason: str) -> Booking:
    now = services.core.clock.now()
    ledger = services.booker.ledger
    done = steps.begin_cancel(tx, ledger, booking, reason, who(), now)
    if done.state not in (BookingState.CANCELLING, BookingState.CANCELLED):
        raise rules.over(done)
    if done.state is BookingState.CANCELLING:
        store.look_later(tx, done, now, 0)
        services.core.outbox.put(tx, Job(steps.SETTLE, {"booking": done.id}))
    return done


def _settle(services: Services) -> click.Command:
    @command("settle", _("Have the running core ask about all lost answers now."))
    def settle() -> None:
        services.core.db.run_sync(_look_now, services)
        say(_("the running core asks the hospital about all lost answers now"))

    return settle


def _look_now(tx: Tx, services: Services) -> None:
    now = services.core.clock.now()
    services.core.outbox.put(tx, Job(steps.SETTLE, {}))
    store.look_at_all(tx, now)


def _blacklist(services: Services) -> click.Command:
    group = Group("blacklist", help=_("Who missed too many visits, and cannot book."))
    db = services.core.db

    @group.command("list", help=_("Who cannot book now."))
    @json_option
    def listed(as_json: bool) -> None:
        found = db.run_sync(standing_store.barred, _today(services), services.config)
        rows = [{name: getattr(one, name) for name in BARRED} for one in found]
        listing(rows, BARRED, as_json=as_json, none=_("everybody may book"))

    @group.command("lift", help=_("Let a patient book again."))
    @click.argument("patient", type=int)
    def lift(patient: int) -> None:
        db.run_sync(standing_store.lift, patient, who(), services.core.clock.now())
        say(_("patient {patient} may book again"), patient=patient)

    @group.command("add", help=_("Let a patient book no more up to a day."))
    @click.argument("patient", type=int)
    @option("--until", type=DAY, required=True, help=_("The last day."))
    @option("--reason", default="", help=_("Why."))
    def add(patient: int, until: datetime, reason: str) -> None:
        if until.date() < _today(services):
            raise Refused("appointments.until", "This day is past.")
        db.run_sync(standing_store.bar, patient, until.date(), reason, who())
        say(_("patient {patient} cannot book up to {day}"), patient=patient, day=until.date())

    return group


def _today(services: Services) -> date:
    today: date = services.core.campuses.today()
    return today
