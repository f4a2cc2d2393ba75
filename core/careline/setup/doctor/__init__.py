"""What can be wrong with a site, looked at from outside, each with what to do about it."""

from careline.setup.doctor.model import Finding, Patient
from careline.setup.doctor.rounds import examine

__all__ = ["Finding", "Patient", "examine"]
