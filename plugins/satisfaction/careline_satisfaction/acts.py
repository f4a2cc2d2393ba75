"""What the plugin writes into the audit log, and what its deeds are called."""

from __future__ import annotations

from careline.hooks import Act

ACTS = (
    Act(name="satisfaction.asked", title="caller asked by the agent"),
    Act(name="satisfaction.seen", title="low score looked after"),
    Act(name="survey.assigned", title="surveys given to queues"),
    Act(name="satisfaction", title="answer to a survey"),
)
