"""What figures bring to the plugin: two reports, with charts and as tables to take along."""

from __future__ import annotations

from careline.hooks import Report
from careline_followup.pages.eyes import REPORT
from careline_followup.reports.answers import BY as ANSWERS_BY
from careline_followup.reports.answers import AnswerReport
from careline_followup.reports.coverage import BY, CoverageReport
from careline_followup.services import Services


class ReportsPart:
    """Coverage and answers."""

    def __init__(self, services: Services) -> None:
        self._coverage = CoverageReport(services)
        self._answers = AnswerReport(services)

    def reports(self) -> list[Report]:
        """Both."""
        return [
            Report(
                name="followup",
                title="Follow-up: coverage",
                permission=REPORT,
                by=BY,
                run=self._coverage.run,
                order=40,
            ),
            Report(
                name="followup_answers",
                title="Follow-up: answers",
                permission=REPORT,
                by=ANSWERS_BY,
                run=self._answers.run,
                order=41,
            ),
        ]
