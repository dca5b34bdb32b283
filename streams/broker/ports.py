"""Ports on the loopback interface."""

from __future__ import annotations

import secrets
import socket

from streams.broker.errors import BrokerError

HOST = "127.0.0.1"

# Below the range from which the system serves outgoing connections (Linux 32768, macOS 49152):
# while the broker is down, a client that reconnects could be given the broker's own port.
FREE = range(20_000, 32_000)
TRIES = 100  # of 12,000 ports: a machine where all these are taken has other worries


def free_port() -> int:
    """Return a port that nobody listens on."""
    for _ in range(TRIES):
        port = FREE[secrets.randbelow(len(FREE))]
        if is_free(port):
            return port
    msg = f"no free port between {FREE.start} and {FREE.stop} on {HOST}; name one with --port"
    raise BrokerError(msg)


def is_free(port: int) -> bool:
    """Say whether a server could listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def is_open(port: int) -> bool:
    """Say whether somebody listens on this port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
