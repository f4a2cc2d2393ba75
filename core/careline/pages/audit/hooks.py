"""What this page brings to the workspace."""

from __future__ import annotations

from collections.abc import Sequence

from careline.audit.service import Audit
from careline.hooks import hook
from careline.pages.audit.routes import AuditRoutes
from careline.web import PageEntry


class AuditPages:
    """The audit log."""

    def __init__(self, audit: Audit) -> None:
        self._routes = AuditRoutes(audit)

    @hook
    def pages(self) -> Sequence[PageEntry]:
        """In the menu of administration."""
        return [
            PageEntry(
                name="audit",
                title="Audit log",
                path="/audit",
                permission="audit.view",
                routes=self._routes,
                icon="scroll-text",
                group="admin",
                order=90,
            )
        ]
