"""Appointments by telephone keys: kinds of flow nodes, their sentences, how far a caller came."""

from careline_appointments.ivr.part import IvrPart, demo_flows, demo_kinds
from careline_appointments.ivr.progress import Progress

__all__ = ["IvrPart", "Progress", "demo_flows", "demo_kinds"]
