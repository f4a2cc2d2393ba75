"""Settings for people: each with its meaning and what it is now, and no secret among them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen
from tests.core.plugins.conftest import House

from careline.config import Secret
from careline.plugins.options import MASKED, Option, in_code, options_of


@frozen
class Gateway:
    """``url`` is where it is."""

    url: str
    password: Secret | None = None


@frozen
class Config:
    """``gateways`` are tried in order."""

    keep_days: int = 30
    """Days until all is forgotten."""
    token: str = ""
    folder: Path | None = None
    gateways: tuple[Gateway, ...] = ()
    named: Mapping[str, Gateway] = field(factory=dict)


def settings(*now: Config) -> dict[str, Option]:
    return {f"{one.table}.{one.key}": one for one in options_of(Config, "plugin.x", now)}


def test_each_table_of_a_list_has_its_values() -> None:
    two = (Gateway("https://one/"), Gateway("https://two/"))
    found = settings(Config(keep_days=7, gateways=two))
    assert found["plugin.x.keep_days"].values == ("7",)
    assert found["plugin.x.folder"].values == ("",)
    assert found["[plugin.x.gateways].url"].values == ('"https://one/"', '"https://two/"')
    assert found["plugin.x.named.NAME.url"].values == ()
    assert settings()["plugin.x.keep_days"].values == ()
    assert in_code(Config)["keep_days"] == "Days until all is forgotten."


def test_no_secret_is_among_them() -> None:
    secret = Gateway("https://me:hidden@host/send?api_key=hidden&to=1", Secret("hidden"))
    found = settings(Config(token="hidden", gateways=(secret,)))
    values = [value for one in found.values() for value in one.values]
    assert "hidden" not in " ".join(values)
    assert found["plugin.x.token"].values == (MASKED,)
    assert found["[plugin.x.gateways].password_file"].values == (MASKED,)
    assert f"//{MASKED}@host/send?api_key={MASKED}&to=1" in values[3]


def test_a_running_core_tells_them_of_its_plugins(house: House) -> None:
    plugins = house.plugins("his", more='[plugin.his]\nforbidden = "999"\n')
    assert [one.values for one in plugins.options("his")] == [('"999"',)]
    assert plugins.options("nothing") == ()


def test_a_table_that_is_wrong_has_its_meanings_still(house: House) -> None:
    plugins = house.plugins("his", more="[plugin.his]\nforbidden = 7\n")
    assert [(one.key, one.values) for one in plugins.options("his")] == [("forbidden", ())]
