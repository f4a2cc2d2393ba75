"""The tutorial for authors of plugins, done as it stands there, beside a talk that goes on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, field, frozen
from sqlalchemy import func, inspect, select, table
from tests.integration.support.guarded import GuardedSite
from twisted.internet.threads import deferToThreadPool

from careline.asterisk.layout import Tree
from careline.calls.model import Outcome
from careline.demo.phone import PATIENCE_S, Answer, Call, Tone
from careline.plugins.scaffold import write
from careline.testing import Spinner
from careline.testing.stage import until

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
#: The first command that needs a hospital.
ENABLED = "careline plugin enable"
CALLED = "careline dnis set 4001234567 --campus main --flow wheelchairs"
TABLE = "wheelchairs_request"
LISTED = "careline wheelchairs list"
UPGRADED = "careline plugin upgrade"
PURGED = "careline plugin purge"
COMMAND_S = 300
CALLER, AGENT = 500, 600
#: Pip builds with what is installed here and asks no index; all that is needed is there.
OFFLINE = {"PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0"}


def blocks(language: str) -> list[tuple[str, str]]:
    """What is to be typed, in order: shell commands and changes of files."""
    page = ROOT / "docs" / language / "develop/tutorial.md"
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [(kind, block) for kind, block in found if kind in ("sh", "diff")]


def test_both_languages_say_to_do_the_same() -> None:
    assert blocks("en") == blocks("zh")
    assert len(blocks("en")) > 10


def test_its_changes_fit_what_is_written(tmp_path: Path) -> None:
    write("wheelchairs", tmp_path, title="Wheelchairs", title_zh="轮椅")
    for kind, block in blocks("en"):
        if kind == "diff":
            command = ["git", "apply", "-"]
            done = subprocess.run(command, cwd=tmp_path / "wheelchairs", input=block.encode())
            assert done.returncode == 0, block


@frozen
class Author:
    """Somebody at a terminal, with a Python environment of their own in which careline is."""

    folder: Path
    environment: dict[str, str] = field(factory=dict)
    said: list[str] = field(factory=list)

    @classmethod
    def at(cls, folder: Path, home: Path) -> Author:
        """Make the environment."""
        venv = folder / "venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
        ours = sysconfig.get_path("purelib")
        [packages] = (venv / "lib").glob("python*/site-packages")
        (packages / "careline.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
        command = venv / "bin" / "careline"
        command.write_text(f"#!{venv}/bin/python\nfrom careline_cli.main import main\nmain()\n")
        command.chmod(0o755)
        path = [f"{venv}/bin", sysconfig.get_path("scripts"), "/usr/bin:/bin"]
        own = {
            **os.environ,
            **OFFLINE,
            "PATH": os.pathsep.join(path),
            "CARELINE_HOME": str(home),
            "CARELINE_LANG": "en",
            "PWD": str(folder),
        }
        own.pop("PYTHONPATH", None)
        own.pop("MYPYPATH", None)
        return cls(folder, own)

    @property
    def python(self) -> str:
        """Their interpreter."""
        return str(self.folder / "venv/bin/python")

    def types(self, kind: str, block: str) -> str:
        """Do one block, where the one before has left them; what was said."""
        script = (
            "git apply --verbose -" if kind == "diff" else f"{block}\npwd > {self.folder}/where"
        )
        done = subprocess.run(
            ["bash", "-ec", script],
            cwd=self.environment["PWD"],
            env=self.environment,
            input=block if kind == "diff" else "",
            capture_output=True,
            encoding="utf-8",
            timeout=COMMAND_S,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        if kind == "sh":
            self.environment["PWD"] = (self.folder / "where").read_text().strip()
        self.said.append(done.stdout)
        return done.stdout


class Hospital(GuardedSite):
    """A supervised hospital whose core runs in the author's environment."""

    author: Author

    def _spec(self, spec: Any) -> Any:
        words = (self.author.python if one == sys.executable else one for one in spec.command)
        return evolve(spec, command=tuple(words)) if spec.name == "core" else spec

    async def types(self, kind: str, block: str) -> str:
        """As the author does, while calls go on."""
        pool = self.reactor.getThreadPool()
        said: str = await deferToThreadPool(self.reactor, pool, self.author.types, kind, block)
        return said


@pytest.fixture
def hospital(spin: Spinner, asterisk_tree: Tree, spoken_prompts: Path, tmp_path: Path) -> Hospital:
    made = Hospital(spin.reactor, asterisk_tree, tmp_path / "home", spoken_prompts)
    made.author = Author.at(tmp_path, made.settings.home.root)
    return made


@pytest.mark.integration
def test_it_can_be_done_word_for_word_while_people_talk(spin: Spinner, hospital: Hospital) -> None:
    todo = blocks("en")
    first = next(index for index, (_, block) in enumerate(todo) if ENABLED in block)
    for kind, block in todo[:first]:
        hospital.author.types(kind, block)
    try:
        spin(hospital.open())
        spin(_with_calls(hospital, todo[first:]), timeout=600)
    finally:
        spin(hospital.close())
    asked, talked = hospital.record_of("13800000002"), hospital.record_of("13800000001")
    assert [one.record.outcome for one in talked] == [Outcome.ANSWERED]
    assert len(asked) == 1


async def _with_calls(hospital: Hospital, todo: list[tuple[str, str]]) -> None:
    """Everything that needs a hospital, from first to last beside one talk."""
    desk = await hospital.ready("8001", Answer(0.3))
    caller = hospital.caller("13800000001")
    caller.voice, desk.voice = Tone(CALLER), Tone(AGENT)
    talk = await hospital.dial(caller)
    await hospital.press(talk, "0")
    ringing = (await desk.event("ringing")).call
    assert ringing is not None
    await _talk_goes_on(talk, ringing)
    for kind, block in todo:
        said = await hospital.types(kind, block)
        if CALLED in block:
            await _asks_by_key(hospital)
        if LISTED in block:
            assert "main" in said, "who waits is listed"
        if any(verb in block for verb in (ENABLED, UPGRADED, PURGED)):
            await _talk_goes_on(talk, ringing)
            assert (TABLE in _tables(hospital)) is (PURGED not in block)
    await talk.hang_up()

    def closed() -> bool:
        return all(one.record.ended for one in hospital.record_of("13800000001"))

    await until(hospital.clock, closed, PATIENCE_S, "the end of the talk's record")


async def _asks_by_key(hospital: Hospital) -> None:
    """Somebody calls, asks for a wheelchair by its key, and hangs up."""
    call = await hospital.dial(hospital.caller("13800000002"))
    await hospital.press(call, "1")
    await until(hospital.clock, lambda: _asked(hospital) == 1, PATIENCE_S, "the request")
    await call.hang_up()


async def _talk_goes_on(talk: Call, ringing: Call) -> None:
    """Both hear each other."""
    assert await talk.hears(AGENT)
    assert await ringing.hears(CALLER)


def _asked(hospital: Hospital) -> int:
    """How many requests there are."""
    count = select(func.count()).select_from(table(TABLE))
    return int(hospital.db.run_sync(lambda tx: tx.scalar(count)))


def _tables(hospital: Hospital) -> set[str]:
    return set(inspect(hospital.db.engine).get_table_names())
