"""``careline completion``: the script that lets a shell complete our commands."""

from __future__ import annotations

import os

import click
from click.shell_completion import get_completion_class

from careline.terminal.frame import Command
from careline.terminal.say import _


@click.command(
    "completion",
    cls=Command,
    help=_(
        "Print the completion script for a shell (bash, zsh or fish; yours when not said). For"
        ' bash, add to ~/.bashrc:  eval "$(careline completion bash)"'
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), required=False)
@click.pass_context
def completion(ctx: click.Context, shell: str | None) -> None:
    """Print the script."""
    mine = os.path.basename(os.environ.get("SHELL", ""))
    name = shell or (mine if mine in ("zsh", "fish") else "bash")
    found = get_completion_class(name)
    assert found is not None  # noqa: S101  click brings these three
    click.echo(found(ctx.find_root().command, {}, "careline", "_CARELINE_COMPLETE").source())
