"""The operations pages, joined to the parts of the core that they show and change."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from careline.pages.help.documents import Documents
from careline.pages.operations.backup import BackupRoutes
from careline.pages.operations.backups import Backups, Progress
from careline.pages.operations.bundles import BundleRoutes
from careline.pages.operations.health import HealthRoutes
from careline.pages.operations.hooks import OperationsHooks
from careline.pages.operations.jobs import JobRoutes
from careline.pages.operations.plugins import PluginRoutes
from careline.pages.operations.works import Works
from careline.storage.backup import SAVED, make_backup
from careline.storage.retention import Keep, prune

if TYPE_CHECKING:
    from careline.app.life import App


def operations(app: App) -> OperationsHooks:
    """Health and alarms, plugins, jobs, backups."""
    works = Works(app.clock, app.tasks)

    async def make(progress: Progress) -> Path:
        def tell(*about: object) -> None:
            app.reactor.callFromThread(progress, *about)

        made: Path = await app.in_thread(_back_up, app, tell)
        return made

    return OperationsHooks(
        HealthRoutes(app.alarms, app.hub, works, app.watching.examined, app.watch.all_once),
        PluginRoutes(app.plugins, app.hub, works, Documents()),
        BundleRoutes(app.plugins, works),
        JobRoutes(app.db, app.clock, app.worker.poke),
        BackupRoutes(Backups(app.settings.home.backups, make), app.clock, works, app.in_thread),
    )


def _back_up(app: App, progress: Progress) -> Path:
    """As the command line does, old ones removed by age; in a thread."""
    home, folder = app.settings.home, app.settings.home.backups
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    url = app.settings.database_url
    made = make_backup(url, home.root, SAVED, folder, app.clock.now(), progress)
    prune(folder, Keep())
    return made
