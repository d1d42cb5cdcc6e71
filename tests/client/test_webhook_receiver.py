import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from withallo_client import (
    InvalidWebhookPayloadError,
    WebhookEvent,
    WebhookReceiver,
    WebhookSignatureError,
    verify_signature,
)

KEY = b"a signing key of the test"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
OTHER = "whsec_" + base64.b64encode(b"another signing key").decode()
NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
BODY = json.dumps({"topic": "sms.received", "data": {"content": "Ça va ?"}}, ensure_ascii=False).encode()


def sign(body: bytes = BODY, *, key: bytes = KEY, at: datetime = NOW, delivery: str = "msg_1") -> dict[str, str]:
    """Sign as section 7.4 of the contract says, independently of the package under test."""
    seconds = str(int(at.timestamp()))
    digest = hmac.new(key, f"{delivery}.{seconds}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": delivery,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def verify(headers: Mapping[str, str], *secrets: str | SecretStr, body: bytes = BODY) -> None:
    verify_signature(body, headers, secrets or (SECRET,), NOW)


def test_a_signed_delivery_passes() -> None:
    verify(sign())


def test_a_signed_delivery_passes_at_the_present_time() -> None:
    verify_signature(BODY, sign(at=datetime.now(UTC)), [SECRET])


def test_any_of_several_secrets_may_match() -> None:
    verify(sign(), OTHER, SECRET)
    verify(sign(), SecretStr(SECRET), OTHER)
    with pytest.raises(WebhookSignatureError):
        verify(sign(), OTHER)


def test_any_of_several_signatures_may_match() -> None:
    headers = sign()
    headers["webhook-signature"] = f"v1,AAAA v1a,xyz {headers['webhook-signature']} v2,zzz"
    verify(headers)


def test_a_secret_may_come_without_its_prefix_and_padding() -> None:
    verify(sign(), SECRET.removeprefix("whsec_"))
    verify(sign(), SECRET.rstrip("="))


@pytest.mark.parametrize("case", [str.upper, str.title, str.lower])
def test_header_names_come_in_any_case(case: Any) -> None:
    verify({case(name): value for name, value in sign().items()})


def test_header_names_of_svix_pass() -> None:
    verify({name.replace("webhook-", "svix-"): value for name, value in sign().items()})


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_five_minutes_either_way_pass(seconds: int) -> None:
    verify(sign(at=NOW + timedelta(seconds=seconds)))


@pytest.mark.parametrize("seconds", [-301, 301, 10**6])
def test_more_than_five_minutes_either_way_do_not(seconds: int) -> None:
    with pytest.raises(WebhookSignatureError, match="5 minutes"):
        verify(sign(at=NOW + timedelta(seconds=seconds)))


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", [None, "", "é", "\x00", "v1", "v1,", "v1,é", "v1,====", "1e9", "nan", "-1", "9" * 40])
def test_a_header_that_is_missing_or_wrong_does_not_pass(name: str, value: str | None) -> None:
    headers = {**sign(), name: value}
    if value is None:
        del headers[name]

    with pytest.raises(WebhookSignatureError):
        verify({key: text for key, text in headers.items() if text is not None})


@pytest.mark.parametrize("written", ["0{}", "+{}", " 0{}", "{}.0", "{}e0", "{}_0"])
def test_a_timestamp_has_one_spelling(written: str) -> None:
    headers = sign()
    headers["webhook-timestamp"] = written.format(headers["webhook-timestamp"])

    with pytest.raises(WebhookSignatureError):
        verify(headers)


def test_a_changed_body_id_or_time_does_not_pass() -> None:
    with pytest.raises(WebhookSignatureError):
        verify(sign(), body=BODY + b" ")
    with pytest.raises(WebhookSignatureError):
        verify({**sign(), "webhook-id": "msg_2"})
    with pytest.raises(WebhookSignatureError):
        verify({**sign(), "webhook-timestamp": str(int(NOW.timestamp()) + 1)})


def test_no_secret_means_no_proof() -> None:
    with pytest.raises(WebhookSignatureError):
        verify_signature(BODY, sign(), [], NOW)


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_=", "whsec_A", "whsec_é", "whsec_a b", "hunter2!", "whsec_AAA=A"]
)
def test_a_secret_that_is_none_is_refused_without_being_repeated(secret: str) -> None:
    with pytest.raises(WebhookSignatureError) as caught:
        verify(sign(), secret)
    with pytest.raises(WebhookSignatureError):
        WebhookReceiver([secret])

    assert secret in {"", "whsec_"} or secret not in str(caught.value)


HEADERS = st.dictionaries(
    st.sampled_from(["webhook-id", "Webhook-Timestamp", "webhook-signature", "svix-signature"]) | st.text(),
    st.text() | st.sampled_from(list(sign().values())) | st.text().map("v1,{}".format),
)


@given(raw=st.binary(), headers=HEADERS, secret=st.text() | st.just(SECRET))
def test_garbage_ends_in_one_of_two_errors(raw: bytes, headers: dict[str, str], secret: str) -> None:
    with pytest.raises((WebhookSignatureError, InvalidWebhookPayloadError)):
        verify_signature(raw, headers, [secret], NOW)


@given(raw=st.binary() | st.text())
def test_a_body_of_garbage_is_no_event(raw: bytes | str) -> None:
    with pytest.raises(InvalidWebhookPayloadError):
        WebhookReceiver().parse(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["topic", "data", "id", "to"]), inner),
    max_leaves=20,
)


@given(topic=st.sampled_from(["call.completed", "sms.received", "CONTACT_UPDATED", "x"]) | JSON, data=JSON)
def test_any_json_is_an_event_or_an_error_of_ours(topic: Any, data: Any) -> None:
    try:
        event = WebhookReceiver().parse(json.dumps({"topic": topic, "data": data}))
        event.get("id.0.x")
        event.typed()
    except InvalidWebhookPayloadError as error:
        told = str(error)
    else:
        told = event.topic

    assert told


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"topic": "x"}',
        b'{"topic": "x", "data": null}',
        b'{"topic": "x", "data": []}',
        b'{"topic": "", "data": {}}',
        b'{"topic": 5, "data": {}}',
        b'{"data": {}}',
        b'{"topic": "' + b"x" * 201 + b'", "data": {}}',
        b'{"topic": "x", "data": {"n": NaN}}',
        b'{"topic": "x", "data": {"n": -Infinity}}',
        b'{"topic": "x", "data": {"n": 1e999}}',
        b'{"topic": "x", "data": {"n": ' + b"9" * 5000 + b"}}",
        b'{"topic": "x", "data": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}",
        b"[" * 100_000,
        b'{"topic": "x", "data": {"s": "\xff"}}',
    ],
)
def test_a_malformed_body_is_an_error_of_ours(raw: bytes) -> None:
    with pytest.raises(InvalidWebhookPayloadError) as caught:
        WebhookReceiver().parse(raw)

    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("raw", "data"),
    [
        (b'{"topic": "x", "topic": "x", "data": {"a": 1, "a": 2}}', {"a": 2}),
        (b'{"topic": "x", "data": {"n": 123456789012345678901234567890}}', {"n": 123456789012345678901234567890}),
        (b'{"topic": "x", "data": {"s": "\\ud83d half"}}', {"s": "� half"}),
        (b'{"topic": "x", "data": {"s": "NaN Infinity 1e999"}}', {"s": "NaN Infinity 1e999"}),
        (b'{"topic": "x", "data": {"s": "a\\u0000b"}, "extra": true}', {"s": "a\x00b"}),
    ],
)
def test_an_odd_body_that_is_json_is_not_lost(raw: bytes, data: dict[str, Any]) -> None:
    event = WebhookReceiver().parse(raw)

    assert event.data == data
    json.dumps(dict(event.raw), ensure_ascii=False, allow_nan=False).encode()


@pytest.mark.anyio
async def test_handlers_of_the_topic_run_in_order_and_then_those_of_every_topic() -> None:
    receiver = WebhookReceiver([SECRET], now=lambda: NOW)
    ran: list[tuple[str, str | None]] = []

    def note(name: str) -> Any:
        async def handler(event: WebhookEvent) -> None:
            ran.append((name, event.event_id))

        return handler

    receiver.on("*", note("all"))
    receiver.on("sms.received", note("first"))
    receiver.on("sms.received", note("second"))
    receiver.on("call.completed", note("other"))

    event = await receiver.handle(BODY, sign())

    assert ran == [("first", "msg_1"), ("second", "msg_1"), ("all", "msg_1")]
    assert event.get("content") == "Ça va ?"


@pytest.mark.anyio
async def test_a_forged_delivery_reaches_no_handler() -> None:
    receiver = WebhookReceiver([SECRET, OTHER], now=lambda: NOW)

    async def never(event: WebhookEvent) -> None:
        raise AssertionError

    receiver.on("*", never)

    with pytest.raises(WebhookSignatureError):
        await receiver.handle(BODY, sign(key=b"forged"))
    with pytest.raises(WebhookSignatureError):
        await receiver.handle(BODY, {})
    with pytest.raises(InvalidWebhookPayloadError):
        await receiver.handle(b"\xff", sign(b"\xff"))
    with pytest.raises(InvalidWebhookPayloadError):
        await receiver.handle(b"[]", sign(b"[]"))


@pytest.mark.anyio
async def test_an_unsigned_v1_delivery_is_taken_when_there_is_no_secret() -> None:
    event = await WebhookReceiver().handle(b'{"topic": "CALL_RECEIVED", "data": {"id": "call_1"}}', {})

    assert event.is_call()
    assert event.event_id is None


@pytest.mark.anyio
async def test_an_error_of_a_handler_is_the_callers() -> None:
    async def fail(event: WebhookEvent) -> None:
        raise LookupError(event.topic)

    receiver = WebhookReceiver()
    receiver.on("PING", fail)

    with pytest.raises(LookupError):
        await receiver.handle(b'{"topic": "PING", "data": {}}', {})


def test_secrets_of_a_receiver_do_not_show() -> None:
    receiver = WebhookReceiver([SECRET])

    assert SECRET not in repr(receiver)
    assert SECRET not in repr(vars(receiver))
