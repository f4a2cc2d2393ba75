"""Triage for the receptionist (导医): from what a caller says to an urgent sign or a department.

A guide for whoever answers the phone, never a diagnosis. What it knows is data: ``data/*.toml``,
and a hospital's own file over it.
"""

from careline_appointments.triage.guide import Advice, Guide
from careline_appointments.triage.model import Who
from careline_appointments.triage.reading import read_guide

__all__ = ["Advice", "Guide", "Who", "read_guide"]
