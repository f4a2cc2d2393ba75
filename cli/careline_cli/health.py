"""``careline health``: what plugins say of the things that they depend on."""

from __future__ import annotations

import click

from careline.terminal.frame import Command, json_option
from careline.terminal.language import language
from careline.terminal.say import _, listing, print_json, say
from careline_cli.site import Site, pass_site
from careline_cli.words import LEVELS, worded

UNWELL = 2


@click.command("health", cls=Command, help=_("What plugins say of what they depend on."))
@json_option
@pass_site
def health(site: Site, as_json: bool) -> None:
    """Exit code 2 when something is critical or major, or a plugin does not answer."""
    from careline.i18n import translate

    told = site.control.call("health")
    if as_json:
        print_json(told)
    else:
        rows = [
            worded({**one, "title": translate(one["title"], language())}, level=LEVELS)
            for one in told["checks"]
        ]
        columns = {
            "level": _("level"),
            "plugin": _("plugin"),
            "title": _("depends on"),
            "detail": _("details"),
            "remedy": _("what to do"),
        }
        listing(rows, columns, as_json=False, none=_("no plugin depends on anything"))
        for plugin, why in told["missing"].items():
            say(_("plugin {plugin} does not answer: {why}"), plugin=plugin, why=why)
    ill = [one for one in told["checks"] if one["level"] in ("critical", "major")]
    click.get_current_context().exit(UNWELL if ill or told["missing"] else 0)
