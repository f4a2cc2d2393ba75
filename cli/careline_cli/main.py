"""``careline``: the command line of administrators and of scripts."""

from __future__ import annotations

import os
import sys

import click

from careline.config import Home, find_home
from careline.errors import CarelineError
from careline.i18n import error_text
from careline_cli.language import language
from careline_cli.processes import core_command, init_command, run_command

EXIT_BAD_INPUT = 2


class Careline(click.Group):
    """Shows our own errors in the user's language and ends with exit code 2."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a CarelineError is told, not traced."""
        try:
            return super().invoke(ctx)
        except CarelineError as error:
            click.echo(error_text(error, language()), err=True)
            sys.exit(EXIT_BAD_INPUT)


@click.group(cls=Careline)
@click.option("--home", type=click.Path(), help="Home directory.")
@click.pass_context
def main(ctx: click.Context, home: str | None) -> None:
    """Hospital call center."""
    ctx.obj = find_home(home, os.environ)


def home_of(ctx: click.Context) -> Home:
    """The home that the command line chose."""
    home = ctx.obj
    assert isinstance(home, Home)  # noqa: S101  set by main
    return home


main.add_command(init_command)
main.add_command(run_command)
main.add_command(core_command)
