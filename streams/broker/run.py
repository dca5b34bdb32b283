"""`dealerwatch broker`: the embedded Kafka in the foreground."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from streams.broker.server import Broker, silent


def run_broker(
    directory: Path | None,
    port: int | None,
    announce: Callable[[str], None],
    progress: Callable[[str], None] = silent,
) -> None:
    """Run a broker until SIGTERM or Ctrl-C; `announce` gets `listening on HOST:PORT` when ready.

    Call it in the main thread: it takes SIGTERM to mean what Ctrl-C means.

    Raises:
        BrokerError: it could not start, or ended by itself.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), Broker(directory, port, progress) as broker:
        announce(f"listening on {broker.address}")
        broker.wait()
