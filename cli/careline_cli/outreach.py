"""``careline outreach``: whom the hospital does not contact, and why it did what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from careline.i18n import Text
from careline.terminal.frame import group, json_option, option
from careline.terminal.say import _, listing, say
from careline_cli.site import Site, pass_site

if TYPE_CHECKING:
    from careline.campuses.service import Campuses
    from careline.outreach.listing import Refusals
    from careline.outreach.rules import Rules
    from careline.outreach.service import Outreach

number_argument = click.argument("number")


@group("outreach", _("Contacts that the hospital begins: who refuses them, and why one waits."))
def outreach() -> None:
    """The governor of outreach."""


@outreach.command("refuse", help=_("Contact a number no more."))
@number_argument
@option(
    "--means",
    type=click.Choice(["message", "call"]),
    help=_("Messages or calls only; else both, even when it is urgent."),
)
@option("--greetings", is_flag=True, help=_("Greetings only."))
@option("--reason", default="", help=_("Why; shift leaders see it."))
@pass_site
def _refuse(site: Site, number: str, means: str | None, greetings: bool, reason: str) -> None:
    import getpass

    from careline.outreach.model import Means, Scope

    chosen = Means(means) if means else None
    scope = Scope.GREETINGS if greetings else Scope.ALL
    found, is_new = site.wait(_refusals(site).put(number, chosen, scope, reason, getpass.getuser()))
    text = _("{number} is not contacted any more") if is_new else _("{number} was refused already")
    say(text, number=found)


@outreach.command("allow", help=_("Contact a number again, and trust that it is the patient's."))
@number_argument
@pass_site
def _allow(site: Site, number: str) -> None:
    from careline.numbers import parse_phone

    found = parse_phone(number).e164
    site.wait(_refusals(site).allow(found))
    say(_("{number} may be contacted again"), number=found)


@outreach.command("list", help=_("Numbers that are not contacted, or those that fit."))
@click.argument("search", default="")
@json_option
@pass_site
def _list(site: Site, search: str, as_json: bool) -> None:
    from careline.outreach.listing import MEANS, SCOPES

    most = 1_000_000
    _count, found = site.wait(_refusals(site).entries(search, most, 0))
    rows = [
        {
            "number": one.number,
            "means": (one.means.value if one.means else "both") if as_json else MEANS[one.means],
            "scope": one.scope.value if as_json else SCOPES[one.scope],
            "why": one.why,
            "by": one.by,
            "since": one.since,
        }
        for one in found
    ]
    columns = {
        "number": _("number"),
        "means": _("wants no"),
        "scope": _("which"),
        "why": _("reason"),
        "by": _("by"),
        "since": _("since"),
    }
    listing(rows, columns, as_json=as_json, none=_("no number is refused"))


@outreach.command("why", help=_("What was decided of a contact (by its key) or of a patient (id)."))
@click.argument("what")
@option("--days", type=click.IntRange(1, 3660), default=30, help=_("Of so many days."))
@json_option
@pass_site
def _why(site: Site, what: str, days: int, as_json: bool) -> None:
    from datetime import timedelta

    governor = _outreach(site)
    one = site.run(governor.booked, what)
    found = [one] if one else []
    if one is None and what.isascii() and what.isdecimal() and len(what) < 18:
        since = site.clock.now() - timedelta(days=days)
        found = site.run(governor.of_patient, int(what), since, 1000)
    columns = {
        "decided": _("when"),
        "key": _("contact"),
        "number": _("number"),
        "verdict": _("decision"),
        "why": _("reason"),
        "until": _("due"),
        "result": _("result"),
    }
    rows = [_row(booked, as_json) for booked in found]
    listing(rows, columns, as_json=as_json, none=_("nothing was decided about it"))


def _row(booked: Any, as_json: bool) -> dict[str, Any]:
    """One decision; the number masked, since this is read over shoulders."""
    from careline.numbers.phone import masked

    decision = booked.decision
    return {
        "decided": booked.decided,
        "key": booked.contact.key,
        "number": masked(booked.contact.number),
        "verdict": decision.verdict.value if as_json else VERDICTS[decision.verdict.value],
        "why": decision.code if as_json else decision.text,
        "until": decision.until,
        "result": _result(booked.result.value if booked.result else "", as_json),
    }


def _result(result: str, as_json: bool) -> object:
    return result if as_json or not result else RESULTS[result]


VERDICTS = {
    "go": Text("goes"),
    "later": Text("later"),
    "never": Text("does not go"),
    "join": Text("travels along"),
}
RESULTS = {
    "reached": Text("reached"),
    "failed": Text("in vain"),
    "wrong_number": Text("wrong number"),
    "dropped": Text("dropped"),
}


def _outreach(site: Site) -> Outreach:
    from careline.outreach.service import Outreach

    return Outreach(_campuses(site), _rules(site))


def _rules(site: Site) -> Rules:
    from careline.outreach.rules import Rules

    return Rules.of(site.settings.outreach)


def _campuses(site: Site) -> Campuses:
    from careline.campuses.service import Campuses

    campuses = Campuses(site.db, site.clock)
    site.wait(campuses.load())
    return campuses


def _refusals(site: Site) -> Refusals:
    from careline.outreach.listing import Refusals
    from careline.outreach.service import Outreach

    campuses = _campuses(site)
    governor = Outreach(campuses, _rules(site))
    return Refusals(governor, site.db, campuses, site.clock)
