"""Rules, dashboards and routes: valid, and only about metrics that exist."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from streams.metrics import Metrics

DEPLOY = Path(__file__).parents[1] / "deploy"
RULES = DEPLOY / "prometheus" / "alerts.yml"
DASHBOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
USED = re.compile(r"\bdealerwatch_\w+")


def exposed() -> dict[str, str]:
    """Every sample that can be asked for, and the name of its metric."""
    return {
        sample.name: family.name
        for family in Metrics(CollectorRegistry(), 1).registry.collect()
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels(dashboard: Path) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads(dashboard.read_text(encoding="utf-8"))["panels"]
    return loaded


def queries() -> list[str]:
    return [
        target["expr"]
        for dashboard in DASHBOARDS
        for panel in panels(dashboard)
        for target in panel.get("targets", [])
    ]


def promtool(*arguments: str) -> None:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not here; `apt-get install prometheus` brings it")
    done = subprocess.run(
        [found, *arguments], cwd=DEPLOY / "prometheus", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_accepts_configuration_and_rules() -> None:
    promtool("check", "config", "prometheus.yml")


def test_rules_fire_when_they_should_and_not_otherwise() -> None:
    promtool("test", "rules", "alerts_test.yml")


def test_prometheus_accepts_every_query_of_the_dashboards(tmp_path: Path) -> None:
    records = [
        {"record": f"dashboard:query:{number}", "expr": query}
        for number, query in enumerate(queries())
    ]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboards", "rules": records}]}))
    promtool("check", "rules", "--lint=none", str(file))


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_rule_names_metrics_that_exist_and_says_what_to_do(rule: dict[str, Any]) -> None:
    assert set(USED.findall(rule["expr"])) <= set(exposed())
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"].keys() == {"summary", "description"}


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda file: str(file.name))
def test_dashboard_names_metrics_that_exist(dashboard: Path) -> None:
    used = set(USED.findall(dashboard.read_text(encoding="utf-8")))
    assert used <= set(exposed())


def test_every_metric_is_on_a_dashboard() -> None:
    names = exposed()
    shown = {names[used] for query in queries() for used in USED.findall(query)}
    assert shown == set(names.values())


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda file: str(file.name))
def test_dashboard_panels_explain_themselves_and_do_not_overlap(dashboard: Path) -> None:
    cells: set[tuple[int, int]] = set()
    for panel in panels(dashboard):
        assert panel["type"] == "row" or panel["description"]
        place = panel["gridPos"]
        mine = {
            (place["x"] + right, place["y"] + down)
            for right in range(place["w"])
            for down in range(place["h"])
        }
        assert not mine & cells
        cells |= mine
    assert max(x for x, _ in cells) < 24


def test_dashboards_use_the_data_source_that_is_provisioned() -> None:
    file = DEPLOY / "grafana" / "provisioning" / "datasources" / "prometheus.yml"
    provisioned = {source["uid"] for source in yaml.safe_load(file.read_text())["datasources"]}
    used = {
        panel["datasource"]["uid"]
        for dashboard in DASHBOARDS
        for panel in panels(dashboard)
        if "datasource" in panel
    }
    assert used == provisioned


def test_alertmanager_routes_every_severity_of_the_rules_to_a_receiver() -> None:
    config = yaml.safe_load((DEPLOY / "alertmanager" / "alertmanager.yml").read_text())
    receivers = {receiver["name"] for receiver in config["receivers"]}
    routed = {config["route"]["receiver"]} | {r["receiver"] for r in config["route"]["routes"]}
    assert {rule["labels"]["severity"] for rule in rules()} <= routed <= receivers
