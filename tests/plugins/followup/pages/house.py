"""The pages of follow-up over the small hospital: browsers of people with rights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import evolve
from tests.plugins.followup.site import Site

from careline.auth.model import Scope, User
from careline.pages.reports.hooks import ReportPages
from careline.storage import Database
from careline.testing.web import Browser, Seen, WebHouse
from careline_followup import specs

LEADER = User(id=7, login="leader", name="张伟", agent="8003", roles=("leader",), campus="main")
AGENT = User(id=8, login="8001", name="李敏", agent="8001", roles=("agent",), campus="main")
WORKS = ("followup.view", "followup.work")
ALL = (*WORKS, "followup.ward", "followup.cancel", "followup.edit", "followup.report")


class Pages:
    """``site`` with its pages."""

    def __init__(self, db: Database, **config: Any) -> None:
        self.site = Site(db, **config)
        self.s = self.site.s
        self.web = WebHouse(clock=self.site.clock)
        self.web.hub.add_specs(specs, "followup")
        self.web.add("followup", self.site.plugin)
        self.web.add("reports", ReportPages(self.site.plugin.reports(), list))

    def discharged(self, nth: int = 1, days: int = 3, **values: Any) -> None:
        """A patient leaves, and some days go by."""
        self.site.stay(nth, **values)
        self.site.work()
        if days:
            self.site.later(days=days)

    def browser(
        self, user: User = LEADER, may: Iterable[str] | Mapping[str, Scope] = ALL, lang: str = "zh"
    ) -> Browser:
        return self.web.browser(evolve(user, language=lang), may)

    def get(self, path: str, **how: Any) -> Seen:
        return self.site.run(self.browser(**how).get(path))

    def post(self, path: str, form: Mapping[str, Any], **how: Any) -> Seen:
        return self.site.run(self.browser(**how).post(path, form))
