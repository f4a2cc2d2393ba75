"""``careline demo``: the demonstration hospital, and a scripted call that shows the whole way."""

from __future__ import annotations

import click

from careline.terminal.frame import Group, option
from careline.terminal.say import _, say
from careline_cli.site import Site, pass_site

QUEUES = ("appointments", "service", "complaints")


@click.group(
    "demo",
    cls=Group,
    invoke_without_command=True,
    help=_("What the demonstration hospital holds, and how to try it."),
)
@click.pass_context
def demo(ctx: click.Context) -> None:
    """Tell about it, unless a command follows."""
    if ctx.invoked_subcommand is None:
        about(ctx.find_object(Site) or Site())


def about(site: Site) -> None:
    """What there is to try."""
    from careline.agents.store import list_agents
    from careline.setup.demo import NUMBER

    agents = site.run(list_agents)
    say(_("Dial {number}; then press:"), number=NUMBER)
    say(_("  1 2  appointments      1 1  with a card number"))
    say(_("  2    about the hospital"))
    say(_("  3    complaints"))
    say(_("  9    English"))
    say(_("  0    an agent, from anywhere"))
    for one in agents:
        say(
            _("Agent {number} {name}: phone {phone}"), number=one.id, name=one.name, phone=one.phone
        )
    say(_("Without a phone: careline demo call"))


@demo.command(
    "call",
    help=_(
        "Let a scripted phone call the hotline and an agent's phone answer, and show the call's"
        " timeline as it happens. Exit code 0 when all of it was right."
    ),
)
@option("--english", is_flag=True, help=_("The caller chooses English."))
@option(
    "--queue",
    type=click.Choice(QUEUES),
    default="appointments",
    show_default=True,
    help=_("Where the caller wants to go."),
)
@pass_site
def _call(site: Site, english: bool, queue: str) -> None:
    from careline_cli.performing import perform

    click.get_current_context().exit(perform(site, queue, english=english))
