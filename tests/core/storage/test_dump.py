"""PostgreSQL's own programs get the password, and nobody else sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from careline.storage import dump


def test_the_password_is_handed_over_apart_from_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "pg_dump"
    program.write_text(
        f'#!/bin/sh\necho "$PGPASSWORD" > {tmp_path}/seen\necho "$@" >> {tmp_path}/seen\n'
    )
    program.chmod(0o755)
    monkeypatch.setattr(dump, "find_program", lambda name: str(tmp_path / name))
    dump.dump("postgresql+psycopg://careline:p%40ss@db.example:5433/line", tmp_path / "dumped")
    password, arguments = (tmp_path / "seen").read_text().splitlines()
    assert password == "p@ss"
    assert arguments.endswith("--dbname postgresql://careline@db.example:5433/line")
