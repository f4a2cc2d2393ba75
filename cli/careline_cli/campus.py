"""``careline campus``: campuses with their business hours and holidays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from careline.errors import CarelineError, Conflict, Invalid, Refused
from careline.i18n import Text
from careline_cli.agent import json_option
from careline_cli.frame import group, option
from careline_cli.made import given
from careline_cli.say import _, listing, say
from careline_cli.site import Site, pass_site

if TYPE_CHECKING:
    from careline.campuses.model import Campus
    from careline.storage import Tx

OPEN_STATES = {
    "open": Text("open"),
    "after_hours": Text("after hours"),
    "holiday": Text("holiday"),
}
DAY_KINDS = {"holiday": Text("holiday"), "workday": Text("working day")}
id_argument = click.argument("campus_id", metavar="ID")


@group("campus", _("Campuses, their business hours and holidays."))
def campus() -> None:
    """Campuses."""


@campus.command("list", help=_("All campuses, and whether they are open now."))
@json_option
@pass_site
def _list(site: Site, as_json: bool) -> None:
    from careline.campuses.service import read_directory
    from careline_cli.words import worded

    directory = site.run(read_directory)
    now = site.clock.now()
    rows = [
        _row(one) | {"state": directory.calendar.state_at(one, now).state.value}
        for one in directory.campuses.values()
    ]
    if not as_json:
        rows = [worded(row, state=OPEN_STATES) for row in rows]
    columns = {
        "id": _("id"),
        "title": _("title"),
        "title_en": _("in English"),
        "state": _("state"),
        "hours": _("hours"),
        "timezone": _("time zone"),
        "area_code": _("area code"),
        "keeps_holidays": _("keeps holidays"),
    }
    listing(rows, columns, as_json=as_json, none=_("there is no campus; see: careline campus add"))


def _row(one: Campus) -> dict[str, Any]:
    import attrs

    return attrs.asdict(one, recurse=False) | {"hours": str(one.hours)}


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for one in reversed(
        [
            option("--title-en", help=_("Its English name.")),
            option("--area-code", help=_("Its area code with the 0, such as 010.")),
            option("--timezone", help=_("Its time zone; Asia/Shanghai when not said.")),
            option("--hours", help=_("Such as: mon-fri 08:00-12:00 13:30-17:30; sat 08:00-12:00")),
            option(
                "--keeps-holidays/--works-on-holidays",
                "keeps_holidays",
                default=None,
                help=_("Whether it closes on public holidays."),
            ),
        ]
    ):
        command = one(command)
    return command


@campus.command("add", help=_("Add a campus."))
@id_argument
@click.argument("title")
@_options
@pass_site
def _add(site: Site, campus_id: str, title: str, **options: Any) -> None:
    from careline.campuses.store import list_campuses, put_campus

    def store(tx: Tx) -> None:
        if campus_id in {one.id for one in list_campuses(tx)}:
            raise Conflict("campus.exists", "there is a campus {campus} already", campus=campus_id)
        put_campus(tx, _checked({"id": campus_id, "title": title, **given(**options)}))

    site.run(store)
    site.apply()
    say(_("campus {campus} added"), campus=campus_id)


@campus.command("change", help=_("Change a campus; what is not named stays."))
@id_argument
@option("--title", help=_("Its name."))
@_options
@pass_site
def _change(site: Site, campus_id: str, **options: Any) -> None:
    _store_change(site, campus_id, given(**options))


def _store_change(site: Site, campus_id: str, changes: dict[str, Any]) -> None:
    import attrs

    from careline.campuses.store import get_campus, put_campus

    def store(tx: Tx) -> None:
        old = attrs.asdict(get_campus(tx, campus_id), recurse=False)
        put_campus(tx, _checked(old | changes))

    site.run(store)
    site.apply()
    say(_("campus {campus} changed"), campus=campus_id)


def _checked(values: dict[str, Any]) -> Campus:
    """A campus of these values; Invalid with all their problems."""
    from careline.campuses.hours import parse_hours
    from careline.campuses.model import Campus, campus_problems

    problems: list[Invalid] = []
    if isinstance(values.get("hours"), str):
        try:
            values["hours"] = parse_hours(values["hours"])
        except Invalid as error:
            problems.append(error)
            del values["hours"]
    made = Campus(**values)
    problems = [*campus_problems(made), *problems]
    if problems:
        raise Invalid("input.invalid", "that cannot be stored:", problems=problems)
    return made


@campus.command("hours", help=_("Set the weekly business hours of a campus."))
@id_argument
@click.argument("hours")
@pass_site
def _hours(site: Site, campus_id: str, hours: str) -> None:
    _store_change(site, campus_id, {"hours": hours})


@campus.command("remove", help=_("Remove a campus that nothing uses any more."))
@id_argument
@pass_site
def _remove(site: Site, campus_id: str) -> None:
    from careline.campuses.store import remove_campus

    def store(tx: Tx) -> None:
        problems = _uses(tx, campus_id)
        if problems:
            raise Refused(
                "campus.in_use", "campus {campus} is in use:", campus=campus_id, problems=problems
            )
        remove_campus(tx, campus_id)

    site.run(store)
    site.apply()
    say(_("campus {campus} removed"), campus=campus_id)


def _uses(tx: Tx, campus_id: str) -> list[CarelineError]:
    """Agents, queues and called numbers of the campus."""
    from careline.agents.store import list_agents
    from careline.ivr.store import list_dnis
    from careline.queues.store import list_queues

    found = (
        (Text("agents: {names}"), [one.id for one in list_agents(tx) if one.campus == campus_id]),
        (Text("queues: {names}"), [one.id for one in list_queues(tx) if one.campus == campus_id]),
        (
            Text("called numbers: {names}"),
            [one.number for one in list_dnis(tx) if one.campus == campus_id],
        ),
    )
    return [Refused("campus.use", text.msgid, names=names) for text, names in found if names]


@campus.command(
    "holiday",
    help=_(
        "Say what is special about a day: DAY such as 2026-10-01 is a holiday, or with --work a"
        " working day. Without DAY, list what was said. Public holidays are known already."
    ),
)
@click.argument("day", required=False)
@option("--title", default="", help=_("Its name."))
@option("--campus", default="", help=_("For this campus only."))
@option("--work", is_flag=True, help=_("It is a working day, though a weekend or holiday."))
@option("--hours", default="", help=_("Hours of that working day, such as: 08:00-12:00"))
@option("--remove", is_flag=True, help=_("Take back what was said of this day."))
@json_option
@pass_site
def _holiday(site: Site, day: str | None, remove: bool, as_json: bool, **options: Any) -> None:
    if day is None:
        _days(site, as_json)
        return
    from careline.campuses.store import put_day, remove_day

    when = _date(day)
    if remove:
        site.run(remove_day, when, options["campus"])
    else:
        site.run(lambda tx: put_day(tx, _entry(tx, when, **options)))
    site.apply()
    say(_("{day}: the calendar is changed"), day=when.isoformat())


def _date(text: str) -> date:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise Invalid("input.date", "{text} is no date such as 2026-10-01", text=text) from None


def _entry(tx: Tx, day: date, *, title: str, campus: str, work: bool, hours: str) -> Any:
    from careline.campuses.calendar import DayEntry, DayKind
    from careline.campuses.hours import parse_spans
    from careline.campuses.store import get_campus

    if campus:
        get_campus(tx, campus)
    return DayEntry(
        day=day,
        kind=DayKind.WORKDAY if work else DayKind.HOLIDAY,
        campus=campus,
        title=title,
        spans=tuple(parse_spans(hours)) if hours else (),
    )


def _days(site: Site, as_json: bool) -> None:
    from careline.campuses.store import list_days
    from careline_cli.words import worded

    rows = [
        {
            "day": entry.day.isoformat(),
            "kind": entry.kind.value,
            "campus": entry.campus,
            "title": entry.title,
            "hours": " ".join(map(str, entry.spans)),
        }
        for entry in site.run(list_days)
    ]
    if not as_json:
        rows = [worded(row, kind=DAY_KINDS) for row in rows]
    columns = {
        "day": _("day"),
        "kind": _("kind"),
        "campus": _("campus"),
        "title": _("title"),
        "hours": _("hours"),
    }
    none = _("nothing special: the public holidays of China count")
    listing(rows, columns, as_json=as_json, none=none)
