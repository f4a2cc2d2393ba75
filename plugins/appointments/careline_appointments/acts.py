"""What the deeds that this plugin writes down are called in the audit log."""

from __future__ import annotations

from careline.hooks import Act

ACTS = (
    Act(name="appointment.booked", title="appointment booked"),
    Act(name="appointment.moved", title="appointment moved"),
    Act(name="appointment.cancelled", title="appointment cancelled"),
    Act(name="appointment.marked", title="visit marked as visited or missed"),
    Act(name="appointment.waits", title="patient put on the waiting list"),
    Act(name="appointment.wait_take", title="offered number booked"),
    Act(name="appointment.wait_decline", title="offered number declined"),
    Act(name="appointment.wait_close", title="waiting ended"),
    Act(name="appointments.exported", title="appointments exported"),
    Act(name="appointments.lifted", title="block of bookings lifted"),
    Act(name="stop.made", title="clinic stopped"),
    Act(name="stop.undone", title="stop of a clinic taken back"),
    Act(name="stop.substitute", title="substitute clinic named"),
    Act(name="stop.move_all", title="patients moved to the substitute"),
    Act(name="stop.cancelled", title="visit of a stopped clinic cancelled"),
    Act(name="stop.unreached", title="patient of a stopped clinic not reached"),
    Act(name="stop.moved", title="visit of a stopped clinic moved"),
    Act(name="appointment", title="appointment"),
    Act(name="stop", title="stopped clinic"),
)
