from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from careline.asterisk.layout import Tree
from careline.demo.phone import Phone, Tone
from careline.testing import Spinner
from careline.testing.asterisk import (
    PHONES,
    Network,
    RealAsterisk,
    default_files,
    phone_secret,
    start_asterisk,
)

DIALPLAN = """
[careline-inbound]
exten => echo,1,Answer()
 same => n,Echo()
exten => tone,1,Answer()
 same => n,PlayTones(1000)
 same => n,Wait(30)
exten => read,1,Answer()
 same => n,Read(DIGITS,,3,,1,5)
 same => n,SendDTMF(${DIGITS})
 same => n,Wait(5)
exten => early,1,Progress()
 same => n,PlayTones(1000)
 same => n,Wait(30)
exten => busy,1,Busy(3)
exten => bye,1,Answer()
 same => n,Wait(0.3)
exten => _2XXX,1,Dial(PJSIP/${EXTEN},10)

[careline-phones]
exten => _2XXX,1,Dial(PJSIP/${EXTEN},10,tT)
exten => conf,1,Answer()
 same => n,ConfBridge(one)
"""


@pytest.fixture(scope="session")
def phone_switch(
    asterisk_tree: Tree, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealAsterisk]:
    """An Asterisk whose dialplan has what a phone can be tried on."""
    network = Network()
    asterisk = start_asterisk(
        asterisk_tree,
        tmp_path_factory.mktemp("phones") / "instance",
        default_files(network, 1, DIALPLAN),
        network=network,
    )
    yield asterisk
    asterisk.stop()
    assert asterisk.errors(allowed=["but target does not exist"]) == []


@pytest.fixture
def make_phone(spin: Spinner, phone_switch: RealAsterisk) -> Iterator[Callable[..., Phone]]:
    """Make open phones: "2001" registers with its secret, any other number calls over the trunk."""
    phones: list[Phone] = []

    def make(user: str, tone: int = 440, **options: Any) -> Phone:
        agent = user in PHONES
        host = phone_switch.network.host(10 + len(phones)) if agent else phone_switch.network.trunk
        password = phone_secret(user) if agent else ""
        phone = Phone(
            spin.reactor,
            phone_switch.sip,
            user,
            password,
            host=host,
            voice=Tone(tone),
            **options,
        )
        phones.append(phone.open())
        return phone

    yield make
    for phone in phones:
        spin(phone.close())
