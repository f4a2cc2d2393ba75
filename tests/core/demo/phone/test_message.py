from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careline.demo.phone import sdp
from careline.demo.phone.digest import authorization, parse_challenge
from careline.demo.phone.message import (
    Request,
    Response,
    SipSyntaxError,
    host_of,
    parameter,
    parse,
    response_to,
    uri_of,
    user_of,
)

INVITE = (
    b"INVITE sip:2001@127.0.0.1 SIP/2.0\r\n"
    b"v: SIP/2.0/UDP 127.0.0.2:5060;branch=z9hG4bKa\r\n"
    b"Via: SIP/2.0/UDP 127.0.0.3;branch=z9hG4bKb\r\n"
    b'f: "\xce\xfd" <sip:138@127.0.0.2;user=phone>;tag=x1\r\n'
    b"t: <sip:2001@127.0.0.1>\r\ni: abc\r\nCSeq: 7 INVITE\r\n"
    b"Subject: folded\r\n  line\r\nl: 4\r\n\r\nv=0\nrest"
)


def test_compact_repeated_and_folded_headers() -> None:
    message = parse(INVITE)
    assert isinstance(message, Request)
    assert (message.method, message.uri, message.body) == (
        "INVITE",
        "sip:2001@127.0.0.1",
        "v=0\n",
    )
    assert [via[-1] for via in message.getall("via")] == ["a", "b"]
    assert (message.call_id, message.cseq, message.branch) == ("abc", (7, "INVITE"), "z9hG4bKa")
    assert message.get("subject") == "folded line"
    assert user_of(message.get("From")) == "138"
    assert parameter(message.get("From"), "tag") == "x1"
    assert parameter(message.get("From"), "user") == ""


def test_what_is_encoded_is_parsed_again() -> None:
    request = Request(
        "INFO", "sip:a@b", headers=(("Via", "x;branch=1"), ("To", "<sip:c@d>")), body="é"
    )
    assert parse(request.encode()) == request
    answer = response_to(request, 180, tag="t1")
    assert parse(answer.encode()) == Response(180, "Ringing", headers=answer.headers)
    assert answer.get("To") == "<sip:c@d>;tag=t1"


@given(st.binary(max_size=200))
def test_no_datagram_does_harm(datagram: bytes) -> None:
    try:
        parse(datagram)
        parse(b"OPTIONS sip:a SIP/2.0\r\n" + datagram)
    except SipSyntaxError:
        pass


def test_addresses() -> None:
    assert uri_of("sip:a@b;tag=1") == "sip:a@b"
    assert host_of("sip:a@127.0.0.1:5070;lr") == ("127.0.0.1", 5070)
    assert host_of("sip:127.0.0.1") == ("127.0.0.1", 5060)
    with pytest.raises(SipSyntaxError):
        host_of("tel:138")


def test_digest_of_rfc_2617() -> None:
    """The example of RFC 2617, 3.5."""
    challenge = (
        'Digest realm="testrealm@host.com", qop="auth,auth-int", '
        'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    answer = authorization(
        challenge, "Mufasa", "Circle Of Life", "GET", "/dir/index.html", cnonce="0a4f113b"
    )
    assert 'response="6629fae49393a05397450978507c4ef1"' in answer
    assert parse_challenge(answer)["opaque"] == "5ccc069c403ebaf9f0171e9517f40e41"


def test_digest_of_rfc_7616_sha256() -> None:
    """The example of RFC 7616, 3.9.1."""
    challenge = (
        'Digest realm="http-auth@example.org", qop="auth", algorithm=SHA-256, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"'
    )
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    answer = authorization(challenge, "Mufasa", "Circle of Life", "GET", "/dir/index.html", cnonce)
    assert "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1" in answer


def test_digest_refuses_what_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="MD6"):
        authorization('Digest realm="r", nonce="n", algorithm=MD6', "u", "p", "GET", "/")


def test_session_descriptions() -> None:
    ours = sdp.parse(sdp.describe("127.0.0.1", 4000, 1, "sendonly"))
    assert ours == sdp.Media("127.0.0.1", 4000, "sendonly", 101, pcmu=True)
    assert not ours.wants_audio
    theirs = sdp.parse(
        "v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 9 RTP/AVP 8 96\r\nc=IN IP4 10.0.0.2\r\n"
        "a=rtpmap:96 telephone-event/8000\r\n"
    )
    assert theirs == sdp.Media("10.0.0.2", 9, "sendrecv", 96, pcmu=False)
    assert sdp.parse("") is None
