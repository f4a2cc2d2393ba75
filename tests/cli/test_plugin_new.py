"""`careline plugin new`: what it says, and the names it takes for nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Terminal

from careline.i18n.update import main as update_texts


def test_it_says_where_the_files_are_and_what_to_do_next(
    careline: Terminal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = careline.says("plugin", "new", "visitor_parking", "--to", str(tmp_path))
    folder = tmp_path / "visitor_parking"
    assert f"files of a new plugin are in {folder}" in said
    assert f"cd {folder}\n" in said
    assert "careline plugin enable visitor_parking" in said
    assert (folder / "careline_visitor_parking" / "plugin.py").is_file()
    assert update_texts([str(folder)]) == 0, "all texts of it are translated"
    assert "all texts are translated" in capsys.readouterr().out
    store = folder / "careline_visitor_parking" / "words.py"
    store.write_text('from careline.i18n import Text\n\nNEW = Text("a space is free")\n')
    assert update_texts([str(folder)]) == 1
    said = capsys.readouterr().out
    assert "1 without a translation" in said
    assert "careline_visitor_parking.po:\n  a space is free\n" in said


@pytest.mark.parametrize(
    "name",
    [
        "sms",  # a plugin
        "his",  # tables of a plugin begin so
        "trunk",  # a command and a table
        "campuses",  # a part of the core
        "wallboards",
        "desk",  # a page
    ],
)
def test_what_something_else_is_called_is_refused(
    careline: Terminal, tmp_path: Path, name: str
) -> None:
    assert f"{name} is taken" in careline.refuses("plugin", "new", name, "--to", str(tmp_path))
    assert list(tmp_path.glob(f"{name}*")) == []
