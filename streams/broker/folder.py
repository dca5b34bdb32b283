"""The folder of one broker: its data, its identity, its settings and its logs.

    broker.json         cluster id and ports: a restart is the same broker at the same address
    data/               Kafka's own
    broker.log          Kafka's log; jvm.log what Java itself says (nearly always empty)
    server.properties   written anew at every start
    claim               locked while a broker runs here

Everything Kafka reads is named relative to the folder, in which it runs: Java's property files and
Kafka's comma separated lists then never see a space, a comma or an accent in the user's path.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import uuid
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path

from streams.broker.errors import BrokerError
from streams.broker.ports import HOST, free_port, is_free

LOG_TAIL = 15  # lines of log in an error
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Identity:
    """What stays the same over restarts."""

    cluster: str
    port: int
    controller_port: int


class BrokerFolder:
    """One folder; claimed by at most one broker at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._claim: int | None = None  # file descriptor

    def claim(self) -> int:
        """Lock the folder and return the descriptor that holds the lock.

        The broker process inherits it: the folder stays claimed while either of us lives.

        Raises:
            BrokerError: another broker runs here, or the folder holds something else.
        """
        if self._claim is not None:
            return self._claim
        self._make()
        claim = os.open(self.path / "claim", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(claim)
            msg = (
                f"another broker runs in {self.path}; stop it, or name another folder with --dir "
                "(a broker that was just killed needs a few seconds to end)"
            )
            raise BrokerError(msg) from error
        self._claim = claim
        return claim

    def release(self) -> None:
        """Give the folder up."""
        if self._claim is not None:
            os.close(self._claim)
            self._claim = None

    def identity(self, port: int | None) -> Identity:
        """Return who this broker is: as at the last start where possible.

        A port that was asked for is binding; one that is only remembered is not.

        Raises:
            BrokerError: the port that was asked for is taken.
        """
        if port is not None and not is_free(port):
            msg = (
                f"port {port} on {HOST} is taken; stop what listens there, or choose another --port"
            )
            raise BrokerError(msg)
        known = self._remembered()
        return Identity(
            cluster=known.cluster if known else _cluster_id(),
            port=port or _free(known.port if known else None),
            controller_port=_free(known.controller_port if known else None),
        )

    def prepare(self, identity: Identity) -> None:
        """Write the settings of this start."""
        (self.path / "server.properties").write_text(server_properties(identity), "utf-8")
        shutil.copyfile(HERE / "log4j2.properties", self.path / "log4j2.properties")

    @property
    def is_formatted(self) -> bool:
        """Whether the data folder is complete (broker.json is written after it)."""
        return self._remembered() is not None

    def discard_data(self) -> None:
        """Remove what an interrupted format left."""
        shutil.rmtree(self.path / "data", ignore_errors=True)

    def remember(self, identity: Identity) -> None:
        """Keep the identity for the next start."""
        (self.path / "broker.json").write_text(json.dumps(asdict(identity)), "utf-8")

    def log_tail(self) -> str:
        """Return the last lines of the logs, for an error."""
        lines: deque[str] = deque(maxlen=LOG_TAIL)
        for log in (self.path / "broker.log", self.path / "jvm.log"):
            if log.exists():
                lines.extend(log.read_text("utf-8", "replace").splitlines())
        return "\n".join(lines)

    def _make(self) -> None:
        """Make the folder; refuse one with other contents, since a format removes `data`."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            msg = f"cannot make the folder {self.path} ({error.strerror}); name another with --dir"
            raise BrokerError(msg) from error
        if any(self.path.iterdir()) and not (self.path / "claim").exists():
            msg = f"{self.path} is not empty and not a broker's folder; name a new one with --dir"
            raise BrokerError(msg)

    def _remembered(self) -> Identity | None:
        try:
            return Identity(**json.loads((self.path / "broker.json").read_text("utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None


def server_properties(identity: Identity) -> str:
    """Return the settings of a single broker that is its own controller, on loopback only."""
    public, control = f"{HOST}:{identity.port}", f"{HOST}:{identity.controller_port}"
    settings = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{control}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{public},CONTROLLER://{control}",
        "advertised.listeners": f"PLAINTEXT://{public}",
        "log.dirs": "data",
        # One node: internal topics cannot have three replicas, and few partitions start faster.
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 4,
        # The default makes a restart after a crash wait 9 s for the old self to be given up.
        "broker.session.timeout.ms": 3000,
        "broker.heartbeat.interval.ms": 500,
        # The default waits 3 s for more members before the first one may work.
        "group.initial.rebalance.delay.ms": 0,
        # A misspelt topic is an error, not a new topic.
        "auto.create.topics.enable": "false",
        # 24 bytes a key: 600,000 keys a pass; the default takes 128 MB of the heap.
        "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def _free(wanted: int | None) -> int:
    return wanted if wanted and is_free(wanted) else free_port()


def _cluster_id() -> str:
    """Return a random id in Kafka's form: 22 characters, not beginning like an option."""
    text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    return text if text[0] != "-" else f"A{text[1:]}"
