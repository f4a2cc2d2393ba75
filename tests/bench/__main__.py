"""``python -m tests.bench [name ...]``: run the benchmarks and print their table."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from tests.bench.runner import Row, table

BENCHMARKS = (
    "ami",
    "fastagi",
    "calls",
    "ivr",
    "web",
    "screens",
    "board",
    "load",
    "recorded",
    "his",
)
ON_REQUEST = ("faults", "patients", "bookings", "messages", "followups", "followup_calls")
"""Takes too long to be run unless it is named."""
KNOWN = (*BENCHMARKS, *ON_REQUEST)


def main() -> int:
    """Exit code 1 when a goal was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(KNOWN)}")
    parser.add_argument("--rounds", type=int, default=9, help="of which the median counts")
    options = parser.parse_args()
    if unknown := set(options.names) - set(KNOWN):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(KNOWN)}")
    found: list[Row] = []
    for name in options.names or BENCHMARKS:
        print(f"{name} ...", file=sys.stderr, flush=True)
        found += import_module(f"tests.bench.{name}").rows(options.rounds)
    print(table(found))
    return 1 if any(row.met is False for row in found) else 0


if __name__ == "__main__":
    sys.exit(main())
