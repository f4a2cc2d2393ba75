#!/usr/bin/env python3
"""Build the documents into the package, where careline serves them; nothing is done twice.

usage: documents.py             what /help shows, made anew when docs/ or the code has changed
       documents.py FOLDER      into a folder of your own, to look at as files
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv/bin/python"
BUILT = ROOT / "core/careline/pages/help/built"
#: Says in the folder of pages what they were made of; careline serves no such file.
STAMP = ".made-of"
#: What pages are made of: texts and pictures; the code, for the reference.
SOURCES = (
    ("docs", ("*.md", "*.py", "*.html", "*.css", "*.js", "*.toml", "*.webp")),
    *((root, ("*.py", "*.po")) for root in ("core", "cli", "plugins", "tools/careline_docs")),
)


def main(words: list[str]) -> int:
    """Build what is asked for, and return the exit code; careline runs without documents too."""
    if words:
        return build(Path(words[0]).resolve())
    content = fingerprint()
    if _is_made_of(BUILT, content):
        return 0
    print("careline: building the documents (some seconds)", flush=True)
    renew(BUILT, content)
    return 0


def renew(served: Path, content: str) -> bool:
    """Make the pages in ``served`` anew; where that fails, those that were there stay.

    Pages of a failed build are taken only where there are none, and never stamped: the next start
    builds again.
    """
    fresh = served.with_name(f"{served.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    failed = build(fresh) != 0
    some = (fresh / "zh/index.html").is_file()
    if failed and ((served / "zh/index.html").is_file() or not some):
        print("careline: that failed; the help pages are as they were, all else works", flush=True)
        shutil.rmtree(fresh, ignore_errors=True)
        return False
    if failed:
        print("careline: that failed in part; help shows what there is", flush=True)
    else:
        (fresh / STAMP).write_text(content)
    shutil.rmtree(served, ignore_errors=True)
    fresh.rename(served)
    return not failed


def _is_made_of(served: Path, content: str) -> bool:
    stamp = served / STAMP
    return stamp.is_file() and stamp.read_text() == content


def build(out: Path) -> int:
    """Both languages into ``out``; the exit code of it."""
    env = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    command = [str(PYTHON), "-m", "careline_docs.build", str(out)]
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode  # noqa: S603 - no shell


def fingerprint() -> str:
    """What the built pages depend on."""
    digest = hashlib.sha256()
    for file in sources():
        digest.update(f"{file.relative_to(ROOT)}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def sources() -> Iterator[Path]:
    """All files that pages are made of."""
    for folder, patterns in SOURCES:
        for pattern in patterns:
            found = sorted((ROOT / folder).rglob(pattern))
            yield from (one for one in found if "node_modules" not in one.parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
