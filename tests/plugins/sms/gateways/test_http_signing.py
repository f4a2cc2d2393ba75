"""Signatures by the examples that Aliyun, Tencent and Twilio publish; what requests hold."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from OpenSSL import SSL
from service_identity import VerificationError
from tests.plugins.sms.gateways.scene import outgoing
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure
from twisted.web.client import ResponseNeverReceived

from careline.config import Secret
from careline.errors import Invalid, Refused
from careline.messaging.gateway import NOT_TAKEN, Fate, Rejected, Uncertain
from careline_sms.gateways.http import aliyun, tencent, twilio
from careline_sms.gateways.http.asking import Answer, is_insecure
from careline_sms.gateways.http.generic import Generic
from careline_sms.gateways.http.kannel import Kannel
from careline_sms.gateways.http.provider import Push, Receipt
from careline_sms.gateways.http.settings import (
    AliyunSettings,
    HttpSettings,
    KannelSettings,
    PushSettings,
    TencentSettings,
    TencentTemplate,
    TwilioSettings,
)

NOW = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
TO = "+8613811112222"


def test_aliyuns_published_example() -> None:
    """help.aliyun.com, "V3 request structure and signature", the fixed parameters."""
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    query = aliyun.canonical_query(
        {
            "RegionId": "cn-shanghai",
            "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
        }
    )
    header = aliyun.authorization("YourAccessKeyId", "YourAccessKeySecret", "POST", query, headers)
    assert header.endswith(
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_tencents_published_example() -> None:
    """cloud.tencent.com, "Signature v3", DescribeInstances of cvm."""
    data = (
        b'{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}'
    )
    header = tencent.authorization(
        "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
        "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
        "cvm",
        "cvm.tencentcloudapi.com",
        data,
        datetime.fromtimestamp(1551113065, UTC),
    )
    assert header.endswith(
        "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )


def test_twilios_published_example() -> None:
    """twilio.com, "Validating requests"."""
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert twilio.signature("12345", url, form) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_aliyun_takes_templates_only_and_values_are_json() -> None:
    settings = AliyunSettings(
        access_key="k", secret=Secret("s"), templates={"visit": "SMS_1", "visit.en": "SMS_2"}
    )
    provider = aliyun.Aliyun(settings, lambda: NOW, lambda: "nonce")
    message = outgoing(TO, template="visit", values={"name": '张"玘&'}, signature="市一医院")
    query = dict(parse_qsl(urlsplit(provider.request(message).url).query))
    assert query["TemplateCode"] == "SMS_1"
    assert json.loads(query["TemplateParam"]) == {"name": '张"玘&'}
    assert (query["SignName"], query["PhoneNumbers"], query["OutId"]) == (
        "市一医院",
        "13811112222",
        "7",
    )
    english = outgoing(TO, template="visit", language="en")
    assert "SMS_2" in provider.request(english).url
    for wrong in (outgoing(TO), outgoing(TO, template="other")):
        with pytest.raises(Rejected) as rejected:
            provider.request(wrong)
        assert (rejected.value.code, rejected.value.other_gateway) == ("no_template", True)


def test_tencents_values_are_by_position() -> None:
    settings = TencentSettings(
        secret_id="i",
        secret_key=Secret("s"),
        app_id="1400",
        templates={"visit": TencentTemplate(id="99", values=("time", "name"))},
    )
    request = tencent.Tencent(settings, lambda: NOW).request(
        outgoing(TO, template="visit", values={"name": "张玘", "time": "8:00"})
    )
    body = json.loads(request.data)
    assert body["TemplateParamSet"] == ["8:00", "张玘"]
    assert body["PhoneNumberSet"] == [TO]
    assert request.headers["X-TC-Timestamp"] == str(int(NOW.timestamp()))


def generic(**more: object) -> Generic:
    given = {"url": "http://127.0.0.1/send", "fields": {"mobile": "{to}", "msg": "{text}"}, **more}
    china = timezone(timedelta(hours=8))
    return Generic(HttpSettings(**given), lambda: NOW.astimezone(china))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "right"),
    [
        ("md5", hashlib.md5(b"u20261123090203s").hexdigest()),  # noqa: S324
        ("hmac-sha256", hmac.new(b"s", b"u20261123090203s", hashlib.sha256).hexdigest()),
    ],
)
def test_a_sign_by_configuration(kind: str, right: str) -> None:
    provider = generic(
        user="u", secret=Secret("s"), sign="{user}{time}{secret}", sign_hash=kind, sign_upper=True,
        fields={"mobile": "{to}", "sign": "{sign}", "t": "{time}"},
    )  # fmt: skip
    fields = parse_qs(provider.request(outgoing(TO)).data.decode())
    assert fields == {"mobile": ["13811112222"], "sign": [right.upper()], "t": ["20261123090203"]}


def test_a_sign_over_all_fields_in_order() -> None:
    provider = generic(
        secret=Secret("s"), sign="{sorted}&key={secret}", sign_hash="sha256", time_format="unix",
        fields={"to": "{e164}", "at": "{time}", "sign": "{sign}"},
    )  # fmt: skip
    fields = dict(parse_qsl(provider.request(outgoing(TO)).data.decode()))
    whole = f"at={int(NOW.timestamp())}&to={TO}&key=s"
    assert fields["sign"] == hashlib.sha256(whole.encode()).hexdigest()


def test_hostile_texts_fill_no_places_and_end_no_headers() -> None:
    provider = generic(
        secret=Secret("hush"),
        fields={"msg": "{text}"},
        headers={"X-Name": "{value.name}"},
        body="json",
    )
    text = '{secret}","x":"1\r\n😀'
    request = provider.request(outgoing(TO, text, values={"name": "a\r\nX-Evil: 1"}))
    assert json.loads(request.data) == {"msg": text}
    assert request.headers["X-Name"] == "a  X-Evil: 1"


def test_an_answer_that_is_listed_nowhere_is_uncertain_when_the_status_is_good() -> None:
    provider = generic(answer="code", ok=("0",), refused=("8",), wrong_numbers=("7",))
    message = outgoing(TO)
    with pytest.raises(Uncertain):
        provider.read(message, Answer(200, b'{"code": "00"}'))
    for status, code, told in ((200, "8", "8"), (400, "9", "9"), (200, "7", NOT_TAKEN)):
        with pytest.raises(Rejected) as rejected:
            provider.read(message, Answer(status, json.dumps({"code": code}).encode()))
        assert (rejected.value.code, rejected.value.other_gateway) == (told, True)


def test_who_is_not_who_he_should_be_was_sent_nothing() -> None:
    def broken(*errors: Exception) -> ResponseNeverReceived:
        return ResponseNeverReceived([Failure(one) for one in errors])  # type: ignore[no-untyped-call]  # Twisted's

    expired = SSL.Error([("SSL routines", "", "certificate verify failed")])
    plain = SSL.Error([("SSL routines", "", "wrong version number")])
    for error in (expired, plain, VerificationError(errors=[])):
        assert is_insecure(broken(error))
    later = SSL.Error([("SSL routines", "", "decryption failed or bad record mac")])
    for left in (broken(later), broken(expired, ConnectionLost()), broken(), ConnectionLost()):
        assert not is_insecure(left)


def test_gbk_for_gateways_of_old() -> None:
    data = generic(charset="gbk").request(outgoing(TO, "张玘")).data
    assert b"msg=%D5%C5%AB%5E" in data


def test_settings_that_cannot_work_say_so() -> None:
    with pytest.raises(Invalid, match="belong together"):
        generic(sign="{user}")
    with pytest.raises(Invalid, match="no field holds"):
        generic(takes_key=True)
    with pytest.raises(Invalid, match="either source or service"):
        TwilioSettings(account="AC1", token=Secret("t"))


def test_pushes_by_paths() -> None:
    paths = PushSettings(
        list="reports", id="msg.id", state="stat", code="err", wrong_numbers=("MK:0001",)
    )
    provider = generic(receipts=paths)
    reports = [
        {"msg": {"id": 77}, "stat": "DELIVRD"},
        {"msg": {"id": "78"}, "stat": "UNDELIV", "err": "MK:0001"},
        {"msg": {"id": "79"}, "stat": "ACCEPTD"},
        {"nonsense": []},
    ]
    push = Push(kind="receipts", url="", query={}, data=json.dumps({"reports": reports}).encode())
    assert provider.pushed(push).found == [
        Receipt(reference="77", fate=Fate.DELIVERED),
        Receipt(reference="78", fate=Fate.FAILED, code="wrong_number"),
    ]
    for nonsense in (b'{"reports": [1, 2]}', b"[[]]", b"{", b"[" * 100_000):
        with pytest.raises(Invalid):
            provider.pushed(Push(kind="receipts", url="", query={}, data=nonsense))


def test_pushes_of_aliyun_tencent_and_kannel() -> None:
    ali = aliyun.Aliyun(
        AliyunSettings(access_key="k", secret=Secret("s"), templates={}), lambda: NOW
    )
    report = [
        {"phone_number": "13811112222", "success": True, "biz_id": "B1", "out_id": "7"},
        {"success": False, "biz_id": "B2", "err_code": "MOBILE_NOT_ON_SERVICE", "out_id": "x"},
        {"success": False, "biz_id": "B3", "err_code": "MK:0001"},
    ]
    found = ali.pushed(push_of("receipts", report)).found
    assert found == [
        Receipt(reference="B1", fate=Fate.DELIVERED, ours=7),
        Receipt(reference="B2", fate=Fate.FAILED, code="MOBILE_NOT_ON_SERVICE"),
        Receipt(reference="B3", fate=Fate.FAILED, code="MK:0001"),  # it may be switched off
    ]
    ten = tencent.Tencent(
        TencentSettings(secret_id="i", secret_key=Secret("s"), app_id="1", templates={}),
        lambda: NOW,
    )
    found = ten.pushed(
        push_of("receipts", [{"sid": "S1", "report_status": "FAIL", "errmsg": "MN:0174"}])
    ).found
    assert found == [Receipt(reference="S1", fate=Fate.FAILED, code="MN:0174")]
    reply = ten.pushed(
        push_of(
            "replies",
            {"mobile": "13811112222", "nationcode": "86", "text": "TD", "time": 1, "extend": "01"},
        )
    ).found[0]
    assert (reply.number, reply.text) == (TO, "TD")  # type: ignore[union-attr]
    kannel = Kannel(KannelSettings(url="http://k/cgi", user="u", password=Secret("p")), "http://us")
    query = {"ours": "7", "type": "1"}
    assert kannel.pushed(Push(kind="receipts", url="", query=query)).found == [
        Receipt(reference="", fate=Fate.DELIVERED, ours=7)
    ]
    for odd in ({"ours": "7", "type": "8"}, {"ours": "7' or 1", "type": "1"}, {}):
        assert kannel.pushed(Push(kind="receipts", url="", query=odd)).found == ()


def push_of(kind: str, value: object) -> Push:
    return Push(kind=kind, url="", query={}, data=json.dumps(value).encode())


def test_twilio_believes_signatures_only() -> None:
    provider = twilio.Twilio(TwilioSettings(account="AC1", token=Secret("t"), source="+1555"))
    url, form = "https://us/tw/x/receipts", {"MessageSid": "SM1", "MessageStatus": "delivered"}
    right = twilio.signature("t", url, form)
    push = Push(
        kind="receipts", url=url, query={}, form=form, headers={"x-twilio-signature": right}
    )
    assert provider.pushed(push).found == [Receipt(reference="SM1", fate=Fate.DELIVERED)]
    for wrong in (
        Push(kind="receipts", url=url, query={}, form=form),
        Push(kind="receipts", url=url + "?", query={}, form=form, headers=push.headers),
        Push(kind="receipts", url=url, query={}, form={**form, "MessageStatus": "failed"},
             headers=push.headers),
    ):  # fmt: skip
        with pytest.raises(Refused):
            provider.pushed(wrong)
