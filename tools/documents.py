#!/usr/bin/env python3
"""Build the documents into the package, where careline serves them; nothing is done twice.

usage: documents.py             what /help shows, made anew when docs/ or the code has changed
       documents.py FOLDER      into a folder of your own, to look at as files
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv/bin/python"
BUILT = ROOT / "core/careline/pages/help/built"
STAMP = BUILT / ".made-of"
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
    if STAMP.is_file() and STAMP.read_text() == content:
        return 0
    print("careline: building the documents (some seconds)", flush=True)
    if build(BUILT) and not (BUILT / "zh/index.html").is_file():
        print("careline: that failed; the help pages are missing, all else works", flush=True)
        return 0
    STAMP.write_text(content)
    return 0


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
