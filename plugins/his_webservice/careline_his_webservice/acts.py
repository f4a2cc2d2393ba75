"""What the deeds that this plugin writes down are called in the audit log."""

from __future__ import annotations

from careline.hooks import Act

ACTS = (
    Act(name="his.checked", title="hospital system checked"),
    Act(name="his.exchanges", title="searched exchanges with a hospital system"),
    Act(name="his.exchange", title="looked at an exchange with a hospital system"),
    Act(name="his.info", title="looked at hospital information"),
    Act(name="his.revealed", title="saw hospital information in full"),
)
