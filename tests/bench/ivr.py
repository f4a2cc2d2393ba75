"""IVR: nodes a second that the engine leads a caller through, without a telephone.

The caller of the demonstration flow asks for the information "your number" again and again, then
for an agent; every node is kept as on a channel. The rate against which they stand is that of 2
calls a second with 10 nodes each.
"""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from tests.bench.runner import Row, seconds

from careline.ivr.book import FlowBook
from careline.ivr.check import Known, check_all
from careline.ivr.demo import demo_flows
from careline.ivr.exits import ToQueue
from careline.ivr.model import Caller
from careline.setup.demo import QUEUES
from careline.testing.line import ScriptedLine, book, go

ROUNDS_OF_A_CALLER = 500
NEED = 2.0 * 10
ASKS = ["2"]  # information
AGAIN = ["4", "", "*"]  # your number, heard to its end, back to information
LEAVES = ["0"]


def flows() -> FlowBook:
    """The demonstration flows."""
    known = Known(queues=[queue.id for queue in QUEUES])
    return book(*check_all(demo_flows(), known))


def walk(made: FlowBook, again: int) -> int:
    """Lead a caller about; how many nodes were run."""
    line = ScriptedLine([*ASKS, *AGAIN * again, *LEAVES])
    left = go(made, line, caller=Caller(number="+8613800001111"))
    if not isinstance(left, ToQueue) or line.acts:
        raise AssertionError(f"led to {left}, with {line.acts} left to do")
    return len(line.nodes) - 1  # kept once more as waiting for the queue


def rows(rounds: int) -> Iterable[Row]:
    """Nodes a second."""
    made = flows()
    nodes = walk(made, ROUNDS_OF_A_CALLER)
    took = median(seconds(lambda: walk(made, ROUNDS_OF_A_CALLER)) for _ in range(rounds))
    rate = nodes / took
    yield Row("IVR: nodes run", rate, "nodes/s", "2 calls a second", NEED, rate / NEED)
