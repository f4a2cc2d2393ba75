"""Where the home is, and that a file is written whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from careline.config import Home, find_home
from careline.config.atomic import write_atomic
from careline.errors import Unavailable


def test_the_order_in_which_a_home_is_found(tmp_path: Path) -> None:
    environ = {"CARELINE_HOME": str(tmp_path / "named"), "HOME": str(tmp_path / "user")}
    assert find_home("given", environ, tmp_path).root == tmp_path / "given"
    assert find_home(None, environ, tmp_path).root == tmp_path / "named"
    del environ["CARELINE_HOME"]
    (tmp_path / "var").mkdir()
    assert find_home(None, environ, tmp_path).root == tmp_path / "user" / ".careline"
    (tmp_path / "var" / "careline.toml").write_text("")
    assert find_home(None, environ, tmp_path).root == tmp_path / "var"


def test_the_control_socket_fits_into_a_socket_address(tmp_path: Path) -> None:
    assert Home(tmp_path).control_socket == tmp_path / "control.sock"
    deep = Home(tmp_path / ("x" * 60) / ("院" * 20))
    assert len(os.fsencode(deep.control_socket)) <= 107
    assert deep.control_socket == Home(deep.root).control_socket
    assert deep.control_socket != Home(deep.root / "y").control_socket


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "careline.toml"
    path.write_text("old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="disk is full"):
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["careline.toml"]


def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_atomic(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"
