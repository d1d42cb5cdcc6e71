from datetime import UTC, datetime
from typing import Any

import pytest

from withallo_client import (
    CallAnsweredData,
    CallCompletedData,
    CallRingingData,
    ContactData,
    InvalidWebhookPayloadError,
    SmsData,
    WebhookEvent,
)

V1_CALL = {
    "id": "call_1",
    "start_date": "2026-03-02T09:15:00",
    "recording_url": None,
    "from_number": "anonymous",
    "from_name": None,
    "to": "+14155550100",
    "length_in_minutes": 4.2,
    "length": "4m 12s",
    "tag": "vip",
    "one_sentence_summary": "A quote.",
    "transcriptions": [{"source": "EXTERNAL", "time": "2026-03-02T09:15:03", "text": "Hello"}],
    "data_collected": {"budget": "null"},
    "ivr_result": [{"dtmf_key": None, "text_key": "sales"}],
    "type": "INBOUND",
    "result": "ANSWERED",
    "transfer_to": {"number": "+14155550199"},
}
OLD_V1_CALL = {
    "id": "call_1",
    "startDate": "2026-03-02T09:15:00",
    "fromNumber": "+14155550177",
    "toNumber": "+14155550100",
    "lengthInMinutes": 4.2,
    "oneSentenceSummary": "A quote.",
    "type": "INBOUND",
}
V2_CALL = {
    "id": "cll_1",
    "start_date": "2026-03-02T09:15:00Z",
    "from_number": "+14155550177",
    "to": "+14155550100",
    "length_in_minutes": 4.2,
    "tags": ["vip"],
    "one_sentence_summary": "A quote.",
    "type": "INBOUND",
    "person": {"id": "con_1", "name": "Marie", "numbers": None, "favourite_colour": "blue"},
}
RINGING = {"from_number": "+14155550177", "to_number": "+14155550100", "started_at": "2026-03-02T09:15:00Z"}
SMS = {
    "id": "msg_1",
    "direction": "INBOUND",
    "type": "SMS",
    "content": "Hi",
    "sent_at": "2026-03-02T09:15:00Z",
    "from_number": "+14155550177",
    "to_number": "+14155550100",
}
CONTACT = {"id": "cnt_1", "name": "Marie", "company": "Lumen", "emails": ["m@lumen.fr"], "numbers": None}


def event(topic: str, data: dict[str, Any]) -> WebhookEvent:
    return WebhookEvent.read({"topic": topic, "data": data})


@pytest.mark.parametrize("data", [V1_CALL, OLD_V1_CALL, V2_CALL])
def test_a_call_that_is_over_reads_alike_in_every_dialect(data: dict[str, Any]) -> None:
    call = event("call.completed" if data is V2_CALL else "CALL_RECEIVED", data).typed()

    assert isinstance(call, CallCompletedData)
    assert (call.to_number, call.direction, call.length_in_minutes) == ("+14155550100", "INBOUND", 4.2)
    assert call.one_sentence_summary == "A quote."
    assert call.start_date == datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


def test_a_transcript_and_a_person_come_along() -> None:
    first, second = event("CALL_RECEIVED", V1_CALL).typed(), event("call.completed", V2_CALL).typed()

    assert isinstance(first, CallCompletedData)
    assert first.transcript is not None
    assert first.transcript[0].text == "Hello"
    assert isinstance(second, CallCompletedData)
    assert second.person is not None
    assert (second.person.name, second.person.numbers) == ("Marie", ())


@pytest.mark.parametrize("topic", ["call.received", "call.triggered"])
def test_a_ringing_call_has_no_id(topic: str) -> None:
    ringing = event(topic, {**RINGING, "company": None, "deals": [{"id": "dea_1"}]}).typed()

    assert type(ringing) is CallRingingData
    assert (ringing.from_number, ringing.person) == ("+14155550177", None)


def test_an_answered_call_says_when() -> None:
    answered = event(
        "call.answered", {**RINGING, "direction": "INBOUND", "answered_at": "2026-03-02T09:15:07Z"}
    ).typed()

    assert isinstance(answered, CallAnsweredData)
    assert answered.answered_at == datetime(2026, 3, 2, 9, 15, 7, tzinfo=UTC)


@pytest.mark.parametrize("topic", ["sms.received", "sms.sent", "SMS_RECEIVED", "SMS_SENT"])
def test_a_text_reads_alike_in_both_dialects(topic: str) -> None:
    sms = event(topic, SMS).typed()

    assert isinstance(sms, SmsData)
    assert (sms.content, sms.direction, sms.from_number) == ("Hi", "INBOUND", "+14155550177")


@pytest.mark.parametrize("topic", ["contact.created", "contact.updated", "CONTACT_CREATED", "CONTACT_UPDATED"])
@pytest.mark.parametrize("company", ["Lumen", {"id": "com_1", "name": "Lumen"}])
def test_a_contact_reads_alike_whether_its_company_is_a_name_or_an_object(topic: str, company: Any) -> None:
    contact = event(topic, {**CONTACT, "company": company}).typed()

    assert isinstance(contact, ContactData)
    assert contact.company is not None
    assert (contact.company.name, contact.numbers) == ("Lumen", ())


def test_an_event_keeps_all_but_a_time_or_a_length_that_is_none() -> None:
    data = {
        "id": "cll_1",
        "start_date": "soon",
        "length_in_minutes": "nan",
        "tags": [None, "vip"],
        "transcriptions": None,
    }

    call = event("call.completed", data).typed()

    assert isinstance(call, CallCompletedData)
    assert (call.id, call.start_date, call.length_in_minutes, call.tags) == ("cll_1", None, None, ("vip",))


@pytest.mark.parametrize("topic", ["PING", "thread.created", "tag.added", "topic.of.tomorrow"])
def test_an_unknown_topic_is_an_event_without_a_model(topic: str) -> None:
    unknown = event(topic, {"anything": [1, 2]})

    assert unknown.typed() is None
    assert unknown.data == {"anything": [1, 2]}
    about = (unknown.is_call(), unknown.is_sms(), unknown.is_contact_created(), unknown.is_contact_updated())
    assert not any(about)


def test_known_topics_know_what_they_are_about() -> None:
    calls = ("call.received", "call.triggered", "call.answered", "call.completed", "CALL_RECEIVED")
    texts = ("sms.received", "sms.sent", "SMS_RECEIVED", "SMS_SENT")
    assert all(event(topic, {}).is_call() and not event(topic, {}).is_sms() for topic in calls)
    assert all(event(topic, {}).is_sms() and not event(topic, {}).is_call() for topic in texts)
    assert event("contact.created", {}).is_contact_created()
    assert event("CONTACT_CREATED", {}).is_contact_created()
    assert event("contact.updated", {}).is_contact_updated()
    assert event("CONTACT_UPDATED", {}).is_contact_updated()
    assert not event("contact.updated", {}).is_contact_created()


@pytest.mark.parametrize("data", [{"to": {"number": 1}}, {"transcriptions": "Hello"}])
def test_a_known_topic_with_wrong_types_keeps_its_data_and_refuses_a_model(data: dict[str, Any]) -> None:
    broken = event("call.completed", data)

    assert broken.data == data
    with pytest.raises(InvalidWebhookPayloadError) as caught:
        broken.typed()
    assert next(iter(data)) in str(caught.value)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("from_number", "anonymous"),
        ("transcriptions.0.text", "Hello"),
        ("transfer_to.number", "+14155550199"),
        ("transcriptions.1.text", "none"),
        ("transcriptions.-1.text", "none"),
        ("transcriptions.text", "none"),
        ("from_number.0", "none"),
        ("from_name", None),
        ("nothing.at.all", "none"),
        ("", "none"),
        ("transcriptions.²", "none"),
        ("transcriptions.99999999999999999999", "none"),
        ("transcriptions.0000000005", "none"),
        pytest.param(f"transcriptions.{'9' * 5000}", "none", id="long"),
    ],
)
def test_members_are_found_by_dotted_path(path: str, expected: Any) -> None:
    assert event("CALL_RECEIVED", V1_CALL).get(path, "none") == expected


def test_the_time_of_a_v2_event_is_read_and_an_odd_one_does_not_matter() -> None:
    body = {"topic": "sms.sent", "version": "2.0", "timestamp": "2026-03-02T09:15:00Z", "data": {}}

    assert WebhookEvent.read(body).timestamp == datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
    assert WebhookEvent.read({**body, "timestamp": ["soon"]}).timestamp is None
    assert WebhookEvent.read({**body, "timestamp": "0001-01-01T00:00:00+14:00"}).timestamp is None
    assert WebhookEvent.read(body).raw == body
