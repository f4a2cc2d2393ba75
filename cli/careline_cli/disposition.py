"""``careline disposition``: what calls are about, as a tree."""

from __future__ import annotations

from typing import Any

import click

from careline.terminal.frame import group, json_option, option
from careline.terminal.say import _, listing, say
from careline_cli.made import given
from careline_cli.site import Site, pass_site

code_argument = click.argument("code")
english_option = option("--english", "title_en", help=_("The title in English."))
parent_option = option("--below", "parent", help=_("The code above it; empty: at the top."))
position_option = option("--position", type=int, help=_("Place among its neighbours."))


@group("disposition", _("What calls are about (业务类型), as agents choose it."))
def disposition() -> None:
    """Dispositions."""


@disposition.command("list", help=_("The tree as it is now."))
@json_option
@pass_site
def _list(site: Site, as_json: bool) -> None:
    from careline.dispositions.store import read_tree

    tree = site.run(read_tree)
    rows: list[dict[str, Any]] = [
        {
            "code": one.code,
            "title": one.title if as_json else "  " * (len(tree.line(one.code)) - 1) + one.title,
            "english": one.title_en,
            "below": one.parent,
            "initials": one.initials,
            "active": tree.usable(one.code),
        }
        for one in tree.all
    ]
    columns = {
        "code": _("code"),
        "title": _("title"),
        "english": _("English"),
        "below": _("below"),
        "initials": _("initials"),
        "active": _("active"),
    }
    none = _("there are no dispositions; see: careline disposition starter")
    listing(rows, columns, as_json=as_json, none=none)


@disposition.command("add", help=_("Add one: CODE stays for ever, TITLE may change."))
@code_argument
@click.argument("title")
@english_option
@parent_option
@position_option
@pass_site
def _add(site: Site, code: str, title: str, **options: Any) -> None:
    from careline.dispositions.model import Disposition
    from careline.dispositions.service import add_entry
    from careline.site.made import made

    now = site.clock.now()
    values = given(code=code, title=title, since=now, **options)
    site.run(add_entry, made(Disposition, values), now)
    site.apply()
    say(_("disposition {code} added"), code=code)


@disposition.command("change", help=_("Change one from now on; older records keep its old name."))
@code_argument
@option("--title", help=_("The title."))
@english_option
@parent_option
@position_option
@option("--active/--inactive", default=None, help=_("Whether agents may choose it."))
@pass_site
def _change(site: Site, code: str, **options: Any) -> None:
    from careline.dispositions.model import Disposition
    from careline.dispositions.service import change_entry
    from careline.site.made import made

    changes = given(**options)
    now = site.clock.now()
    made(Disposition, {"code": "x", "title": "x", "since": now, **changes})
    site.run(change_entry, code, now, changes)
    site.apply()
    say(_("disposition {code} changed"), code=code)


@disposition.command("starter", help=_("Begin with a tree that outpatient hotlines use."))
@pass_site
def _starter(site: Site) -> None:
    from careline.dispositions.demo import put_starter

    if not site.run(put_starter, site.clock.now()):
        say(_("there is a tree already; nothing was changed"))
        return
    site.apply()
    say(_("the tree is there; see: careline disposition list"))
