"""Over real connections, with engines that careline did not write."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from tests.plugins.his_webservice.hl7.campus import adapter
from tests.plugins.his_webservice.hl7.test_messages import ADT, ORDER
from tests.support.counterparts import Running, start
from twisted.internet.defer import gatherResults
from twisted.internet.threads import deferToThread

from careline.clinic import Person, Verdict, VisitState
from careline.clinic.his import NoAnswer
from careline.errors import Refused, Unavailable
from careline.storage import Database
from careline.tasks import Tasks
from careline.testing import Spinner, on_reactor

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def engine() -> Iterator[Running]:
    running = start("hl7_server.mjs")
    yield running
    running.stop()


def order(key: str, name: str) -> Any:
    person: Person = evolve(ORDER.person, name=name)
    return evolve(ORDER, key=key, person=person)


@on_reactor()
async def test_visits_are_sent_and_answers_lost_are_unknown(
    spin: Spinner, db: Database, engine: Running
) -> None:
    his, _ = adapter(db, spin.clock, Tasks(), spin.reactor, port=engine.port)
    try:
        booked = await gatherResults(
            [_book(his, order(f"k{n}", "王镕")) for n in range(5)], consumeErrors=True
        )
        assert {reply.verdict for reply in booked} == {Verdict.BOOKED}
        assert (await his.book(order("k1", "王镕"))).verdict is Verdict.BOOKED
        assert (await his.book(order("full", "满"))).verdict is Verdict.REFUSED
        assert (await his.cancel(order("k1", "王镕"), "", "改期")).verdict is Verdict.CANCELLED
        assert (await his.state(order("k1", "王镕"), "")).state is VisitState.CANCELLED
        with pytest.raises(NoAnswer):
            await his.book(order("lost", "断"))
        with pytest.raises(Refused):
            await his.state(order("lost", "断"), "")
        assert (await his.book(order("after", "王镕"))).verdict is Verdict.BOOKED
    finally:
        await his.stop()


@on_reactor()
async def test_an_engine_that_is_away_was_surely_not_told(spin: Spinner, db: Database) -> None:
    his, _ = adapter(db, spin.clock, Tasks(), spin.reactor, port=1)
    with pytest.raises(Unavailable, match="cannot be reached"):
        await his.book(ORDER)
    assert (await his.state(ORDER, "")).state is VisitState.ABSENT
    findings = await his.check()
    assert not findings[0].ok
    await his.stop()


@on_reactor()
async def test_node_hl7_client_and_mllp_send_are_acknowledged(
    spin: Spinner, db: Database, tmp_path: Path
) -> None:
    his, told = adapter(db, spin.clock, Tasks(), spin.reactor)
    his._door.listen(spin.reactor, "127.0.0.1", 0)
    try:
        said = await deferToThread(_node, his.port)
        assert said == "AA N1"
        file = tmp_path / "a03.hl7"
        file.write_bytes(
            ADT.format(charset="GB 18030-2000").replace("A01", "A03").encode("gb18030")
        )
        answer = await deferToThread(_mllp_send, his.port, file)
        assert "MSA|AA|M1" in answer
        assert told.names == ["patient_admitted", "patient_discharged"]
    finally:
        await his.stop()


def _book(his: Any, one: Any) -> Any:
    from twisted.internet.defer import Deferred

    return Deferred.fromCoroutine(his.book(one))


def _node(port: int) -> str:
    client = start("hl7_client.mjs", str(port), "N1", "李雷")
    try:
        return client.line()
    finally:
        client.stop()


def _mllp_send(port: int, file: Path) -> str:
    command = Path(sys.executable).with_name("mllp_send")
    done = subprocess.run(
        [command, "--loose", "--file", file, "--port", str(port), "127.0.0.1"],
        capture_output=True,
        timeout=20,
        check=True,
    )
    return done.stdout.decode()
