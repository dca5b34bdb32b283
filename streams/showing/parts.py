"""The parts of a running system, for `demo`: what each is told, and where it answers.

All parts read one settings file, so that nothing depends on the environment of who started them.
Its folder is private: the file holds the key that signs webhooks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from schemas.settings import Settings
from streams.broker.ports import free_port
from streams.showing.children import RESTARTS, Child, Children

if TYPE_CHECKING:
    from pathlib import Path

SERVICES = (  # name, command; in the order in which they start
    ("network", ("worker", "--role", "network")),
    ("watch", ("worker", "--role", "watch")),
    ("notify", ("notify",)),
)

# At a broker of its own, where nothing else is asked for. The demonstration has one worker, on the
# machine of that broker: more partitions share no load, and each costs some 5 ms a tick.
PARTITIONS: Final = 2


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where alerts are posted."""

    url: str
    secret: str


def told(settings: Settings, broker: str, webhook: Webhook, calendar: Path | None) -> Settings:
    """The settings of the parts: those of the user, at this broker, for this receiver."""
    tree = _tree(settings)
    if "broker" not in tree:  # the topics at a named one may exist, and others look at them
        tree.setdefault("topics", {}).setdefault("partitions", PARTITIONS)
    tree["broker"] = broker
    tree.setdefault("webhook", {}).update(url=webhook.url, secret=webhook.secret)
    if calendar is not None:
        tree.setdefault("calendar", {})["file"] = str(calendar.resolve())
    return Settings.model_validate(tree)


class Parts:
    """Starts the parts as children; `addresses` tells where their metrics are."""

    def __init__(self, children: Children, settings: Settings, folder: Path) -> None:
        self.addresses: dict[str, str] = {}
        self._children = children
        self._host = settings.metrics.host
        self._file = folder / "settings.yaml"
        self._file.write_text(json.dumps(_tree(settings)), "utf-8")  # JSON is YAML

    def start_services(self) -> None:
        """All that runs until it is stopped, each with its metrics on a free port."""
        for name, command in SERVICES:
            port = free_port()
            self._start(name, *command, "--set", f"metrics.port={port}")
            self.addresses[name] = f"http://{self._host}:{port}/metrics"

    def introduce(self, dealers: Path) -> Child:
        """Write master data; workers read them when they start, so this comes first and ends."""
        return self._start("dealers", "publish", "-", "--dealers", str(dealers), restarts=0)

    def play(self, files: list[str]) -> Child:
        """Play files at full speed. A player that fails is not started again: it would repeat."""
        return self._start("publish", "publish", *files, restarts=0)

    def _start(self, name: str, *command: str, restarts: int = RESTARTS) -> Child:
        return self._children.start(name, *command, "--config", str(self._file), restarts=restarts)


def _tree(settings: Settings) -> dict[str, Any]:
    """What was set, as a file would say it, with the secret."""
    tree = settings.model_dump(mode="json", exclude_unset=True)
    if "webhook" in tree:
        tree["webhook"]["secret"] = settings.webhook.secret.get_secret_value()
    return tree
