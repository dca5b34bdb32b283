"""One alert to one webhook, by Standard Webhooks: signed, retried within a deadline.

What may end well later is tried again with growing, jittered pauses: no answer, 408, 425, 429, 5xx.
Everything else but 2xx is a refusal, and the same request would be refused again. The receiver's
`Retry-After` is respected; when it reaches beyond the deadline, waiting for it here is pointless.
The id is the same at every try, so that a receiver can drop what it has already; the timestamp and
with it the signature are those of the try, because receivers refuse old ones.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Self

import httpx
from standardwebhooks import Webhook as Signer
from standardwebhooks.webhooks import EmptyWebhookSecretError

from streams.errors import UsageError
from streams.notifying.delivery import Delivery, Outcome, Timing

if TYPE_CHECKING:
    import random
    from types import TracebackType

    from schemas.settings import Webhook as WebhookSettings

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
REQUEST_TIMEOUT_S = 10.0
_LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one request: an HTTP status, or why there is none."""

    status: int | None
    retry_after_s: float
    detail: str


def judge(reply: Reply) -> Outcome:
    """DELIVERED, REFUSED for good, or TIMED_OUT: may end well later."""
    if reply.status is None or reply.status in _LATER or reply.status >= 500:
        return Outcome.TIMED_OUT
    return Outcome.DELIVERED if 200 <= reply.status < 300 else Outcome.REFUSED


def pause(tries: int, chance: random.Random) -> float:
    """Seconds to wait after so many tries: doubling up to a limit, half of it by chance.

    Half by chance, so that receivers that come back are not met by everybody at once.
    """
    longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(tries - 1, 10))
    return longest * (0.5 + 0.5 * chance.random())


def retry_after(value: str | None, now: datetime) -> float:
    """Seconds the header `Retry-After` asks for: a number, or a date; 0 when absent or absurd."""
    if value is None:
        return 0.0
    try:
        wait = float(value) if value.strip().isdigit() else _until(value, now)
    except (ValueError, OverflowError):
        return 0.0
    return max(0.0, wait)


def _until(date: str, now: datetime) -> float:
    return (parsedate_to_datetime(date).astimezone(UTC) - now).total_seconds()


class Webhook:
    """The way to one receiver. `async with`; deliveries may run side by side."""

    def __init__(
        self,
        settings: WebhookSettings,
        timing: Timing | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._url = settings.url
        self._deadline_s = settings.deadline.seconds
        self._signer = _signer(settings)
        self._timing = timing or Timing()
        self._client = httpx.AsyncClient(timeout=REQUEST_TIMEOUT_S, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def deliver(self, webhook_id: str, body: bytes) -> Delivery:
        """Try until it is delivered, refused, or the deadline has passed. Never raises for HTTP."""
        started, tries = self._timing.now(), 0
        while True:
            tries += 1
            reply = await self._request(webhook_id, body, self._left(started))
            wait = max(pause(tries, self._timing.chance), reply.retry_after_s)
            outcome = judge(reply)
            if outcome is not Outcome.TIMED_OUT or wait >= self._left(started):
                return Delivery(outcome, tries, self._timing.now() - started, reply.detail)
            await self._timing.sleep(wait)

    async def try_once(self, webhook_id: str, body: bytes) -> Delivery:
        """A single request: for what has waited long already."""
        started = self._timing.now()
        reply = await self._request(webhook_id, body, REQUEST_TIMEOUT_S)
        return Delivery(judge(reply), 1, self._timing.now() - started, reply.detail)

    def _left(self, started: float) -> float:
        return self._deadline_s - (self._timing.now() - started)

    async def _request(self, webhook_id: str, body: bytes, left_s: float) -> Reply:
        """One request; its answer is judged by the status alone, the body is not read."""
        headers = self._headers(webhook_id, body)
        try:
            async with (
                # httpx limits each read; a receiver that drips must not hold us for ever.
                asyncio.timeout(min(REQUEST_TIMEOUT_S, max(left_s, 0.01))),
                self._client.stream("POST", self._url, content=body, headers=headers) as answer,
            ):
                wait = retry_after(answer.headers.get("Retry-After"), datetime.now(UTC))
                return Reply(answer.status_code, wait, f"status {answer.status_code}")
        except TimeoutError:
            return Reply(None, 0.0, "no answer in time")
        except httpx.HTTPError as error:
            return Reply(None, 0.0, f"{type(error).__name__}: {error}".rstrip(": "))

    def _headers(self, webhook_id: str, body: bytes) -> dict[str, str]:
        at = datetime.now(UTC)
        return {
            "content-type": "application/json",
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": self._signer.sign(webhook_id, at, body.decode()),
        }


def _signer(settings: WebhookSettings) -> Signer:
    """Raises UsageError, without the secret, when it is no key."""
    try:
        return Signer(settings.secret.get_secret_value())
    except (ValueError, RuntimeError, EmptyWebhookSecretError) as error:
        raise UsageError("webhook.secret must be `whsec_` and base64") from error
