"""What figures bring to the plugin."""

from __future__ import annotations

from typing import Any

from careline.hooks import Report
from careline.surveys.book import SurveyBook
from careline_satisfaction.eyes import OWN
from careline_satisfaction.reports.comments import CommentReport
from careline_satisfaction.reports.scores import BY, ScoreReport


class ReportsPart:
    """Two reports; agents see what is said of themselves in them."""

    def __init__(self, core: Any, book: SurveyBook) -> None:
        self._scores = ScoreReport(core, book)
        self._comments = CommentReport(core)

    def reports(self) -> list[Report]:
        """Scores and comments."""
        return [
            Report(
                name="satisfaction",
                title="Satisfaction",
                permission=OWN,
                by=BY,
                run=self._scores.run,
                order=30,
            ),
            Report(
                name="satisfaction_comments",
                title="Comments of callers",
                permission=OWN,
                run=self._comments.run,
                order=31,
            ),
        ]
