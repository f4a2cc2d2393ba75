"""The governor of outreach: whether the hospital may disturb a patient, now, later or never."""
