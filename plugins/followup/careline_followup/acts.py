"""What the plugin writes into the audit log, and what its deeds are called."""

from __future__ import annotations

from careline.hooks import Act

ACTS = (
    Act(name="followup.seen", title="follow-up looked at"),
    Act(name="followup.answered", title="follow-up answered"),
    Act(name="followup.changed", title="follow-up changed"),
    Act(name="followup.cancelled", title="follow-up cancelled"),
    Act(name="followup.restored", title="cancelled follow-up taken up again"),
    Act(name="followup.handed_over", title="follow-up handed to the ward"),
    Act(name="followup.flag_seen", title="red flag acknowledged"),
    Act(name="followup.flag_closed", title="red flag looked after"),
    Act(name="followup.imported", title="list of discharges imported"),
    Act(name="followup.plan_changed", title="follow-up plan changed"),
    Act(name="followup.exported", title="follow-up figures exported"),
    Act(name="followup", title="follow-up"),
    Act(name="followup_flag", title="red flag"),
    Act(name="followup_plan", title="follow-up plan"),
    Act(name="followup_post", title="who is told of red flags"),
)
