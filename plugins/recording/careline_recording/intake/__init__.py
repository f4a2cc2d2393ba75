"""From Asterisk's spool into the store: checked, hashed, encrypted, and nothing plain left."""

from careline_recording.intake.taking import Intake

__all__ = ["Intake"]
