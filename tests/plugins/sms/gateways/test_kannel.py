"""The whole way with a real Kannel between us and a center: text, report and reply."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.plugins.sms.gateways.scene import CHINESE, Receipt, outgoing
from tests.plugins.sms.gateways.test_http import House
from tests.support.counterparts import Running, start

from careline.config import Secret
from careline.messaging.gateway import Busy, Fate, Rejected
from careline.testing.ports import free_port
from careline.testing.runner import Spinner
from careline_sms.gateways.http.settings import KannelSettings

pytestmark = pytest.mark.integration
NUMBER = "+861381111"
CONFIG = """
group = core
admin-port = {admin}
admin-password = admin
admin-interface = 127.0.0.1
smsbox-port = {box}
smsbox-interface = 127.0.0.1
log-level = 4

group = smsc
smsc = smpp
smsc-id = npm
host = 127.0.0.1
port = {center}
transceiver-mode = true
smsc-username = kannel
smsc-password = secret
system-type = ""
alt-charset = UTF-8

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
log-level = 4

group = sendsms-user
username = hospital
password = secret
concatenation = true
max-messages = 10

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "http://127.0.0.1:{door}/main/s3cret/replies?from=%p&to=%P&text=%b&coding=%c&id=%I"
"""


class Kannel:
    """bearerbox and smsbox with their files in a folder of the test's own."""

    def __init__(self, folder: Path, center: int, door: int) -> None:
        names = ("admin", "box", "sendsms")
        ports = {name: free_port() for name in names}
        self.port = ports["sendsms"]
        config = folder / "kannel.conf"
        config.write_text(CONFIG.format(center=center, door=door, **ports), encoding="utf-8")
        self._boxes: list[subprocess.Popen[bytes]] = []
        for program, port in (("bearerbox", ports["box"]), ("smsbox", self.port)):
            box = subprocess.Popen(
                [f"/usr/sbin/{program}", "-v", "4", str(config)],
                cwd=folder,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            self._boxes.append(box)
            self._wait(box, port)

    def _wait(self, box: subprocess.Popen[bytes], port: int) -> None:
        while box.poll() is None:
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", port)) == 0:
                    return
        raise AssertionError("Kannel has ended")

    def stop(self) -> None:
        for box in reversed(self._boxes):
            box.kill()
            box.wait()


@pytest.fixture
def house(spin: Spinner) -> Iterator[House]:
    made = House(spin)
    yield made
    made.close()


@pytest.fixture
def center() -> Iterator[Running]:
    running = start("smpp.mjs")
    yield running
    running.stop()


def test_text_report_and_reply(house: House, center: Running, tmp_path: Path) -> None:
    house.door.listen(0)
    address = f"http://127.0.0.1:{house.door.port}"
    house.door._settings = house.door._settings.__class__(listen_port=1, public_url=address)
    kannel = Kannel(tmp_path, center.port, house.door.port)
    try:
        url = f"http://127.0.0.1:{kannel.port}/cgi-bin/sendsms"
        settings = KannelSettings(
            url=url, user="hospital", password=Secret("secret"), source="1065"
        )
        gateway = house.gateway("kannel", settings)
        text = CHINESE * 2
        house.spin(gateway.send(outgoing(f"{NUMBER}0009", text)))
        parts = [json.loads(center.line()) for _ in range(2)]
        assert "".join(one["text"] for one in sorted(parts, key=lambda one: one["part"])) == text
        house.spin(house.ear.until(lambda: bool(house.ear.receipts and house.ear.replies)))
        assert set(house.ear.receipts) == {Receipt("", Fate.DELIVERED, ours=7)}
        reply = house.ear.replies[0]
        assert (reply.number, reply.text, reply.to) == (
            f"{NUMBER}0009", "我要改到星期一，谢谢😀", "1065"
        )  # fmt: skip
        wrong = KannelSettings(url=url, user="hospital", password=Secret("wrong"))
        with pytest.raises(Rejected):
            house.spin(house.gateway("kannel", wrong, "wrong").send(outgoing(f"{NUMBER}0000")))
    finally:
        kannel.stop()
    with pytest.raises(Busy):
        house.spin(gateway.send(outgoing(f"{NUMBER}0000")))
