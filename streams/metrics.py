"""Metrics of the pipeline: one class, one registry, names and labels that are an interface.

Base units (seconds, bytes), label values from closed sets, every series of a closed set created at
start, so that a dashboard shows zero and not "no data". Dealers and other entity names are never
labels. Cardinality: 3 sources x partitions for lag and records; 9 kinds x 6 scopes x 3 severities =
162 series for open alerts; 3 x 9 for the budget; everything else is below 100.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    start_http_server,
)

from schemas.alert import STATISTICAL, Change, Kind, Scope, Severity
from schemas.batch import Source
from schemas.dead_letter import Reason
from streams.errors import OperationError
from streams.notifying.delivery import Outcome

if TYPE_CHECKING:
    from threading import Thread
    from wsgiref.simple_server import WSGIServer

    from streams.workers.core import Spending

PREFIX = "dealerwatch"

# A slice is a few thousand records at 10 µs each; a fetch waits 0.1 s; 10 s is a stall.
_SLICE_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
# Measured 2.6 ms median, 8 ms p99; a network that waits for a restarting worker takes seconds.
_ROUND_TRIP_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 120.0)
_SAVE_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_DELIVERY_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)

_ALERT_LABELS = tuple(product(Kind, Scope, Severity))


class Metrics:
    """Every metric there is. Each process has its own registry; partitions: how many there are."""

    def __init__(self, registry: CollectorRegistry, partitions: int = 0) -> None:
        # a second series beside every counter, which nobody reads
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry
        self._pipeline()
        self._detection()
        self._state()
        self._delivery()
        self._create_series(partitions)

    def _pipeline(self) -> None:
        self.lag = self._gauge(
            "lag_records",
            "Records in a source topic that are not applied yet.",
            "topic",
            "partition",
        )
        self.records = self._counter("records", "Records read from a source topic.", "topic")
        self.repeats = self._counter("repeats", "Records dropped because their event_id was seen.")
        self.dead_letters = self._counter("dead_letters", "Records not usable.", "reason")
        self.slice_seconds = self._histogram(
            "slice_seconds", "Time to decode and queue one slice.", _SLICE_SECONDS
        )
        self.ticks_closed = self._counter(
            "ticks_closed", "Ticks weighed, per partition.", "partition"
        )
        self.tick_delay = self._gauge(
            "tick_delay_seconds",
            "Time since the oldest tick that is due became due; 0 when all are closed.",
        )
        self.partitions_left_out = self._gauge(
            "partitions_left_out",
            "Partitions that the network goes on without, because they do not report.",
        )
        self.round_trip = self._histogram(
            "network_round_trip_seconds",
            "From census sent to outlook received.",
            _ROUND_TRIP_SECONDS,
        )

    def _detection(self) -> None:
        self.dealers = self._gauge("dealers", "Dealers known, per partition.", "partition")
        self.alerts_open = self._gauge(
            "alerts_open", "Alerts open now.", "kind", "scope", "severity"
        )
        self.alert_changes = self._counter("alert_changes", "Lines written to alerts.", "change")
        self.budget_asked = self._gauge(
            "false_alert_budget_asked",
            "False alerts asked for, per week: this kind's share of the knob.",
            "kind",
        )
        self.budget_expected = self._gauge(
            "false_alert_budget_expected",
            "False alerts the thresholds stand for, per week.",
            "kind",
        )
        self.budget_realised = self._gauge(
            "false_alert_budget_realised",
            "Alerts opened per week of event time, over four weeks; true ones included.",
            "kind",
        )

    def _state(self) -> None:
        self.saves = self._counter("state_saves", "States saved, confirmed by Kafka.")
        self.save_seconds = self._histogram(
            "state_save_seconds", "From snapshot to confirmation.", _SAVE_SECONDS
        )
        self.save_bytes = self._counter("state_save_bytes", "Compressed bytes of state written.")
        self.recovery_seconds = self._gauge(
            "recovery_seconds", "Time the last loading of state took."
        )

    def _delivery(self) -> None:
        self.deliveries = self._counter("deliveries", "Webhook deliveries that ended.", "outcome")
        self.delivery_seconds = self._histogram(
            "delivery_seconds", "First try to end of one delivery.", _DELIVERY_SECONDS
        )
        self.undelivered = self._gauge("undelivered_alerts", "Alerts kept for a later try.")
        self.notify_lag = self._gauge(
            "notify_lag_records", "Records of alerts that no receiver was offered yet."
        )

    def set_open(self, counts: Mapping[tuple[Kind, Scope, Severity], int]) -> None:
        """The alerts open now; what is not named is zero."""
        for labels in _ALERT_LABELS:
            self.alerts_open.labels(*labels).set(counts.get(labels, 0))

    def set_spending(self, spending: Mapping[str, Spending]) -> None:
        """What the budget of false alerts was asked to be, is, and has led to; by kind."""
        for kind, spent in spending.items():
            self.budget_asked.labels(kind).set(spent.asked)
            self.budget_expected.labels(kind).set(spent.expected)
            self.budget_realised.labels(kind).set(spent.realised)

    def _create_series(self, partitions: int) -> None:
        for topic in Source:
            self.records.labels(topic)
            for partition in range(partitions):
                self.lag.labels(topic, str(partition))
        for partition in range(partitions):
            self.ticks_closed.labels(str(partition))
            self.dealers.labels(str(partition))
        for reason in Reason:
            self.dead_letters.labels(reason)
        for change in Change:
            self.alert_changes.labels(change)
        for kind in STATISTICAL:
            for gauge in (self.budget_asked, self.budget_expected, self.budget_realised):
                gauge.labels(kind)
        for outcome in Outcome:
            self.deliveries.labels(outcome)
        self.set_open({})

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, namespace=PREFIX, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, namespace=PREFIX, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: Iterable[float]) -> Histogram:
        return Histogram(
            name, text, namespace=PREFIX, registry=self.registry, buckets=tuple(buckets)
        )


@dataclass(frozen=True, slots=True)
class Exposition:
    """The running metrics page of one process."""

    host: str
    port: int
    _server: WSGIServer
    _thread: Thread

    @property
    def url(self) -> str:
        """Address for Prometheus and for people."""
        return f"http://{self.host}:{self.port}/metrics"

    def close(self) -> None:
        """Stop serving and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def serve(metrics: Metrics, host: str = "127.0.0.1", port: int = 0) -> Exposition:
    """Serve the metrics over HTTP; port 0 takes a free one. OperationError when it is taken."""
    try:
        server, thread = start_http_server(port, addr=host, registry=metrics.registry)
    except OSError as error:
        raise _not_served(host, port, error) from error
    return Exposition(host, server.server_port, server, thread)


def must_be_free(host: str, port: int) -> None:
    """For who will serve in another process. OperationError when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server will
            probe.bind((host, port))
    except OSError as error:
        raise _not_served(host, port, error) from error


def _not_served(host: str, port: int, error: OSError) -> OperationError:
    return OperationError(
        f"metrics cannot be served at metrics.host={host}, metrics.port={port}: {error.strerror}; "
        "name another port, or 0 for a free one"
    )
