"""What is kept: heard in parts, checked byte by byte, put under new keys, erased with proof."""

from __future__ import annotations

import hashlib
import json
import os
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from tests.plugins.recording.scene import BEGIN, Scene, at, raw
from tests.support.plugin_commands import ran

from careline.audit import store as audit
from careline.audit.model import Search
from careline.calls import facts as f
from careline.calls.store import call_patient_table
from careline.errors import Invalid, NotFound, Refused, Unavailable
from careline.storage import Database, Tx
from careline_recording import patients, store
from careline_recording.crypt import PIECE, Damaged, Sealer, new_key, sealed
from careline_recording.keeping import FolderStore
from careline_recording.model import Criteria, Recording


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def kept(scene: Scene, seconds: float = 6, call: str = "hq-1.1", *facts: f.Fact) -> Recording:
    """A recording of so many seconds."""
    scene.call(call, {"8001": [(10, 10 + seconds)]}, *facts)
    scene.wrote(seconds, call=call)
    scene.take_in(call)
    [one] = scene.run(scene.plugin.recordings.of_call(call))
    assert isinstance(one, Recording)
    return one


def command(scene: Scene, *args: str, lang: str = "en") -> Result:
    return ran(scene.plugin.commands(), *args, lang=lang, catch_exceptions=True)


def test_any_part_can_be_heard_without_the_rest(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = kept(scene, 10)
    whole = scene.all(one.id)
    assert len(whole) == 44 + one.size == 44 + 10 * 32000
    assert one.size % PIECE
    chance = random.Random(7)
    edges = [0, 43, 44, 45, 43 + PIECE, 44 + PIECE, 45 + PIECE, len(whole) - 1]
    for _ in range(40):
        first, last = sorted(chance.choice(edges) for _ in range(2))
        assert scene.part(one.id, first, last) == whole[first : last + 1], (first, last)
    read: list[tuple[int, int]] = []
    before = type(scene.plugin.vault.store).read

    def noted(self: Any, name: str, first: int, last: int) -> bytes:
        read.append((first, last))
        return before(self, name, first, last)

    monkeypatch.setattr(type(scene.plugin.vault.store), "read", noted)
    scene.part(one.id, 44 + 2 * PIECE, 44 + 2 * PIECE + 100)
    assert len(read) == 1


def test_every_changed_byte_is_found(scene: Scene) -> None:
    good, bad = kept(scene, 6), kept(scene, 6, "hq-2.1")
    assert command(scene, "verify").exit_code == 0
    file = next(one for one in scene.stored() if one.stem == bad.id)
    stored = bytearray(file.read_bytes())
    for place in (0, PIECE + 5, len(stored) - 1):
        stored[place] ^= 1
        file.write_bytes(stored)
        found = command(scene, "verify", "--json")
        assert found.exit_code == 2
        told = json.loads(found.stdout)
        assert (told["read"], [one["id"] for one in told["faults"]]) == (2, [bad.id])
        stored[place] ^= 1
    file.write_bytes(stored[: PIECE + 16])
    assert command(scene, "verify", bad.id).exit_code == 2, "cut off at the end of a piece"
    other = next(one for one in scene.stored() if one.stem == good.id)
    file.write_bytes(other.read_bytes())
    assert command(scene, "verify", bad.id).exit_code == 2, "another recording's"
    file.unlink()
    assert command(scene, "verify", bad.id).exit_code == 2
    assert command(scene, "verify", good.id).exit_code == 0


def test_a_piece_opens_only_as_what_it_was_sealed() -> None:
    key, plain = new_key(), bytes(PIECE)
    sealer = Sealer("a", 2 * PIECE, key)
    first, second = sealed("a", key, [plain, plain])
    assert first != second
    assert sealer.open(1, second) == plain
    for other, number, piece in (
        (sealer, 0, second),  # moved
        (Sealer("b", 2 * PIECE, key), 0, first),  # of another recording
        (Sealer("a", PIECE, key), 0, first),  # the last ones left out
        (Sealer("a", 3 * PIECE, key), 1, second),  # more put behind
        (Sealer("a", 2 * PIECE, new_key()), 0, first),
    ):
        with pytest.raises(Damaged):
            other.open(number, piece)


def test_what_the_store_did_not_keep_is_not_removed_from_the_spool(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = FolderStore.put

    def careless(self: FolderStore, name: str, file: Path) -> None:
        file.write_bytes(file.read_bytes()[:-1] + b"?")
        before(self, name, file)

    scene.call()
    file = scene.wrote(4)
    with monkeypatch.context() as patched:
        patched.setattr(FolderStore, "put", careless)
        with pytest.raises(Damaged):
            scene.take_in()
    assert file.exists()
    assert scene.stored() == scene.ready == []
    scene.take_in()
    assert len(scene.ready) == 1


def test_a_new_master_key_opens_all_and_the_old_one_nothing(scene: Scene) -> None:
    first = kept(scene)
    whole = scene.all(first.id)
    file = scene.stored()[0].read_bytes()
    keys = scene.plugin.vault.keys
    old = keys.newest()
    assert command(scene, "rotate-keys").exit_code == 0
    assert keys.newest() != old
    assert scene.stored()[0].read_bytes() == file, "the audio is not touched"
    keys.drop_unused(scene.db.run_sync(store.masters), BEGIN + timedelta(days=1000))
    with pytest.raises(Unavailable):
        keys.find(old.name)
    assert scene.all(first.id) == whole
    second = kept(scene, 2, "hq-2.1")
    assert scene.all(second.id)[:4] == b"RIFF"


def test_without_its_key_nothing_opens_it(scene: Scene) -> None:
    one = kept(scene)
    scene.plugin.vault.keys.path.unlink()
    with pytest.raises(Unavailable):
        scene.all(one.id)
    scene.plugin.vault.keys.add()
    with pytest.raises(Unavailable):
        scene.all(one.id)


def purge(scene: Scene) -> tuple[int, int]:
    done = scene.run(scene.plugin.retention.purge(scene.time))
    return done.recordings, done.orphans


def test_what_is_over_is_erased_with_proof_and_what_is_held_is_not(scene: Scene) -> None:
    recordings = scene.plugin.recordings
    over, held, complaint = (kept(scene, 2, f"hq-{number}.1") for number in (1, 2, 3))
    scene.run(recordings.mark(over.id, 500, "王女士", "8100"))
    scene.run(recordings.hold(held.id, "诉讼", "8100"))
    scene.run(recordings.classify(complaint.id, "complaint"))
    scene.time = BEGIN + timedelta(days=92)
    assert purge(scene) == (0, 0)
    scene.time = BEGIN + timedelta(days=94)
    assert purge(scene) == (1, 0)
    assert {one.stem for one in scene.stored()} == {held.id, complaint.id}
    proof = scene.run(recordings.get(over.id))
    assert (proof.erased, proof.sha256) == (scene.time, over.sha256)
    assert scene.run(recordings.marks(over.id)) == []
    found = scene.db.run_sync(store.sealed_of, over.id)
    assert found is not None
    assert found[1].wrapped == b"", "a copy in a backup cannot be read either"
    with pytest.raises(Refused):
        scene.all(over.id)
    scene.run(recordings.release(held.id, "8100"))
    assert purge(scene) == (1, 0)
    scene.time = BEGIN + timedelta(days=1097)
    assert purge(scene) == (1, 0)
    assert scene.stored() == []
    assert [one.released_by for one in scene.run(recordings.holds(held.id))] == ["8100"]


def test_files_that_belong_to_no_recording_are_erased_but_not_at_once(scene: Scene) -> None:
    one = kept(scene)
    orphan = scene.stored()[0].with_name("nobodys.rec")
    orphan.write_bytes(b"left by a crash")
    hour_ago = scene.time.timestamp() - 3600
    os.utime(orphan, (hour_ago, hour_ago))
    assert purge(scene) == (0, 0)
    os.utime(orphan, (0, 0))
    os.utime(scene.stored()[0], (0, 0))
    assert purge(scene) == (0, 1)
    assert [file.stem for file in scene.stored()] == [one.id]


def test_a_patients_recordings_are_exported_and_erased(scene: Scene) -> None:
    who = f.Linked(at=at(5), channel="hq-1.1", patient=7)
    mine = kept(scene, 2, "hq-1.1", who)
    other = kept(scene, 2, "hq-2.1")
    later = kept(scene, 2, "hq-3.1")

    def said_later(tx: Tx) -> None:
        tx.execute(call_patient_table.insert().values(call_id="hq-3.1", patient=7, sure=True))
        patients.refresh(tx, BEGIN - timedelta(days=1))

    scene.db.run_sync(said_later)
    [part] = scene.run(scene.plugin.export_patient(7))
    assert {row["id"] for row in part.rows} == {mine.id, later.id}
    scene.run(scene.plugin.recordings.hold(later.id, "诉讼", "8100"))
    scene.run(scene.plugin.erase_patient(7))
    assert {file.stem for file in scene.stored()} == {other.id, later.id}
    scene.run(scene.plugin.recordings.release(later.id, "8100"))
    assert purge(scene) == (1, 0), "held, it was only put off"
    assert scene.run(scene.plugin.export_patient(7)) == []


def test_marks_are_within_and_holds_have_a_reason(scene: Scene) -> None:
    one = kept(scene, 2)
    recordings = scene.plugin.recordings
    for place, text in ((-1, "x"), (2001, "x"), (0, " "), (0, "长" * 201)):
        with pytest.raises(Invalid):
            scene.run(recordings.mark(one.id, place, text, "8100"))
    later = scene.run(recordings.mark(one.id, 1500, "退费", "8100"))
    first = scene.run(recordings.mark(one.id, 100, "态度", "8100"))
    assert scene.run(recordings.marks(one.id)) == [first, later]
    with pytest.raises(NotFound):
        scene.run(recordings.unmark("other", first.id))
    scene.run(recordings.unmark(one.id, first.id))
    assert scene.run(recordings.marks(one.id)) == [later]
    with pytest.raises(Invalid):
        scene.run(recordings.hold(one.id, "  ", "8100"))
    with pytest.raises(Invalid):
        scene.run(recordings.classify(one.id, "for ever"))


def test_recordings_are_found_by_their_call_on_both_databases(db: Database, tmp_path: Path) -> None:
    scene = Scene(tmp_path, db)
    recordings = scene.plugin.recordings
    one = kept(scene, 2, "hq-1.1", f.Linked(at=at(5), channel="hq-1.1", patient=7))
    two = kept(scene, 5, "hq-2.1")
    scene.run(recordings.mark(two.id, 10, "退费100%", "8100"))
    scene.run(recordings.hold(two.id, "x", "8100"))

    def found(**wanted: Any) -> list[str]:
        lines = scene.run(recordings.find(Criteria(**wanted))).lines
        return [{one.id: "one", two.id: "two"}[line.recording.id] for line in lines]

    assert sorted(found()) == ["one", "two"]
    assert found(call="hq-2.1") == found(longer_s=3) == found(held=True) == ["two"]
    assert found(marked=True) == found(text="费100%") == ["two"]
    assert found(text="费1_0") == []
    assert found(patient=7) == found(shorter_s=3) == found(held=False) == ["one"]
    everything = found(tail="1111", agent="8001", queue="service", campus="main")
    assert sorted(everything) == ["one", "two"]
    assert found(tail="222") == found(agent="8002") == found(since=at(60)) == []
    assert found(agents=("8002",)) == []
    assert sorted(found(agents=("8001",))) == ["one", "two"]
    [line] = scene.run(recordings.find(Criteria(call="hq-2.1"))).lines
    assert (line.number, line.marks) == ("+8613800001111", 1)


def test_a_recording_is_exported_once_for_its_owner_alone_and_for_a_reason(
    scene: Scene, tmp_path: Path
) -> None:
    one = kept(scene, 2)
    file = tmp_path / "out.wav"
    assert command(scene, "export", one.id, str(file)).exit_code != 0
    assert command(scene, "export", one.id, str(file), "--reason", " ").exit_code != 0
    assert not file.exists()
    why = ("--reason", "asked for by the court")
    assert command(scene, "export", one.id, str(file), *why).exit_code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert hashlib.sha256(file.read_bytes()[44:]).hexdigest() == one.sha256
    assert command(scene, "export", one.id, str(file), *why).exit_code != 0
    [line] = scene.db.run_sync(audit.search, Search(act="recording.download")).entries
    assert (line.whose, line.why) == (one.id, "asked for by the court")
    assert line.actor.startswith("cli:")
    listed = json.loads(command(scene, "list", "--json", "--call", one.call).stdout)
    assert [row["id"] for row in listed] == [one.id]
    assert "recorded" in command(scene, "book", "--days", "9").stdout
    assert raw(2)[:16] not in scene.stored()[0].read_bytes()
