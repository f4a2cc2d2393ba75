"""``careline appointment``: bookings, lost answers and the blacklist on the command line.

It needs no running core: what the hospital must be asked is put as a job, and done by the core.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import click

from careline.errors import Refused
from careline.hooks import Command
from careline.jobs import Job
from careline.storage import Tx
from careline_appointments import rules, standing_store, store
from careline_appointments.booking import steps
from careline_appointments.desk.words import STATES
from careline_appointments.history import plain
from careline_appointments.model import Booking, BookingState, Criteria
from careline_appointments.services import Services

MOST = 200
LINE = "{id:>7}  {state:<10}  {day} {start}  {campus}  {department} {doctor}  #{patient}"
DAY = click.DateTime(["%Y-%m-%d"])


def commands(services: Services) -> list[Command]:
    """The command group, on the plugin's services."""
    group = click.Group("appointment", help="Appointments (预约挂号).")
    group.add_command(_list(services))
    group.add_command(_show(services))
    group.add_command(_cancel(services))
    group.add_command(_settle(services))
    group.add_command(_blacklist(services))
    return [Command(name="appointment", command=group)]


def _list(services: Services) -> click.Command:
    @click.command("list", help="Bookings by day; of today on without --from.")
    @click.option("--from", "first", type=DAY, help="First day.")
    @click.option("--to", "last", type=DAY, help="Last day.")
    @click.option("--campus", default="", help="Of this campus only.")
    @click.option("--patient", default=0, help="Of this patient only.")
    @click.option("--state", type=click.Choice([one.value for one in BookingState]))
    @click.option("--json", "as_json", is_flag=True, help="As JSON.")
    def command(
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
        if as_json:
            _print([plain(one) for one in found.bookings])
            return
        for one in found.bookings:
            click.echo(_line(services, one))
        click.echo(f"{len(found.bookings)} / {found.count}")

    return command


def _show(services: Services) -> click.Command:
    @click.command("show", help="All that is kept of one booking.")
    @click.argument("booking", type=int)
    def command(booking: int) -> None:
        _print(plain(services.core.db.run_sync(store.get_booking, booking)))

    return command


def _cancel(services: Services) -> click.Command:
    @click.command("cancel", help="Cancel a booking; the running core asks the hospital.")
    @click.argument("booking", type=int)
    @click.option("--reason", required=True, help="Why; the patient may be told.")
    def command(booking: int, reason: str) -> None:
        done = services.core.db.run_sync(_begin, services, booking, reason)
        click.echo(_line(services, done))

    return command


def _begin(tx: Tx, services: Services, booking: int, reason: str) -> Booking:
    now = services.core.clock.now()
    ledger = services.booker.ledger
    done = steps.begin_cancel(tx, ledger, booking, reason, "cli", now)
    if done.state not in (BookingState.CANCELLING, BookingState.CANCELLED):
        raise rules.over(done)
    if done.state is BookingState.CANCELLING:
        store.look_later(tx, done, now, 0)
        services.core.outbox.put(tx, Job(steps.SETTLE, {"booking": done.id}))
    return done


def _settle(services: Services) -> click.Command:
    @click.command("settle", help="Have the running core ask about all lost answers now.")
    def command() -> None:
        count = services.core.db.run_sync(_look_now, services)
        click.echo(count)

    return command


def _look_now(tx: Tx, services: Services) -> int:
    now = services.core.clock.now()
    services.core.outbox.put(tx, Job(steps.SETTLE, {}))
    return store.look_at_all(tx, now)


def _blacklist(services: Services) -> click.Command:
    group = click.Group("blacklist", help="Who missed too many visits (爽约黑名单).")

    @group.command("list", help="Who cannot book now.")
    def listed() -> None:
        for one in services.core.db.run_sync(
            standing_store.barred, _today(services), services.config
        ):
            click.echo(f"{one.patient:>7}  {one.until}  {one.reason}")

    @group.command("lift", help="Let a patient book again.")
    @click.argument("patient", type=int)
    def lift(patient: int) -> None:
        now = services.core.clock.now()
        services.core.db.run_sync(standing_store.lift, patient, "cli", now)

    @group.command("add", help="Let a patient book no more up to a day.")
    @click.argument("patient", type=int)
    @click.option("--until", type=DAY, required=True, help="The last day.")
    @click.option("--reason", default="", help="Why.")
    def add(patient: int, until: datetime, reason: str) -> None:
        if until.date() < _today(services):
            raise Refused("appointments.until", "This day is past.")
        services.core.db.run_sync(standing_store.bar, patient, until.date(), reason, "cli")

    return group


def _today(services: Services) -> date:
    today: date = services.core.campuses.today()
    return today


def _line(services: Services, one: Booking) -> str:
    lang = services.core.settings.language
    return LINE.format(
        id=one.id,
        state=STATES[one.state].to(lang),
        day=one.day,
        start=f"{one.start:%H:%M}",
        campus=one.campus,
        department=one.department_name,
        doctor=one.doctor_name,
        patient=one.patient,
    )


def _print(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
