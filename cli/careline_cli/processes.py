"""``init``, ``run`` and the core process itself."""

from __future__ import annotations

import click

from careline.errors import CarelineError
from careline.i18n import error_text
from careline.terminal.frame import Command, option
from careline.terminal.language import language
from careline.terminal.say import _
from careline_cli.site import Site, pass_site

#: The core's exit code when one more start helps: a version of a plugin is then taken back.
AGAIN = 1

demo_option = option(
    "--demo", is_flag=True, help=_("With the demonstration hospital, if there is no campus yet.")
)


@click.command(
    "init",
    cls=Command,
    help=_(
        "Make the home ready: careline.toml, database, Asterisk, prompts. Needs no root; what is"
        " there already is left as it is, so it may be repeated at any time."
    ),
)
@demo_option
@pass_site
def init(site: Site, demo: bool) -> None:
    """Prepare the home in this process."""
    from careline_cli.preparing import prepare

    prepare(site, demo=demo)


@click.command(
    "run",
    cls=Command,
    help=_(
        "Run the hotline: prepare what is missing, start Asterisk and the core and keep them"
        " alive. Ctrl-C ends everything."
    ),
)
@demo_option
@option("--verbose", is_flag=True, help=_("Show the core's log here too."))
@pass_site
def run(site: Site, demo: bool, verbose: bool) -> None:
    """Supervise until Ctrl-C."""
    from careline_cli.running import run_site

    click.get_current_context().exit(run_site(site, demo=demo, verbose=verbose))


@click.command("core", cls=Command, hidden=True)
@pass_site
def core(site: Site) -> None:
    """Run the core process (the supervisor does)."""
    from careline.setup.taking_up import failed, take_up

    try:
        take_up(site.home)  # before any plugin is imported
        from careline.app import run_core
        from careline.setup.prepare import check_ready

        check_ready(site.settings)
        run_core(site.settings)
    except CarelineError as error:
        if not failed(site.home, str(error)):
            raise
        click.echo(error_text(error, language()), err=True)
        click.get_current_context().exit(AGAIN)
