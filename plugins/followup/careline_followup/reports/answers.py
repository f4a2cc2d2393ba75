"""The report of answers: how often each was given, question by question, and by department."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

from careline.surveys.model import Kind, Question, Survey
from careline.web import Asked, Cell, Column, Plot, PlotKind, ReportTable, Series, Visit
from careline_followup.figures.model import Collated
from careline_followup.pages.coverage import BY as NAMES
from careline_followup.pages.eyes import REPORT, campuses_seen
from careline_followup.reports.coverage import label_of
from careline_followup.services import Services

BY = tuple((name, title.msgid) for name, title in NAMES.items())


@frozen
class AnswerReport:
    """Runs it for one visitor, over all questionnaires."""

    services: Services

    async def run(self, visit: Visit, asked: Asked) -> ReportTable:
        """Answers of patients whose discharges are of these days."""
        by = asked.by if asked.by in NAMES else "department"
        seen = campuses_seen(self.services.core, visit, REPORT)
        rows: list[tuple[str | int | None, ...]] = []
        plots: list[Plot] = []
        label = label_of(self.services, visit, by)
        for survey, found in await self._found(asked, by, seen):
            plots += _plots(visit, survey, found)
            for question, one in _in_order(survey, found):
                words = question.read_as(visit.language)
                answer = question.label(one.value, visit.language)
                if question.kind is Kind.COMMENT:
                    answer = visit._("words") if one.value == 1 else visit._("none")
                title = self._title(visit, survey)
                rows.append((label(one.key), title, words, answer, one.count, one.red or None))
        return ReportTable(
            columns=(
                Column(visit.text(NAMES[by]), Cell.TEXT),
                Column(visit._("Questionnaire"), Cell.TEXT),
                Column(visit._("Question"), Cell.TEXT),
                Column(visit._("Answer"), Cell.TEXT),
                Column(visit._("Given")),
                Column(visit._("Red flags")),
            ),
            rows=tuple(rows),
            plots=tuple(plots),
        )

    async def _found(
        self, asked: Asked, by: str, seen: Sequence[str]
    ) -> list[tuple[Survey, list[Collated]]]:
        """What was answered, by questionnaire and version, each with the words it was asked in."""
        pairs: list[tuple[Survey, list[Collated]]] = []
        for name in self.services.surveys.names():
            found = await self.services.figures.collated(asked.first, asked.last, name, by, seen)
            for version in sorted({one.version for one in found}, reverse=True):
                survey = self.services.surveys.version(name, version)
                if survey is not None:
                    pairs.append((survey, [one for one in found if one.version == version]))
        return pairs

    def _title(self, visit: Visit, survey: Survey) -> str:
        """With its version, where it is an old one."""
        title, newest = survey.title.to(visit.language), self.services.surveys.newest(survey.name)
        if newest is None or newest.version == survey.version:
            return title
        return visit._("{title} (version {version})", title=title, version=survey.version)


def _in_order(survey: Survey, found: Sequence[Collated]) -> Iterator[tuple[Question, Collated]]:
    """Lines by key, and the questions in the order in which they are asked."""
    places = {one.name: place for place, one in enumerate(survey.questions)}
    known = [one for one in found if one.question in places]
    for one in sorted(known, key=lambda one: (one.key, places[one.question], one.value)):
        yield survey.questions[places[one.question]], one


def _plots(visit: Visit, survey: Survey, found: Sequence[Collated]) -> Iterator[Plot]:
    """One chart for each question with choices or a scale."""
    for question in survey.questions:
        counts: dict[int, int] = {}
        for one in found:
            if one.question == question.name:
                counts[one.value] = counts.get(one.value, 0) + one.count
        if not counts or question.kind not in (Kind.CHOICE, Kind.SCALE):
            continue
        values = sorted(counts)
        yield Plot(
            title=question.read_as(visit.language)[:60],
            labels=tuple(question.label(one, visit.language) for one in values),
            series=(Series(visit._("Answers"), tuple(float(counts[one]) for one in values)),),
            kind=PlotKind.PIE if question.kind is Kind.CHOICE else PlotKind.BAR,
        )
