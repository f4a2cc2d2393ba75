"""``careline queue``: skill groups, how they distribute calls and what they promise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from careline.i18n import Text
from careline.terminal.frame import group, json_option, option
from careline.terminal.say import _, listing, say
from careline_cli.made import given
from careline_cli.site import Site, pass_site

if TYPE_CHECKING:
    from collections.abc import Callable


DISTRIBUTIONS = {
    "longest_idle": Text("longest idle"),
    "round_robin": Text("round robin"),
    "fewest_calls": Text("fewest calls"),
    "ring_all": Text("ring all"),
}


@group("queue", _("Queues (skill groups): who waits, who serves, how long it may take."))
def queue() -> None:
    """Queues."""


@queue.command("list", help=_("All queues."))
@json_option
@pass_site
def _list(site: Site, as_json: bool) -> None:
    import attrs

    from careline.queues.store import list_queues
    from careline_cli.words import worded

    rows = [_row(attrs.asdict(one)) for one in site.run(list_queues)]
    if not as_json:
        rows = [worded(row, distribution=DISTRIBUTIONS) for row in rows]
    columns = {
        "id": _("id"),
        "title": _("title"),
        "campus": _("campus"),
        "distribution": _("distribution"),
        "ring_s": _("ring s"),
        "wrap_up_s": _("wrap-up s"),
        "service_level": _("service level"),
        "overflow": _("overflow"),
        "overflow_s": _("after s"),
    }
    listing(rows, columns, as_json=as_json, none=_("there are no queues; see: careline queue add"))


def _row(values: dict[str, Any]) -> dict[str, Any]:
    level = f"{values['service_level_pct']} % / {values['service_level_s']} s"
    return {**values, "distribution": values["distribution"].value, "service_level": level}


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What can be set of a queue, for add and change."""
    for one in reversed(
        [
            option("--title-en", help=_("Its English name.")),
            option("--campus", help=_("The campus that it belongs to.")),
            option(
                "--distribution",
                type=click.Choice([*DISTRIBUTIONS]),
                help=_("Who gets the next call."),
            ),
            option("--ring-s", type=int, help=_("How long one phone rings, in seconds.")),
            option("--wrap-up-s", type=int, help=_("Longest wrap-up after a call; 0 skips it.")),
            option("--penalty-s", type=int, help=_("Pause of an agent who did not answer.")),
            option("--max-callers", type=int, help=_("How many may wait; 0 for any number.")),
            option("--weight", type=int, help=_("The queue of higher weight is served first.")),
            option("--announce-s", type=int, help=_("How often the position is told; 0 never.")),
            option("--service-level-s", type=int, help=_("Calls shall be answered within.")),
            option("--service-level-pct", type=int, help=_("How many of them, in per cent.")),
            option("--abandon-s", type=int, help=_("Who hangs up within it did not wait.")),
            option("--overflow", help=_("The queue that takes over; '' for none.")),
            option("--overflow-s", type=int, help=_("After how many seconds.")),
            option("--last-agent-s", type=int, help=_("Try the agent of last time so long.")),
        ]
    ):
        command = one(command)
    return command


@queue.command("add", help=_("Add a queue."))
@click.argument("queue_id", metavar="ID")
@click.argument("title")
@_options
@pass_site
def _add(site: Site, queue_id: str, title: str, **options: Any) -> None:
    from careline.site.queues import add_queue

    site.run(add_queue, {"id": queue_id, "title": title, **given(**options)})
    site.apply()
    say(_("queue {queue} added; let agents serve it: careline agent change"), queue=queue_id)


@queue.command("change", help=_("Change a queue; what is not named stays."))
@click.argument("queue_id", metavar="ID")
@option("--title", help=_("Its name."))
@_options
@pass_site
def _change(site: Site, queue_id: str, **options: Any) -> None:
    from careline.site.queues import change_queue

    site.run(change_queue, queue_id, given(**options))
    site.apply()
    say(_("queue {queue} changed"), queue=queue_id)


@queue.command("remove", help=_("Remove a queue that nothing uses any more."))
@click.argument("queue_id", metavar="ID")
@pass_site
def _remove(site: Site, queue_id: str) -> None:
    from careline.site.queues import remove_queue

    site.run(remove_queue, queue_id)
    site.apply()
    say(_("queue {queue} removed"), queue=queue_id)
