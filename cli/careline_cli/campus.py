"""``careline campus``: campuses with their business hours and holidays."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from careline.i18n import Text
from careline.terminal.frame import group, json_option, option
from careline.terminal.say import _, listing, say
from careline_cli.made import given
from careline_cli.site import Site, pass_site

if TYPE_CHECKING:
    from careline.campuses.model import Campus

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
    from careline.site.campuses import add_campus

    site.run(add_campus, {"id": campus_id, "title": title, **given(**options)})
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
    from careline.site.campuses import change_campus

    site.run(change_campus, campus_id, changes)
    site.apply()
    say(_("campus {campus} changed"), campus=campus_id)


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
    from careline.site.campuses import remove_campus

    site.run(remove_campus, campus_id)
    site.apply()
    say(_("campus {campus} removed"), campus=campus_id)


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
    from careline.campuses.store import remove_day
    from careline.site.campuses import parse_day, say_day

    when = parse_day(day)
    if remove:
        site.run(remove_day, when, options["campus"])
    else:
        site.run(say_day, when, **options)
    site.apply()
    say(_("{day}: the calendar is changed"), day=when.isoformat())


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
