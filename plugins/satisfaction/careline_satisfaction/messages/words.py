"""What is written to callers: the question, thanks, and what to do when it was not understood."""

from __future__ import annotations

from careline.i18n import Text
from careline.surveys.model import Question

ASK = Text(
    "Thank you for calling us. How was it? Please reply with a number from {low} to {high}: "
    "{best} is very satisfied, {worst} not satisfied at all."
)
THANKS = Text("Thank you for your rating.")
SORRY = Text(
    "Thank you for your rating. We are sorry that you were not satisfied; a reply in words tells "
    "us what to do better."
)
NOTED = Text("Thank you, your words are noted.")
UNCLEAR = Text("Please reply with a number from {low} to {high}. Thank you.")
LATE = Text("Thank you. The time for rating this call is over.")


def places(question: Question) -> dict[str, str]:
    """The ends of its scale, for texts and templates."""
    best, worst = question.high, question.low
    if question.best_low:
        best, worst = worst, best
    return {
        "low": str(question.low),
        "high": str(question.high),
        "best": str(best),
        "worst": str(worst),
    }
