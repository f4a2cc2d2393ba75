"""A changed set-up takes effect: Asterisk's files, the running Asterisk, the running core."""

from __future__ import annotations

from attrs import frozen

from careline.asterisk.config import Changes
from careline.asterisk.existing import Included, write_included
from careline.config import Settings
from careline.control import ControlClient
from careline.errors import NotFound
from careline.i18n import Text
from careline.setup.prepare import files_of, instance_of
from careline.storage import Database


@frozen
class Applied:
    """What took up the change: ``asterisk``, ``core``; ``restart`` when Asterisk must be restarted.

    ``notes`` are for the administrator of an Asterisk of the hospital's own.
    """

    asterisk: bool = False
    core: bool = False
    restart: bool = False
    notes: tuple[Text, ...] = ()


def apply_changes(settings: Settings, db: Database) -> Applied:
    """Write Asterisk's files as the database says and let what runs read them; calls go on.

    Asterisk first: the core then finds there what it is told of. What does not run takes it up
    when it is started. Raises Refused("asterisk.reload") and Unavailable.
    """
    switch = apply_to_switch(settings, db)
    control = ControlClient(settings.control_socket)
    if not control.running():
        return switch
    control.call("reload")
    return Applied(switch.asterisk, True, switch.restart, switch.notes)


def apply_to_switch(settings: Settings, db: Database) -> Applied:
    """The first half: Asterisk's files, and the running Asterisk."""
    return _own(settings, db) if settings.asterisk.embedded else _theirs(settings, db)


def _own(settings: Settings, db: Database) -> Applied:
    try:
        instance = instance_of(settings)
    except NotFound:  # not installed yet: `careline init` writes the files
        return Applied()
    changes: Changes = instance.prepare(db.run_sync(files_of, settings), settings.home.prompts)
    if not instance.is_running():
        return Applied()
    instance.reload(changes)
    return Applied(asterisk=True, restart=changes.restart)


def _theirs(settings: Settings, db: Database) -> Applied:
    included = include_files(settings, db)
    if not included.changes.files:
        return Applied()
    return Applied(notes=(Text("Then run: asterisk -rx 'core reload'"),))


def include_files(settings: Settings, db: Database) -> Included:
    """Write the files that the hospital's own Asterisk includes."""
    etc = settings.asterisk.etc
    if etc is None:
        raise NotFound("asterisk.embedded", "this careline runs an Asterisk of its own")
    return write_included(db.run_sync(files_of, settings), etc, settings.home.asterisk / "include")
