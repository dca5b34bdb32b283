"""Alerts carry CloudEvents attributes in their Kafka headers."""

from schemas.cloud_event import headers
from tests.samples import alert


def test_headers_are_those_of_cloud_events_binary_mode() -> None:
    sent = alert()
    assert dict(headers(sent)) == {
        "ce_specversion": b"1.0",
        "ce_id": f"{sent.alert_id}:1".encode(),
        "ce_source": b"/dealerwatch",
        "ce_type": b"dealerwatch.alert.v1",
        "ce_subject": b"dealer/16029",
        "ce_time": b"2011-10-03T00:00:00Z",
        "content-type": b"application/json",
    }
