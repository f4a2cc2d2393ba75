"""``careline patient fields``: what a hospital asks of its patients beyond the usual."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from careline.terminal.frame import group, json_option, option
from careline.terminal.say import _, listing, say
from careline_cli.patient_options import note, patients_of
from careline_cli.people import change
from careline_cli.site import Site, pass_site

if TYPE_CHECKING:
    from careline.patients.fields import CustomField
    from careline.storage import Tx


@group("fields", _("Custom fields."))
def fields() -> None:
    """Custom fields."""


@fields.command("list", help=_("All custom fields."))
@json_option
@pass_site
def _fields(site: Site, as_json: bool) -> None:
    from careline.patients.store import list_fields

    columns = {
        "name": _("short name"),
        "title": _("title"),
        "kind": _("kind"),
        "required": _("needed"),
        "choices": _("choices"),
        "active": _("active"),
    }
    rows = [
        {name: _shown(one, name) for name in (*columns, "place")} for one in site.run(list_fields)
    ]
    listing(rows, columns, as_json=as_json, none=_("there are no custom fields"))


def _shown(one: CustomField, name: str) -> Any:
    value = getattr(one, name)
    return list(value) if isinstance(value, tuple) else getattr(value, "value", value)


@fields.command("put", help=_("Add the field NAME, or change it; what is not named stays."))
@click.argument("name")
@option("--title", help=_("What people read."))
@option("--kind", type=click.Choice(["text", "number", "date", "choice"]), help=_("Its values."))
@option("--choice", "choices", multiple=True, help=_("Something to choose. May be repeated."))
@option("--required/--optional", default=None, help=_("Whether it must be filled in."))
@option("--active/--inactive", default=None, help=_("Whether it is asked and shown."))
@option("--place", type=int, help=_("Small numbers come first."))
@pass_site
def _put_field(
    site: Site, name: str, choices: Sequence[str], kind: str | None, **given: Any
) -> None:
    from attrs import evolve

    from careline.patients.fields import CustomField, FieldKind
    from careline.patients.store import list_fields
    from careline_cli.made import given as those_given

    known = {one.name: one for one in site.run(list_fields)}
    before = known.get(name) or CustomField(name=name, title=name)
    values = those_given(**given) | ({"choices": tuple(choices)} if choices else {})
    values |= {"kind": FieldKind(kind)} if kind else {}
    site.wait(patients_of(site).put_field(evolve(before, **values)))
    note(site, "field.changed", name)
    say(_("field {name} is stored"), name=name)


@fields.command("remove", help=_("Remove a field that no patient has a value of."))
@click.argument("name")
@pass_site
def _remove_field(site: Site, name: str) -> None:
    from careline.patients.store import remove_field

    def verb(tx: Tx) -> None:
        remove_field(tx, name)

    change(site, "field.removed", name, verb)
    say(_("field {name} is removed"), name=name)
