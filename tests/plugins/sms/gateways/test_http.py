"""Gateways over HTTP against npm's express, and the door for what gateways push."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import treq
from attrs import evolve
from tests.plugins.sms.gateways.scene import Ear, Receipt, Reply, ground, outgoing
from tests.support.counterparts import Running, start
from twisted.internet.protocol import Factory
from twisted.web.client import Agent, RequestTransmissionFailed, ResponseFailed

from careline.campuses.service import Campuses
from careline.config import Secret
from careline.messaging.gateway import NOT_TAKEN, Busy, Fate, Rejected, Uncertain
from careline.testing.runner import Spinner
from careline_sms.gateways.build import Webhooks, build_gateway
from careline_sms.gateways.http import twilio
from careline_sms.gateways.http.door import Webhooks as Door
from careline_sms.gateways.http.settings import (
    AliyunSettings,
    HttpSettings,
    KannelSettings,
    PushSettings,
    TencentSettings,
    TencentTemplate,
    TwilioSettings,
)
from careline_sms.gateways.settings import GatewaySettings, WebhookSettings

NUMBER = "+861381111"
KINDS = ("http", "aliyun", "tencent", "twilio")


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    running = start("sms_http.mjs")
    yield running
    running.stop()


class House:
    """Gateways with their door, as the plugin builds them."""

    def __init__(self, spin: Spinner, port: int = 0) -> None:
        self.spin, self.ear = spin, Ear()
        self.ground = ground(spin.clock, spin.reactor)
        campuses = Campuses.__new__(Campuses)
        campuses.zone = lambda: None  # type: ignore[method-assign,assignment,return-value]
        self.core: Any = SimpleNamespace(
            reactor=spin.reactor, clock=spin.clock, tasks=self.ground.tasks, campuses=campuses
        )
        settings = WebhookSettings(listen_port=1, public_url="http://sms.test")
        self.door: Door = Webhooks(self.core, settings)
        self.made: list[Any] = []

    def gateway(self, kind: str, own: Any, name: str = "main") -> Any:
        given: dict[str, Any] = {"kind": kind, kind: own, "push_token": Secret("s3cret")}
        made = build_gateway(self.core, name, GatewaySettings(**given), self.door)
        self.spin(made.start(self.ear))
        self.made.append(made)
        return made

    def push(self, path: str, method: str = "POST", **more: Any) -> tuple[int, str]:
        async def push() -> tuple[int, str]:
            client = treq.client.HTTPClient(Agent(self.spin.reactor))
            url = f"http://127.0.0.1:{self.door.port}{path}"
            response = await client.request(method, url, unbuffered=True, **more)
            return response.code, await response.text()

        return self.spin(push())

    def close(self) -> None:
        self.spin(self.door.stop())
        for one in self.made:
            self.spin(one.stop())
        self.spin(self.ground.tasks.stop())


@pytest.fixture
def house(spin: Spinner) -> Iterator[House]:
    made = House(spin)
    yield made
    made.close()


def own_of(kind: str, port: int, **more: Any) -> Any:
    base = f"http://127.0.0.1:{port}"
    if kind == "http":
        fields = {"mobile": "{to}", "content": "{text}", "ref": "{key}"}
        return HttpSettings(
            url=f"{base}/form/send", fields=fields, answer="code", busy=("22",), said="msg",
            wrong_numbers=("11",), refused=("33",), reference="data.id", timeout_s=2.0,
            takes_key=True,
        )  # fmt: skip
    if kind == "aliyun":
        return AliyunSettings(
            url=base, access_key="k", secret=Secret("s"), templates={"t": "SMS_1"}, timeout_s=2.0
        )
    if kind == "tencent":
        return TencentSettings(
            url=f"{base}/tencent", secret_id="i", secret_key=Secret("s"), app_id="1400",
            templates={"t": TencentTemplate(id="99")}, timeout_s=2.0,
        )  # fmt: skip
    return TwilioSettings(url=base, account="AC1", token=Secret("t"), source="+1555", timeout_s=2.0)


@pytest.mark.integration
@pytest.mark.parametrize("kind", KINDS)
def test_all_that_a_gateway_can_answer(house: House, server: Running, kind: str) -> None:
    gateway = house.gateway(kind, own_of(kind, server.port))

    def send(last: str) -> Any:
        try:
            return house.spin(gateway.send(outgoing(f"{NUMBER}00{last}", template="t")))
        finally:
            server.line()

    sent = send("00")
    assert len(sent.reference) == 1
    assert sent.reference[0].startswith("B")
    assert sent.parts == {"tencent": 2, "twilio": 1}.get(kind, 0)
    with pytest.raises(Rejected) as wrong:
        send("02")
    assert (wrong.value.code, wrong.value.other_gateway) == (NOT_TAKEN, True)
    for last, error in (("03", Uncertain), ("04", Uncertain), ("05", Uncertain), ("09", Uncertain),
                        ("06", Busy), ("07", Busy)):  # fmt: skip
        if (kind, last) == ("http", "09"):
            continue  # no code there: see below
        with pytest.raises(error):
            send(last)
    assert not gateway.state().up  # five in a row
    with pytest.raises(Rejected) as poor:
        send("08")
    assert poor.value.other_gateway
    assert gateway.state().up
    assert gateway.state().inflight == 0


@pytest.mark.integration
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_an_odd_page_and_a_way_elsewhere_are_uncertain(
    house: House, server: Running, method: str
) -> None:
    own = evolve(own_of("http", server.port), method=method)
    gateway = house.gateway("http", own)
    for last in ("09", "10"):
        with pytest.raises(Uncertain):
            house.spin(gateway.send(outgoing(f"{NUMBER}00{last}")))
    house.spin(gateway.send(outgoing(f"{NUMBER}0000")))
    seen = [json.loads(server.line())["url"] for _ in range(3)]
    assert {url.partition("?")[0] for url in seen} == {"/form/send"}  # nothing went elsewhere


@pytest.mark.integration
def test_twilio_is_told_where_to_push(house: House, server: Running) -> None:
    gateway = house.gateway("twilio", own_of("twilio", server.port))
    house.spin(gateway.send(outgoing(f"{NUMBER}0000", "您好 & 再见")))
    seen = json.loads(server.line())
    assert seen["url"] == "/2010-04-01/Accounts/AC1/Messages.json"
    assert seen["body"] == {
        "To": f"{NUMBER}0000",
        "Body": "您好 & 再见",
        "From": "+1555",
        "StatusCallback": "http://sms.test/main/s3cret/receipts",
    }
    assert seen["headers"]["authorization"].startswith("Basic ")


def test_nobody_there_is_busy_and_surely_not_sent(house: House) -> None:
    port = house.spin.reactor.listenTCP(0, Factory(), interface="127.0.0.1")
    number = port.getHost().port

    async def closed() -> None:
        await port.stopListening()

    house.spin(closed())
    gateway = house.gateway("twilio", own_of("twilio", number))
    with pytest.raises(Busy):
        house.spin(gateway.send(outgoing(f"{NUMBER}0000")))


def test_pushes_need_the_token_and_are_stored_before_they_are_answered(house: House) -> None:
    own = HttpSettings(
        url="http://127.0.0.1/x", fields={},
        receipts=PushSettings(id="id", state="st", answer="OK!"),
        replies=PushSettings(number="from", text="text", id="mo"),
    )  # fmt: skip
    house.gateway("http", own)
    house.door.listen(0)
    good = "/main/s3cret/receipts"
    for path in ("/", "/main", "/main/wrong/receipts", "/main//receipts", "/other/s3cret/receipts",
                 "/main/s3cret/else", "/main/s3cret/receipts/more"):  # fmt: skip
        assert house.push(path, json={"id": "1", "st": "DELIVRD"})[0] == 404
    assert house.push(good, "PUT", json={})[0] == 404
    assert house.ear.receipts == []
    house.ear.fails = 1
    assert house.push(good, json={"id": "1", "st": "DELIVRD"})[0] == 503
    assert house.push(good, json={"id": "1", "st": "DELIVRD"}) == (200, "OK!")
    assert house.push(good + "?id=2&st=UNDELIV", "GET") == (200, "OK!")
    assert house.ear.receipts == [
        Receipt("1", Fate.DELIVERED),
        Receipt("2", Fate.FAILED, "UNDELIV"),
    ]
    form = {"from": "8613811112222", "text": "退订 TD", "mo": "m1"}
    assert house.push("/main/s3cret/replies", data=form) == (200, "ok")
    assert house.ear.replies == [Reply("+8613811112222", "退订 TD", "", "m1")]
    assert house.push(good, data=b"{")[0] == 400


def test_a_push_that_is_too_big_is_cut_off(house: House) -> None:
    house.gateway("kannel", KannelSettings(url="http://k/x", user="u", password=Secret("p")))
    house.door.listen(0)
    with pytest.raises((ResponseFailed, RequestTransmissionFailed)):
        house.push("/main/s3cret/receipts", data=b"x" * (2 << 20))


def test_a_forged_push_of_twilio_is_refused(house: House) -> None:
    house.gateway("twilio", own_of("twilio", 1))
    house.door.listen(0)
    form = {"From": f"{NUMBER}0001", "To": "+1555", "Body": "STOP", "MessageSid": "SM1"}
    path = "/main/s3cret/replies"
    assert house.push(path, data=form)[0] == 403
    right = twilio.signature("t", f"http://sms.test{path}", form)
    assert house.push(path, data=form, headers={"X-Twilio-Signature": right})[0] == 200
    assert [one.text for one in house.ear.replies] == ["STOP"]


def test_nothing_listens_without_a_port_or_a_token(house: House) -> None:
    silent = Webhooks(house.core, WebhookSettings())
    house.spin(silent.start())
    assert silent.address("main", "s3cret", "receipts") == ""
    assert house.door.address("main", "", "receipts") == ""
