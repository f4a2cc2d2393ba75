"""What patients are sent is nobody else's to read on its way."""

from __future__ import annotations

import pytest
from attrs import field, frozen

from careline.config import public_address
from careline.errors import Invalid


@frozen
class Given:
    url: str = field(validator=public_address)


@pytest.mark.parametrize(
    "url",
    [
        *("", "https://call.hospital.example", "https://hospital.example/call"),
        *("http://127.0.0.1:8800", "http://localhost", "http://[::1]:8800/x"),
    ],
)
def test_links_go_over_tls_or_stay_on_this_machine(url: str) -> None:
    assert Given(url).url == url


@pytest.mark.parametrize(
    "url",
    [
        *("http://call.hospital.example", "http://127.0.0.1.evil.example", "http://localhost@x"),
        *("https://call.hospital.example/", "https://x?y", "call.hospital.example"),
    ],
)
def test_others_are_refused(url: str) -> None:
    with pytest.raises(Invalid, match="https://"):
        Given(url)
