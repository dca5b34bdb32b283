"""One alert to one webhook: signed, retried within a deadline, against a real HTTP server."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from schemas.alert import encode
from schemas.settings import Webhook as WebhookSettings
from streams.errors import UsageError
from streams.notifying.delivery import Delivery, Outcome, Timing
from streams.notifying.receiver import MOST_BYTES, Receiver, sentence
from streams.notifying.webhook import (
    FIRST_PAUSE_S,
    LONGEST_PAUSE_S,
    Reply,
    Webhook,
    judge,
    pause,
    retry_after,
)
from tests.samples import alert

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
BODY = encode(alert())


class Scripted(Receiver):
    """Answers with the given statuses first, then as a good receiver does."""

    def __init__(self, *statuses: HTTPStatus, secret: str = SECRET) -> None:
        self.shown: list[dict[str, Any]] = []
        self.requests: list[Mapping[str, str]] = []
        self._statuses = list(statuses)
        super().__init__(secret, self.shown.append)

    def accept(self, headers: Mapping[str, str], body: bytes) -> HTTPStatus:
        self.requests.append(headers)
        return self._statuses.pop(0) if self._statuses else super().accept(headers, body)


class Hanging(Receiver):
    """Takes requests and does not answer until it is let go."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        super().__init__(SECRET, lambda _: None)

    def accept(self, headers: Mapping[str, str], body: bytes) -> HTTPStatus:
        self.let_go.wait(30)
        return super().accept(headers, body)


class PassingTime:
    """A clock that only moves while somebody sleeps."""

    def __init__(self) -> None:
        self.at = 0.0
        self.pauses: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.at += seconds
        self.pauses.append(seconds)

    def timing(self) -> Timing:
        return Timing(now=lambda: self.at, sleep=self.sleep, chance=random.Random(7))


def settings(url: str, deadline: str = "5m") -> WebhookSettings:
    return WebhookSettings.model_validate({"url": url, "secret": SECRET, "deadline": deadline})


def deliver(url: str, deadline: str = "5m", timing: Timing | None = None) -> Delivery:
    async def once() -> Delivery:
        async with Webhook(settings(url, deadline), timing or PassingTime().timing()) as webhook:
            return await webhook.deliver("a:1", BODY)

    return asyncio.run(once())


def test_alert_arrives_signed_and_whole() -> None:
    with Scripted() as receiver:
        delivery = deliver(receiver.url)
    assert (delivery.outcome, delivery.tries) == (Outcome.DELIVERED, 1)
    assert [shown["alert_id"] for shown in receiver.shown] == [alert().alert_id]
    assert receiver.requests[0]["webhook-id"] == "a:1"


@pytest.mark.parametrize("status", [500, 502, 503, 408, 425, 429])
def test_failure_that_may_pass_is_tried_again(status: int) -> None:
    with Scripted(HTTPStatus(status)) as receiver:
        delivery = deliver(receiver.url)
    assert (delivery.outcome, delivery.tries) == (Outcome.DELIVERED, 2)
    assert len(receiver.shown) == 1


@pytest.mark.parametrize("status", [400, 401, 404, 410, 301])
def test_refusal_is_not_tried_again(status: int) -> None:
    with Scripted(*[HTTPStatus(status)] * 5) as receiver:
        delivery = deliver(receiver.url)
    assert (delivery.outcome, delivery.tries) == (Outcome.REFUSED, 1)
    assert delivery.detail == f"status {status}"


def test_wrong_secret_is_refused_and_nothing_is_shown() -> None:
    with Scripted(secret=OTHER_SECRET) as receiver:
        assert deliver(receiver.url).outcome is Outcome.REFUSED
    assert receiver.shown == []


def test_receiver_that_is_down_is_tried_until_the_deadline() -> None:
    time = PassingTime()
    delivery = deliver("http://127.0.0.1:9/", "5m", time.timing())
    assert delivery.outcome is Outcome.TIMED_OUT
    assert 300 - LONGEST_PAUSE_S <= time.at < 300
    assert delivery.tries == len(time.pauses) + 1
    assert 10 <= delivery.tries <= 25


def test_receiver_that_hangs_does_not_hold_us_beyond_the_deadline() -> None:
    with Hanging() as receiver:
        delivery = deliver(receiver.url, "1s", Timing())
        receiver.let_go.set()
    assert delivery.outcome is Outcome.TIMED_OUT
    assert delivery.seconds < 2
    assert "no answer in time" in delivery.detail


def test_every_try_has_the_same_id_and_its_own_timestamp() -> None:
    with Scripted(HTTPStatus.BAD_GATEWAY, HTTPStatus.BAD_GATEWAY) as receiver:
        deliver(receiver.url)
    assert {headers["webhook-id"] for headers in receiver.requests} == {"a:1"}
    assert all(headers["webhook-timestamp"].isdigit() for headers in receiver.requests)


def test_pauses_double_up_to_a_limit_with_half_of_it_by_chance() -> None:
    chance = random.Random(1)
    for tries in range(1, 40):
        longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (tries - 1))
        assert longest / 2 <= pause(tries, chance) <= longest


def deliver_to(answers: list[httpx.Response], time: PassingTime) -> Delivery:
    transport = httpx.MockTransport(lambda _: answers.pop(0))

    async def once() -> Delivery:
        async with Webhook(settings("http://receiver/"), time.timing(), transport) as webhook:
            return await webhook.deliver("a:1", BODY)

    return asyncio.run(once())


def test_receiver_that_asks_for_time_gets_it() -> None:
    time = PassingTime()
    busy = httpx.Response(429, headers={"Retry-After": "42"})
    assert deliver_to([busy, httpx.Response(200)], time).outcome is Outcome.DELIVERED
    assert time.pauses == [42.0]


def test_receiver_that_asks_for_more_than_the_deadline_is_given_up_at_once() -> None:
    time = PassingTime()
    away = httpx.Response(503, headers={"Retry-After": "3600"})
    assert deliver_to([away], time).outcome is Outcome.TIMED_OUT
    assert time.pauses == []


NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0.0),
        ("120", 120.0),
        ("Thu, 01 Jan 2026 12:01:30 GMT", 90.0),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0.0),
        ("soon", 0.0),
        ("-5", 0.0),
        ("", 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float) -> None:
    assert retry_after(header, NOW) == seconds


@given(st.text(max_size=40))
def test_retry_after_survives_any_text(header: str) -> None:
    assert retry_after(header, NOW) >= 0


@given(st.integers(100, 599) | st.none())
def test_every_status_has_one_verdict(status: int | None) -> None:
    outcome = judge(Reply(status, 0.0, ""))
    assert outcome is not Outcome.EXPIRED
    if status is not None and 200 <= status < 300:
        assert outcome is Outcome.DELIVERED


@pytest.mark.parametrize("key", ["é", "!!", ""])
def test_secret_that_is_no_key_is_a_usage_error_that_does_not_show_it(key: str) -> None:
    wrong = WebhookSettings.model_construct(url="http://x/", secret=SecretStr(f"whsec_{key}"))
    with pytest.raises(UsageError) as caught:
        Webhook(wrong)
    assert str(caught.value) == "webhook.secret must be `whsec_` and base64"


def test_receiver_shows_a_repeat_once() -> None:
    with Scripted() as receiver:
        for _ in range(3):
            assert deliver(receiver.url).outcome is Outcome.DELIVERED
    assert len(receiver.requests) == 3
    assert len(receiver.shown) == 1


def test_receiver_refuses_what_was_altered_on_the_way() -> None:
    receiver = Scripted()
    headers = {"webhook-id": "a:1", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
    with receiver:
        assert receiver.accept(headers, BODY) is HTTPStatus.UNAUTHORIZED
        assert receiver.accept({}, BODY) is HTTPStatus.UNAUTHORIZED
    assert receiver.shown == []


def test_receiver_refuses_what_is_too_large() -> None:
    async def once(url: str) -> Delivery:
        async with Webhook(settings(url)) as webhook:
            return await webhook.try_once("a:1", b"x" * (MOST_BYTES + 1))

    with Scripted() as receiver:
        delivery = asyncio.run(once(receiver.url))
    assert delivery.outcome is not Outcome.DELIVERED
    assert receiver.requests == []


def test_receiver_prints_when_how_grave_and_what() -> None:
    shown = sentence({"at": "2011-10-03T00:00:00Z", "severity": "info", "message": {"en": "Bad."}})
    assert shown == "2011-10-03T00:00:00Z  info      Bad."
