"""What operations bring to the workspace."""

from __future__ import annotations

from collections.abc import Sequence

from careline.hooks import hook
from careline.pages.operations.backup import BackupRoutes
from careline.pages.operations.bundles import BundleRoutes
from careline.pages.operations.health import HealthRoutes
from careline.pages.operations.jobs import JobRoutes
from careline.pages.operations.plugins import PluginRoutes
from careline.web import PageEntry


class OperationsHooks:
    """Pages that look as one: health, plugins and bundles of them, jobs, backups."""

    def __init__(
        self,
        health: HealthRoutes,
        plugins: PluginRoutes,
        bundles: BundleRoutes,
        jobs: JobRoutes,
        backup: BackupRoutes,
    ) -> None:
        self._bundles = bundles
        self._health = health
        self._plugins = plugins
        self._jobs = jobs
        self._backup = backup

    @hook
    def pages(self) -> Sequence[PageEntry]:
        """One entry in the menu; each part has its own permission."""
        return [
            PageEntry(
                name="operations",
                title="Operations",
                path="/operations",
                permission="health.view",
                routes=self._health,
                icon="activity",
                group="admin",
                order=70,
            ),
            PageEntry(
                name="plugins",
                title="Plugins",
                path="/operations/plugins",
                permission="plugins.edit",
                routes=self._plugins,
                icon="puzzle",
                group="admin",
                rail=False,
            ),
            PageEntry(
                name="bundles",
                title="Bundles",
                path="/operations/bundles",
                permission="plugins.edit",
                routes=self._bundles,
                icon="package",
                group="admin",
                rail=False,
            ),
            PageEntry(
                name="jobs",
                title="Jobs",
                path="/operations/jobs",
                permission="jobs.edit",
                routes=self._jobs,
                icon="list-checks",
                group="admin",
                rail=False,
            ),
            PageEntry(
                name="backups",
                title="Backups",
                path="/operations/backup",
                permission="settings.edit",
                routes=self._backup,
                icon="hard-drive",
                group="admin",
                rail=False,
            ),
        ]
