"""What the tests of bookings share."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from tests.plugins.appointments.site import Site

from careline.errors import CarelineError
from careline.testing.his import slot
from careline_appointments.model import BookingState

SECOND = slot("s2", hour=10, capacity=2)
B = BookingState
#: What becomes of an answer is the same on both databases: booking, rules and limits are tested on
#: both, and the fault run under tests/plugins/appointments/faults does all of it on both.
one_database = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def refused(site: Site, code: str, call: Any) -> CarelineError:
    with pytest.raises(CarelineError) as caught:
        site.run(call)
    assert caught.value.code == f"appointments.{code}"
    return caught.value
