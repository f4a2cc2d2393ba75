"""Tables of gateways: the documentation's are right, and wrong ones say where and why."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import fields
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.config import Reader
from careline.errors import Invalid
from careline_sms.gateways.build import Webhooks, build_gateway
from careline_sms.gateways.cmpp.settings import CmppSettings
from careline_sms.gateways.gammu.settings import GammuSettings
from careline_sms.gateways.http.settings import HttpSettings
from careline_sms.gateways.settings import KINDS, GatewaySettings, WebhookSettings
from careline_sms.gateways.smpp.settings import SmppSettings

PAGE = Path(__file__).parents[4] / "docs/en/plugins/sms-gateways.md"


def documented() -> dict[str, Any]:
    blocks = PAGE.read_text(encoding="utf-8").split("```toml")[1:]
    tables = [tomllib.loads(block.split("```")[0])["plugin"]["sms"] for block in blocks]
    return {**tables[0], "gateway": {**tables[0]["gateway"], **tables[1]["gateway"]}}


def read(table: dict[str, Any], base: Path) -> tuple[GatewaySettings | None, str]:
    reader = Reader(base, {})
    found = reader.read(table, GatewaySettings, ("plugin", "sms", "gateway", "x"))
    return found, "\n".join(str(one) for one in reader.problems)


def test_all_that_is_documented_can_be_read_and_built(tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    (tmp_path / "secrets").mkdir()
    for name in re.findall(r'_file = "secrets/([\w-]+)"', text):
        (tmp_path / "secrets" / name).write_text("hush\n")
    core: Any = SimpleNamespace(
        reactor=None, clock=Clock(FakeClock()), tasks=None, in_thread=None, campuses=None
    )
    webhooks = Webhooks(core, WebhookSettings(**documented()["webhooks"]))
    kinds = set()
    for name, table in documented()["gateway"].items():
        settings, problems = read(table, tmp_path)
        assert settings is not None, problems
        kinds.add(settings.kind)
        assert "hush" not in repr(settings)
        gateway = build_gateway(core, name, settings, webhooks)
        assert gateway.name == name
        assert gateway.room >= 1
        assert not gateway.takes_key
        assert "hush" not in repr(gateway)
    assert kinds == set(KINDS) - {"console"}


def test_what_is_documented_as_usual_is() -> None:
    local = documented()["gateway"]["local"]["http"]
    for table, cls, names in (
        (documented()["gateway"]["center"]["smpp"], SmppSettings,
         ("port", "tls", "bind", "connections", "alphabet", "receipt_ids", "window", "answer_s",
          "ping_s")),
        (documented()["gateway"]["mobile"]["cmpp"], CmppSettings,
         ("port", "version", "alphabet", "window")),
        (local, HttpSettings, ("method", "charset", "time_format", "takes_key")),
    ):  # fmt: skip
        defaults = {one.name: one.default for one in fields(cls)}
        assert {name: table[name] for name in names} == {name: defaults[name] for name in names}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"kind": "pigeon"}, "plugin.sms.gateway.x.kind: must be one of"),
        ({"kind": "smpp"}, "plugin.sms.gateway.x.smpp: missing"),
        ({"kind": "smpp", "smpp": {"host": "h", "system_id": "s"}},
         "plugin.sms.gateway.x.smpp.password: missing; set"),
        ({"kind": "smpp", "smpp": {"host": "h", "system_id": "s", "password": "inline"}},
         "a secret does not belong in this file"),
        ({"kind": "cmpp", "cmpp": {"host": "h", "sp_id": "1234567", "source": "10a"}},
         "plugin.sms.gateway.x.cmpp.sp_id: must be 1 to 6 ASCII characters"),
        ({"kind": "http", "http": {"url": "ftp://x", "fields": {}}},
         "plugin.sms.gateway.x.http.url: must be an address"),
        ({"kind": "console", "per_secnd": 1}, "did you mean per_second"),
    ],
)  # fmt: skip
def test_wrong_tables_say_where_and_why(table: dict[str, Any], said: str, tmp_path: Path) -> None:
    found, problems = read(table, tmp_path)
    assert found is None
    assert said in problems
    assert "inline" not in problems.replace("inline in", "")


def test_folders_of_a_modem_have_to_be_named() -> None:
    with pytest.raises(TypeError):
        GammuSettings()  # type: ignore[call-arg]
    with pytest.raises(Invalid):
        WebhookSettings(public_url="https://x/")
