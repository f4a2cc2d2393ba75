"""Departments and doctors of all campuses: kept, found in memory, brought up to date by a job."""

from careline_appointments.directory.index import Hit
from careline_appointments.directory.service import Directory

__all__ = ["Directory", "Hit"]
