"""The metrics are an interface: names, units, labels, and series that are there from the start."""

from __future__ import annotations

import re
import urllib.request

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from schemas.alert import Change, Kind, Scope, Severity
from schemas.batch import Source
from schemas.dead_letter import Reason
from streams.errors import OperationError
from streams.metrics import Metrics, must_be_free, serve
from streams.notifying.delivery import Outcome

PARTITIONS = 3
# Every label and its closed set: nothing else may become a label value.
LABEL_VALUES: dict[str, set[str] | None] = {
    "topic": set(map(str, Source)),
    "partition": {str(number) for number in range(PARTITIONS)},
    "reason": set(map(str, Reason)),
    "kind": set(map(str, Kind)),
    "scope": set(map(str, Scope)),
    "severity": set(map(str, Severity)),
    "outcome": set(map(str, Outcome)),
    "change": set(map(str, Change)),
    "le": None,
}


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(CollectorRegistry(), PARTITIONS)


def test_names_have_the_prefix_and_a_base_unit_or_a_plain_count(metrics: Metrics) -> None:
    for family in metrics.registry.collect():
        assert family.name.startswith("dealerwatch_")
        assert not re.search(r"_(ms|millis|minutes|kb|mb|percent)$", family.name)
        assert family.documentation.endswith(".")


def test_every_series_of_a_closed_set_is_there_from_the_start(metrics: Metrics) -> None:
    for family in metrics.registry.collect():
        assert family.samples, family.name


def test_counters_bring_no_series_of_their_beginnings(metrics: Metrics) -> None:
    names = {sample.name for family in metrics.registry.collect() for sample in family.samples}
    assert not [name for name in names if name.endswith("_created")]


def test_port_that_is_taken_is_told_with_its_setting(metrics: Metrics) -> None:
    page = serve(metrics)
    told = rf"metrics.port={page.port}: .*in use; name another port"
    with pytest.raises(OperationError, match=told):
        serve(metrics, port=page.port)
    with pytest.raises(OperationError, match=told):
        must_be_free("127.0.0.1", page.port)
    page.close()
    must_be_free("127.0.0.1", page.port)


def test_labels_come_from_closed_sets(metrics: Metrics) -> None:
    for family in metrics.registry.collect():
        for sample in family.samples:
            for label, value in sample.labels.items():
                allowed = LABEL_VALUES[label]
                assert allowed is None or value in allowed


def test_series_stay_within_their_arithmetic(metrics: Metrics) -> None:
    count = sum(len(family.samples) for family in metrics.registry.collect())
    assert count < 162 + 3 * 9 + 4 * 15 + 2 * 40 + 10 * PARTITIONS


def test_open_alerts_that_are_not_named_are_zero(metrics: Metrics) -> None:
    def value(severity: Severity) -> float | None:
        labels: dict[str, str] = {
            "kind": Kind.RETURN_SPIKE,
            "scope": Scope.SKU,
            "severity": severity,
        }
        return metrics.registry.get_sample_value("dealerwatch_alerts_open", labels)

    metrics.set_open({(Kind.RETURN_SPIKE, Scope.SKU, Severity.INFO): 2})
    assert (value(Severity.INFO), value(Severity.WARNING)) == (2, 0)
    metrics.set_open({(Kind.RETURN_SPIKE, Scope.SKU, Severity.WARNING): 1})
    assert (value(Severity.INFO), value(Severity.WARNING)) == (0, 1)


def test_two_processes_in_one_do_not_share_numbers() -> None:
    first, second = Metrics(CollectorRegistry()), Metrics(CollectorRegistry())
    first.repeats.inc()
    assert second.registry.get_sample_value("dealerwatch_repeats_total") == 0


def test_page_is_served_on_a_free_port_and_closed(metrics: Metrics) -> None:
    page = serve(metrics)
    try:
        with urllib.request.urlopen(page.url, timeout=10) as answer:  # noqa: S310  our own page
            families = list(text_string_to_metric_families(answer.read().decode()))
    finally:
        page.close()
    assert "dealerwatch_lag_records" in {family.name for family in families}
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(page.url, timeout=10)  # noqa: S310  our own page
