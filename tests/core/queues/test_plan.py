"""Where callers wait, in which order and how long."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from careline.queues.model import Queue
from careline.queues.plan import Stop, decode, encode, plan

BOOKING = Queue(id="booking", title="预约", overflow="city", overflow_s=30, last_agent_s=15)
CITY = Queue(id="city", title="全市")
ALL = {"booking": BOOKING, "city": CITY}


def test_without_a_limit_the_overflow_is_the_last_stop() -> None:
    assert plan(BOOKING, ALL) == (Stop("booking", 30), Stop("city", 0))


def test_the_agent_of_last_time_comes_first() -> None:
    assert plan(BOOKING, ALL, last_agent="8001")[0] == Stop("agent-8001", 15)


def test_the_limit_is_shared_by_the_stops() -> None:
    assert plan(BOOKING, ALL, 90) == (Stop("booking", 30), Stop("city", 60))
    assert plan(BOOKING, ALL, 20) == (Stop("booking", 20),)


def test_queues_that_overflow_into_each_other_end() -> None:
    back = Queue(id="city", title="全市", overflow="booking", overflow_s=30)
    assert [stop.queue for stop in plan(BOOKING, {"booking": BOOKING, "city": back})] == [
        "booking",
        "city",
    ]


@given(
    st.lists(
        st.builds(
            Stop, st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True), st.integers(0, 999)
        ),
        max_size=4,
    )
)
def test_stops_ride_on_the_channel(stops: list[Stop]) -> None:
    assert list(decode(encode(stops))) == stops
    assert not set(encode(stops)) & set("${},&|;\"'")
