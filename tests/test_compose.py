"""docker-compose.yml and the image, as far as they can be checked without an engine."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from streams.cli.app import app
from streams.configuration import load

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docker-compose.yml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]
THEIRS = [name for name in SERVICES if name not in OURS]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")


def variables(service: dict[str, Any]) -> dict[str, str]:
    """The environment of a service, with the defaults that compose would put in."""
    default = re.compile(r"\$\{\w+:-([^}]*)\}")
    return {
        name: default.sub(r"\1", str(value))
        for name, value in service.get("environment", {}).items()
    }


def mounted(service: dict[str, Any]) -> list[Path]:
    """Files and folders of the project that a service sees."""
    sources = [volume.partition(":")[0] for volume in service.get("volumes", [])]
    return [ROOT / source for source in sources if source.startswith(".")]


def test_compose_has_every_part() -> None:
    assert set(SERVICES) >= {"kafka", "topics", "clock", "network", "notify"}
    assert set(SERVICES) >= {"prometheus", "alertmanager", "grafana"}


@pytest.mark.parametrize("name", OURS)
def test_compose_starts_commands_that_exist(name: str) -> None:
    group = typer.main.get_command(app)
    arguments = list(SERVICES[name]["command"])
    context = typer.Context(group)
    while arguments and isinstance(group, typer.core.TyperGroup):
        found, command, arguments = group.resolve_command(context, arguments)
        assert found
        assert command is not None
        group = command
        context = typer.Context(command, parent=context)
    group.make_context(name, arguments)


@pytest.mark.parametrize("name", OURS)
def test_compose_sets_only_settings_that_exist(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_image = dict(re.findall(r"(DEALERWATCH_\w+)=(\S+)", DOCKERFILE))
    for variable, value in (in_image | variables(SERVICES[name])).items():
        monkeypatch.setenv(variable, value)
    settings = load()
    assert settings.broker == "kafka:9092"
    assert settings.metrics.port == 9100


@pytest.mark.parametrize("name", SERVICES)
def test_compose_knows_whether_a_service_is_well(name: str) -> None:
    runs_once = SERVICES[name].get("restart") == "no"
    own = "test" in SERVICES[name].get("healthcheck", {})
    of_image = name in OURS and "HEALTHCHECK" in DOCKERFILE
    assert runs_once or own or of_image


@pytest.mark.parametrize("name", SERVICES)
def test_compose_waits_for_what_it_names(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        assert other in SERVICES
        once = SERVICES[other].get("restart") == "no"
        assert how["condition"] == ("service_completed_successfully" if once else "service_healthy")


@pytest.mark.parametrize("name", SERVICES)
def test_compose_mounts_what_the_project_has(name: str) -> None:
    assert [path for path in mounted(SERVICES[name]) if not path.exists()] == []


def test_compose_prometheus_scrapes_every_service_of_ours() -> None:
    config = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text("utf-8"))
    targets = {
        target
        for job in config["scrape_configs"]
        for group in job.get("static_configs", [])
        for target in group["targets"]
    }
    lasting = [name for name in OURS if SERVICES[name].get("restart") != "no"]
    assert targets >= {f"{name}:9100" for name in lasting}
    assert {target.partition(":")[0] for target in targets} <= set(SERVICES) | {"localhost"}


@pytest.mark.parametrize("name", THEIRS)
def test_compose_names_the_version_of_foreign_images(name: str) -> None:
    assert re.search(r":v?\d+\.\d+\.\d+$", SERVICES[name]["image"])


def test_compose_uses_the_kafka_that_is_tested() -> None:
    spec = (ROOT / "streams" / "broker" / "jgo.toml").read_text("utf-8")
    version = re.search(r"kafka_2\.13:([\d.]+)", spec)
    assert version
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{version[1]}"


@pytest.mark.parametrize("name", SERVICES)
def test_compose_publishes_on_this_machine_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


def test_image_copies_what_the_project_has() -> None:
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE):
        *sources, _target = line.split()
        assert [source for source in sources if not (ROOT / source).exists()] == []


def test_image_does_not_run_as_root() -> None:
    assert re.search(r"^USER dealerwatch$", DOCKERFILE, re.MULTILINE)


def test_compose_is_accepted_by_docker() -> None:
    if docker_compose("version").returncode:
        pytest.skip("no `docker compose` here")
    done = docker_compose("--file", str(FILE), "config", "--quiet")
    assert done.returncode == 0, done.stderr


def docker_compose(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [shutil.which("docker") or "false", "compose", *arguments]
    return subprocess.run(command, capture_output=True, check=False, text=True)
