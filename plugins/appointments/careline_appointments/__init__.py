"""Appointments on the hospitals' own systems: schedules, booking, cancelling, stopped clinics."""
