"""What the patient commands share: options, the services behind them, who did it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from careline.errors import Invalid
from careline.terminal.frame import option
from careline.terminal.say import _
from careline_cli.people import change
from careline_cli.site import Site

if TYPE_CHECKING:
    from careline.patients.criteria import Criteria
    from careline.patients.service import Patients

SEXES = ("male", "female", "unknown")
id_argument = click.argument("patient", type=click.IntRange(1))
reason_option = option("--reason", required=True, help=_("Why; it is kept in the audit log."))


def patients_of(site: Site) -> Patients:
    """The service, with the hooks of enabled plugins: merging and erasing concerns them too."""
    from careline_cli.offline import loaded_app

    return loaded_app(site.settings, site.clock).patients


def note(site: Site, act: str, whose: object, what: str = "", why: str = "") -> None:
    """Write down who did it."""
    change(site, act, str(whose), lambda tx: None, what=what, why=why)


def searched(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: options that say who is looked for."""
    options = (
        option("--name", help=_("Part of the name, pinyin or initials.")),
        option("--phone", help=_("A telephone number, or its end.")),
        option("--id-card", help=_("An id card number, its beginning or end.")),
        option("--number", help=_("The beginning of an outpatient number.")),
        option("--born", help=_("1980, 1980-1985 or 1980-01-02.")),
        option("--sex", type=click.Choice(SEXES), help=_("The patient's sex.")),
        option("--category", help=_("vip, staff or another category.")),
        option("--tag", help=_("A tag.")),
        option("--field", "fields", multiple=True, metavar="NAME=VALUE", help=_("Custom field.")),
    )
    for one in reversed(options):
        command = one(command)
    return command


def criteria(text: str, fields: Sequence[str], **given: str | None) -> Criteria:
    """Who is looked for, by the options of :func:`searched`."""
    from careline.patients.criteria import criteria_of

    values = {name: value or "" for name, value in given.items()}
    return criteria_of({"text": text, **values, "fields": pairs(fields)})


def pairs(given: Sequence[str]) -> dict[str, str]:
    """NAME=VALUE options."""
    for one in given:
        if "=" not in one:
            raise Invalid("input.pair", "{text}: give NAME=VALUE", text=one)
    return {
        name.strip(): value.strip() for name, _eq, value in (one.partition("=") for one in given)
    }
