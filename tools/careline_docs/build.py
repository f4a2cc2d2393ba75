"""Build docs/ in both languages, reference pages included; every warning is an error.

usage: python -m careline_docs.build FOLDER        (it gets zh/ and en/, with index.html in each)
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from careline.pages.help.documents import SETTINGS
from careline_docs.pages import made
from careline_docs.settings import meanings

DOCS = Path(__file__).resolve().parents[2] / "docs"
LANGUAGES = ("zh", "en")
#: Folders beside docs/ of which pages show pieces (``literalinclude``), as they are.
INCLUDED = ("core", "plugins", "tests")
#: What stands under the title of a page that is not translated yet.
LENT = {
    "zh": "```{note}\n此页暂无中文版，以下为英文。\n```\n",
    "en": "```{note}\nThis page is not translated yet; it follows in Chinese.\n```\n",
}
#: What Sphinx leaves for programs that build other documents; nobody reads it here.
LEFT_OVER = ("objects.inv", ".buildinfo")
#: Seconds after which a build is not slow but stuck.
LIMIT = 120


def build(out: Path, docs: Path = DOCS, languages: Sequence[str] = LANGUAGES) -> str:
    """Build into ``out``; the answer is what is wrong, empty when all is well."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "docs"
        shutil.copytree(docs, source, ignore=shutil.ignore_patterns("__pycache__"))
        for included in INCLUDED:
            (Path(folder) / included).symlink_to(docs.parent / included)
        _lend(source)
        for language in LANGUAGES:
            for name, text in made(language).items():
                page = source / language / f"{name}.md"
                page.parent.mkdir(parents=True, exist_ok=True)
                page.write_text(text, encoding="utf-8")
        builds = {one: _start(source / one, out / one, docs, one) for one in languages}
        wrong = [_end(process, source) for process in builds.values()]
    for one in languages:
        for name in LEFT_OVER:
            (out / one / name).unlink(missing_ok=True)
        if (out / one).is_dir():
            said = json.dumps(meanings(one), ensure_ascii=False)
            (out / one / SETTINGS).write_text(said, encoding="utf-8")
    return "\n".join(filter(None, wrong))


def _lend(source: Path) -> None:
    """Where a page is written in one language only, readers of the other get it with a word why."""
    for language, other in (LANGUAGES, LANGUAGES[::-1]):
        for page in sorted((source / other).rglob("*.md")):
            lent = source / language / page.relative_to(source / other)
            if not lent.exists():
                title, _, text = page.read_text(encoding="utf-8").partition("\n")
                lent.parent.mkdir(parents=True, exist_ok=True)
                lent.write_text(f"{title}\n\n{LENT[language]}\n{text}", encoding="utf-8")


def _start(source: Path, out: Path, docs: Path, language: str) -> subprocess.Popen[str]:
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going", "-E"]
    command += ["-d", str(source.parent / f"{language}.doctrees"), "-c", str(docs)]
    return subprocess.Popen(  # noqa: S603 - no shell
        [*command, str(source), str(out)],
        env={**os.environ, "CARELINE_DOCS_LANGUAGE": language},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _end(process: subprocess.Popen[str], source: Path) -> str:
    try:
        said, _ = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        return f"Sphinx was not done after {LIMIT} seconds"
    return said.replace(f"{source}/", "docs/") if process.returncode else ""


def main() -> int:
    """Build into the folder that is named, and return the exit code."""
    wrong = build(Path(sys.argv[1]))
    print(wrong, end="", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
