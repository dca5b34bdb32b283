"""A small webhook receiver, to see alerts arrive: what `make run` starts, and an example to copy.

It does the three things every receiver should: verify the signature before anything else, drop
repeats by `webhook-id` (delivery is at least once), and answer quickly.
"""

from __future__ import annotations

from collections import OrderedDict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Self

from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

MOST_BYTES = 1 << 20  # of one alert; real ones are 2 to 10 kB
MOST_REMEMBERED = 10_000  # ids of 30 characters: about 1 MB
CONNECTION_TIMEOUT_S = 10
STOP_LOOK_S = 0.05


class Receiver:
    """Listens on `url` between `with` and its end; calls `show` once for every new alert."""

    def __init__(
        self, secret: str, show: Callable[[dict[str, Any]], None], host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:  # fmt: skip
        self._verifier = Verifier(secret)
        self._show = show
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._lock = Lock()
        self._server = ThreadingHTTPServer((host, port), self._handler())
        self._thread = Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": STOP_LOOK_S},
            name="receiver",
            daemon=True,
        )

    @property
    def url(self) -> str:
        """Where to post."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def accept(self, headers: Mapping[str, str], body: bytes) -> HTTPStatus:
        """The answer to one request; shows the alert when it is genuine and new."""
        try:
            alert = self._verifier.verify(body, dict(headers))
        except (WebhookVerificationError, ValueError):
            return HTTPStatus.UNAUTHORIZED
        with self._lock:
            if self._is_new(headers["webhook-id"]):
                self._show(alert)
        return HTTPStatus.NO_CONTENT

    def _is_new(self, webhook_id: str) -> bool:
        if webhook_id in self._seen:
            return False
        self._seen[webhook_id] = None
        if len(self._seen) > MOST_REMEMBERED:
            self._seen.popitem(last=False)
        return True

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            timeout = CONNECTION_TIMEOUT_S

            def do_POST(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                if length > MOST_BYTES:
                    self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                    return
                body = self.rfile.read(length)
                headers = {name.lower(): value for name, value in self.headers.items()}
                self._answer(receiver.accept(headers, body))

            def _answer(self, status: HTTPStatus) -> None:
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name
                """Say nothing: the alerts are the output."""

        return Handler


def sentence(alert: Mapping[str, Any]) -> str:
    """What a person sees of an alert."""
    text: str = alert["message"]["en"]
    return f"{alert['at']}  {alert['severity']:8}  {text}"
