"""``python -m careline.testing.contract NAME``: one plugin held to the contract, in a process.

Ends with 0 when nothing was found. ``--json`` writes one line for programs, the last one.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from careline.config import read_tables
from careline.errors import CarelineError
from careline.i18n import LANGUAGES, error_text
from careline.testing.contract.checking import check


def main(arguments: list[str] | None = None) -> int:
    """Check, tell, and give the exit code."""
    parser = argparse.ArgumentParser(prog="careline.testing.contract", description=__doc__)
    parser.add_argument("name", help="name of an installed plugin")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--language", choices=LANGUAGES, default="en")
    parser.add_argument("--postgresql", default="", help="URL of an empty database")
    parser.add_argument("--config", type=Path, help="a careline.toml with the plugin's table")
    given = parser.parse_args(arguments)
    try:
        config = read_tables(given.config).get("plugin", {}) if given.config else {}
        report = check(given.name, config=config, postgresql=given.postgresql)
    except CarelineError as error:
        print(error_text(error, given.language), file=sys.stderr)
        return 2
    if given.json:
        print(json.dumps(report.as_json(given.language), ensure_ascii=False))
    for one in () if given.json else report.findings:
        print(f"{one.code}: {error_text(one, given.language)}")
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
