from __future__ import annotations

import pytest
from attrs import evolve
from tests.core.asterisk.test_config import FILES

from careline.asterisk.existing import journal, write_included
from careline.asterisk.reading import read


@pytest.fixture
def etc(tmp_path):
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "manager.conf").write_text("[general]\nenabled=yes\nbindaddr=127.0.0.1\n")
    (folder / "extensions.conf").write_text("[globals]\nTRUNK=PJSIP/old\n[from-old]\n")
    (folder / "musiconhold.conf").write_text("[default]\nmode=files\ndirectory=moh\n")
    (folder / "asterisk.conf").write_text("[options]\nverbose=3\n")
    return folder


def test_the_hospitals_files_are_read_only_and_the_lines_to_add_are_said(etc, tmp_path):
    before = {path: path.read_text() for path in etc.iterdir()}
    mine = tmp_path / "careline"
    included = write_included(FILES, etc, mine)
    assert {path: path.read_text() for path in etc.iterdir()} == before
    names = ["pjsip.conf", "queues.conf", "extensions.conf", "manager.conf", "musiconhold.conf"]
    names += ["cel.conf", "cel_custom.conf"]
    assert [name for name, _ in included.lines] == names
    assert included.lines[0] == ("pjsip.conf", f"#include {mine}/pjsip.conf")
    assert "systemname = hq" in included.notes[0].to("en")


def test_sections_that_are_there_are_added_to_not_repeated(etc, tmp_path):
    mine = tmp_path / "careline"
    write_included(FILES, etc, mine)
    assert "[general](+)\n" in (mine / "manager.conf").read_text()
    dialplan = (mine / "extensions.conf").read_text()
    assert "[globals](+)\n" in dialplan
    assert "[general]" not in dialplan
    assert "[careline-inbound]" in dialplan
    assert "[default]" not in (mine / "musiconhold.conf").read_text()
    pjsip = (mine / "pjsip.conf").read_text()
    assert "type = transport" not in pjsip
    assert "type = global" not in pjsip
    assert "transport =" not in pjsip
    assert "[hq-2001]" in pjsip


def test_in_an_empty_folder_sections_are_new(tmp_path):
    empty = tmp_path / "etc"
    empty.mkdir()
    for _ in range(2):
        for name, line in write_included(FILES, empty, tmp_path / "careline").lines:
            (empty / name).write_text(line + "\n")
        assert "[globals]\n" in (tmp_path / "careline/extensions.conf").read_text()
        assert "[general]\n" in (tmp_path / "careline/manager.conf").read_text()


def test_once_included_nothing_is_left_to_say(etc, tmp_path):
    mine = tmp_path / "careline"
    for name, line in write_included(FILES, etc, mine).lines:
        with (etc / name).open("a") as file:
            file.write(line + "\n")
    (etc / "asterisk.conf").write_text("[options]\nsystemname=hq\n")
    again = write_included(FILES, etc, mine)
    assert again.lines == ()
    assert again.changes.files == ()
    assert not any("systemname" in note.msgid for note in again.notes)
    assert read(etc, "pjsip.conf").named("hq-2001") is not None


def test_a_changed_phone_changes_one_file(etc, tmp_path):
    mine = tmp_path / "careline"
    write_included(FILES, etc, mine)
    included = write_included(evolve(FILES, phones=()), etc, mine)
    assert included.changes.files == ("pjsip.conf",)


def test_the_journal_of_calls_is_asked_for_beside_their_own(etc, tmp_path):
    (etc / "cel.conf").write_text("[general]\nenable=no\n")
    (etc / "cel_custom.conf").write_text("[mappings]\ntheirs.csv => x\n")
    mine = tmp_path / "careline"
    write_included(FILES, etc, mine)
    assert "[general](+)\nenable = yes\n" in (mine / "cel.conf").read_text()
    assert "[mappings](+)\njournal.csv => " in (mine / "cel_custom.conf").read_text()


def test_the_journal_is_read_where_their_asterisk_writes_it(etc):
    assert str(journal(etc)) == "/var/log/asterisk/cel-custom/journal.csv"
    (etc / "asterisk.conf").write_text("[directories]\nastlogdir => /srv/log\n")
    assert str(journal(etc)) == "/srv/log/cel-custom/journal.csv"
