"""One answer of a patient; pure values."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from careline_followup.plans.model import Way


@frozen(kw_only=True)
class Reply:
    """What was answered to ``question``: a whole number, and words where it is a comment.

    ``red`` when it raised a flag; ``by`` the agent or nurse who wrote it down, empty for the
    patient.
    """

    task: int
    question: str
    value: int
    text: str = ""
    at: datetime
    way: Way
    by: str = ""
    red: bool = False
