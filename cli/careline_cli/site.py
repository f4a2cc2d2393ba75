"""What commands work on: the home that was chosen, its settings, database and running core."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from datetime import tzinfo
from functools import cached_property
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import click

if TYPE_CHECKING:
    from careline.clock import Clock
    from careline.config import Home, Settings
    from careline.control import ControlClient
    from careline.setup.apply import Applied
    from careline.storage import Database, Tx
    from careline.storage.migrate import Migrations

CHINA = "Asia/Shanghai"
P = ParamSpec("P")
T = TypeVar("T")


class Site:
    """One home, opened piece by piece as a command needs it: help and completion need none."""

    def __init__(self, option: str = "") -> None:
        self._option = option

    @cached_property
    def home(self) -> Home:
        """The home directory."""
        from careline.config import find_home

        return find_home(self._option or None, os.environ)

    def use_kept(self) -> None:
        """Have plugins imported in the versions that the home keeps."""
        from careline.plugins.versions import use_kept

        use_kept(self.home)

    @cached_property
    def settings(self) -> Settings:
        """careline.toml; NotFound when there is none yet."""
        from careline.config import load

        return load(self.home.config, os.environ)

    @cached_property
    def clock(self) -> Clock:
        """The time, with timers that :mod:`careline.setup.waiting` serves."""
        from careline.clock import Clock
        from careline.setup.waiting import Blocking

        return Clock(Blocking())

    @cached_property
    def db(self) -> Database:
        """The database, used in the calling thread."""
        from careline.storage import open_database
        from careline.tasks import Tasks

        return open_database(self.settings.database_url, clock=self.clock, tasks=Tasks())

    @cached_property
    def zone(self) -> tzinfo:
        """The hospital's zone; China's before there is a campus, or a database."""
        from careline.campuses.store import list_campuses
        from careline.errors import CarelineError

        try:
            campuses = self.run(list_campuses)
        except CarelineError:
            campuses = []
        return ZoneInfo(campuses[0].timezone if campuses else CHINA)

    @cached_property
    def control(self) -> ControlClient:
        """The running core."""
        from careline.control import ControlClient

        return ControlClient(self.settings.control_socket, supervised=self._is_supervised)

    def _is_supervised(self) -> bool:
        from careline.supervisor.lock import is_held

        return is_held(self.home.root / "run.lock")

    @cached_property
    def migrations(self) -> Migrations:
        """The migrations of the core and of every installed plugin."""
        from careline.setup.prepare import migrations_of

        return migrations_of(self.settings)

    def run(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``fn(tx, ...)`` in one transaction.

        When the tables are not what the program needs, that is said, not what SQL says.
        """
        from sqlalchemy.exc import DBAPIError

        try:
            return self.db.run_sync(fn, *args, **kwargs)
        except DBAPIError:
            self.migrations.require_current(self.settings.plugins)
            raise

    def wait(self, work: Any) -> Any:
        """The result of a coroutine that works on :attr:`db` and :attr:`clock`."""
        from careline.setup.waiting import wait_for

        return wait_for(self.clock, work)

    def on_reactor(self, work: Callable[[Any], Awaitable[T]]) -> T:
        """The result of ``work(reactor)``, for a command that speaks with other systems; once."""
        from careline_cli.reacting import on_reactor

        return on_reactor(work)

    def apply(self) -> Applied:
        """Let Asterisk and the running core take up what has changed in the database."""
        from careline.setup.apply import apply_changes
        from careline.terminal.language import language
        from careline.terminal.say import _, say

        applied = apply_changes(self.settings, self.db)
        if applied.restart:
            say(_("Asterisk takes this up when it is started again"))
        for note in applied.notes:
            click.echo(note.to(language()))
        return applied


def pass_site(command: Callable[..., T]) -> Callable[..., T]:
    """Decorator: the command's first argument is the :class:`Site`."""
    return click.make_pass_decorator(Site)(command)
