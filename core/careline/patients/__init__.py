"""Patients: who may be calling."""
