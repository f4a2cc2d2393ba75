"""The served pages are made anew; a build that fails neither replaces nor stamps them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import documents


def building(text: str, code: int) -> Callable[[Path], int]:
    """A build that writes one page, or none when ``text`` is empty, and ends with ``code``."""

    def build(out: Path) -> int:
        (out / "zh").mkdir(parents=True)
        if text:
            (out / "zh/index.html").write_text(text)
        return code

    return build


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "built"
    monkeypatch.setattr(documents, "BUILT", folder)
    monkeypatch.setattr(documents, "fingerprint", lambda: "as it is now")
    return folder


def made(monkeypatch: pytest.MonkeyPatch, text: str, code: int = 0) -> None:
    monkeypatch.setattr(documents, "build", building(text, code))
    assert documents.main([]) == 0  # careline starts without documents, too


def page(served: Path) -> str:
    return (served / "zh/index.html").read_text()


def test_what_failed_is_built_again_at_the_next_start(
    served: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(monkeypatch, "with a warning", code=1)
    assert page(served) == "with a warning"  # there was none: better than nothing
    made(monkeypatch, "good")
    assert page(served) == "good"
    made(monkeypatch, "not built: nothing has changed")
    assert page(served) == "good"


@pytest.mark.parametrize("text", ["half", ""])
def test_a_build_that_fails_leaves_the_pages_of_before(
    served: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    made(monkeypatch, "good")
    monkeypatch.setattr(documents, "fingerprint", lambda: "changed")
    made(monkeypatch, text, code=1)
    assert page(served) == "good"
    made(monkeypatch, "better")
    assert page(served) == "better"


def test_a_build_that_makes_nothing_says_so(
    served: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made(monkeypatch, "", code=1)
    assert not served.exists()
    assert "failed" in capsys.readouterr().out
