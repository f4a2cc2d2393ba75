"""Booking as a saga: hold here, confirm in the hospital's system, release what came to nothing."""

from careline_appointments.booking.service import Booker

__all__ = ["Booker"]
