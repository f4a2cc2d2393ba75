"""Times as people in the hospital read them, on whatever machine the command runs."""

from __future__ import annotations

from datetime import datetime, tzinfo

import click


def local(at: datetime) -> datetime:
    """The same moment in the hospital's zone; in the machine's, outside of ``careline``.

    The zone is that of the object of click's context (``careline_cli.site.Site.zone``).
    """
    context = click.get_current_context(silent=True)
    zone = getattr(context.find_root().obj, "zone", None) if context else None
    return at.astimezone(zone if isinstance(zone, tzinfo) else None)
