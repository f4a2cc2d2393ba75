"""``careline number``: whom we do not serve (黑名单), and whom first (VIP)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TextIO

import click

from careline.i18n import Text
from careline.terminal.frame import group, json_option, option
from careline.terminal.say import _, listing, say
from careline_cli.site import Site, pass_site

if TYPE_CHECKING:
    from careline.campuses.model import NumberList

LISTS = {"block": Text("blocklist"), "vip": Text("VIP list")}
number_argument = click.argument("number")
reason_option = option("--reason", default="", help=_("Why; shift leaders see it."))
days_option = option("--days", type=click.IntRange(1), help=_("For so many days; else for good."))


@group("number", _("Blocklist and VIP list of callers' numbers."))
def number() -> None:
    """Number lists."""


@number.command("list", help=_("All listed numbers, or those that end so."))
@click.argument("tail", default="")
@json_option
@pass_site
def _list(site: Site, tail: str, as_json: bool) -> None:
    from careline.campuses.store import list_listed
    from careline_cli.words import worded

    rows = [
        {
            "list": one.list.value,
            "number": one.number,
            "reason": one.reason,
            "who": one.who,
            "since": one.since,
            "until": one.until,
        }
        for one in site.run(list_listed)
        if one.number.endswith(tail)
    ]
    if not as_json:
        rows = [worded(row, list=LISTS) for row in rows]
    columns = {
        "list": _("list"),
        "number": _("number"),
        "reason": _("reason"),
        "who": _("by"),
        "since": _("since"),
        "until": _("until"),
    }
    listing(rows, columns, as_json=as_json, none=_("no number is listed"))


@number.command("block", help=_("Do not serve calls from a number."))
@number_argument
@reason_option
@days_option
@pass_site
def _block(site: Site, number: str, reason: str, days: int | None) -> None:
    from careline.campuses.model import NumberList

    _put(site, NumberList.BLOCK, number, reason, days)


@number.command("vip", help=_("Serve calls from a number first."))
@number_argument
@reason_option
@days_option
@pass_site
def _vip(site: Site, number: str, reason: str, days: int | None) -> None:
    from careline.campuses.model import NumberList

    _put(site, NumberList.VIP, number, reason, days)


@number.command("import", help=_("Put many numbers on a list: a text file, one in a line."))
@click.argument("name", type=click.Choice([*LISTS]), metavar="block|vip")
@click.argument("file", type=click.File(encoding="utf-8"))
@reason_option
@days_option
@pass_site
def _import(site: Site, name: str, file: TextIO, reason: str, days: int | None) -> None:
    import getpass

    from careline.campuses.listing import NumberLists
    from careline.campuses.model import NumberList
    from careline.campuses.service import Campuses
    from careline.terminal.say import complain

    campuses = Campuses(site.db, site.clock)
    site.wait(campuses.load())
    until = site.clock.now() + timedelta(days=days) if days else None
    paste = NumberLists(campuses, site.clock).paste(
        NumberList(name), file.read(), reason, until, getpass.getuser()
    )
    done = site.wait(paste)
    site.apply()
    say(_("{added} numbers added, {changed} changed"), added=done.added, changed=done.changed)
    for one in done.rejected:
        complain(_("line {line}: {text}: {why}"), line=one.line, text=one.text, why=one.why)
    if done.rejected:
        click.get_current_context().exit(1)


def _put(site: Site, kind: NumberList, number: str, reason: str, days: int | None) -> None:
    import getpass

    from careline.campuses.model import Listed
    from careline.campuses.store import put_listed

    now = site.clock.now()
    e164 = _e164(number)
    entry = Listed(
        list=kind,
        number=e164,
        reason=reason,
        who=getpass.getuser(),
        since=now,
        until=now + timedelta(days=days) if days else None,
    )
    site.run(put_listed, entry)
    site.apply()
    say(_("{number} is on the {list} now"), number=e164, list=LISTS[kind.value])


def _e164(number: str) -> str:
    from careline.numbers import parse_phone

    return parse_phone(number).e164


@number.command("unlist", help=_("Take a number off the list it is on."))
@number_argument
@option("--list", "name", type=click.Choice([*LISTS]), help=_("Off this list only."))
@pass_site
def _unlist(site: Site, number: str, name: str | None) -> None:
    from careline.campuses.model import NumberList
    from careline.campuses.store import list_listed, remove_listed

    e164 = _e164(number)
    kinds = [one.list for one in site.run(list_listed) if one.number == e164]
    for kind in [kind for kind in kinds if name in (None, kind.value)] or [
        NumberList(name or "block")
    ]:
        site.run(remove_listed, kind, e164)
    site.apply()
    say(_("{number} is not listed any more"), number=e164)
