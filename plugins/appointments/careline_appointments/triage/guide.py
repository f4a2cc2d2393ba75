"""The walk from a symptom to departments: urgent signs first, then questions, then advice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import field, frozen

from careline_appointments.triage.model import (
    Pair,
    Part,
    Question,
    Sign,
    Symptom,
    Term,
    Who,
)

MOST = 3
"""Departments that are proposed at once."""
CHOSEN = 10
"""Weight of an answer beside a symptom's usual order of departments."""


@frozen
class Advice:
    """A department by its term, and the answers that speak for it."""

    code: str
    term: Term
    because: tuple[Pair, ...] = ()


@frozen(kw_only=True)
class Guide:
    """All rules by code, in the order in which they are shown."""

    terms: Mapping[str, Term] = field(repr=False)
    signs: Mapping[str, Sign] = field(repr=False)
    parts: Mapping[str, Part] = field(repr=False)
    symptoms: Mapping[str, Symptom] = field(repr=False)

    # Urgent signs

    def urgent_of(self, symptom: Symptom, who: Who) -> list[Sign]:
        """What must be asked before anything else, those of everybody first."""
        return self._urgent(symptom.signs, who)

    def urgent_of_part(self, part: Part, who: Who) -> list[Sign]:
        """The same for a part of the body."""
        return self._urgent(part.signs, who)

    def _urgent(self, codes: Iterable[str], who: Who) -> list[Sign]:
        always = [one.code for one in self.signs.values() if one.first]
        wanted = dict.fromkeys([*always, *codes])
        return [self.signs[code] for code in wanted if self.signs[code].fits(who)]

    # What may be chosen

    def parts_for(self, who: Who) -> list[Part]:
        """Parts of the body that this person has."""
        return [one for one in self.parts.values() if one.fits(who)]

    def symptoms_of(self, part: str, who: Who) -> list[Symptom]:
        """A part's symptoms."""
        return [one for one in self.symptoms.values() if one.part == part and one.fits(who)]

    def questions(self, symptom: Symptom, who: Who) -> list[Question]:
        """Questions that narrow down; one to which only one answer fits need not be asked."""
        return [
            one
            for one in symptom.question
            if one.fits(who) and sum(answer.fits(who) for answer in one.answers) > 1
        ]

    # Where to go

    def advise(self, symptom: Symptom, who: Who, answers: Sequence[int]) -> list[Advice]:
        """One to three departments, the best first; ``answers`` are places in their questions.

        An answer that is out of range counts as none.
        """
        weights: dict[str, int] = {}
        because: dict[str, list[Pair]] = {}
        for place, code in enumerate(symptom.to):
            self._speak(code, MOST - place, who, weights)
        for question, place in zip(self.questions(symptom, who), answers, strict=False):
            if not 0 <= place < len(question.answers):
                continue
            answer = question.answers[place]
            for rank, code in enumerate(answer.to):
                for seen in self._speak(code, CHOSEN - rank, who, weights):
                    because.setdefault(seen, []).append(answer.say)
        best = self._best(weights, because) or ["pediatrics" if who.is_child else "internal"]
        return [Advice(one, self.terms[one], tuple(because.get(one, ()))) for one in best]

    def _speak(self, code: str, weight: int, who: Who, weights: dict[str, int]) -> list[str]:
        """Give a department weight, or who sees children instead of it; says whom."""
        term = self.terms[code]
        code = term.child if who.is_child and term.child else code
        if not self.terms[code].fits(who):
            return []
        weights[code] = weights.get(code, 0) + max(weight, 1)
        return [code]

    @staticmethod
    def _best(weights: Mapping[str, int], because: Mapping[str, object]) -> list[str]:
        """The heaviest; where answers have spoken, only those and the first of the rest."""
        ranked = sorted(weights, key=lambda code: -weights[code])
        if because:
            rest = [code for code in ranked if code not in because][:1]
            ranked = [code for code in ranked if code in because or code in rest]
        return ranked[:MOST]
