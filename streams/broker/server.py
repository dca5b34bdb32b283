"""A real Apache Kafka (KRaft, one node) as a child process, for `demo`, tests and a first look.

It listens on loopback only and keeps one replica of everything: no broker for production.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from streams.broker.errors import BrokerError
from streams.broker.folder import BrokerFolder, Identity
from streams.broker.jars import class_path
from streams.broker.java import java
from streams.broker.ports import HOST, is_open
from streams.broker.process import BrokerProcess, Kafka

START_LIMIT_S = 90  # 2 to 4 s measured on two cores; after a crash Kafka first reads its logs again
PROBE_S = 5  # for one answer of a broker that has opened its port
LOOK_EVERY_S = 0.05

Progress = Callable[[str], None]


def silent(_line: str) -> None:
    """Report nothing."""


class Broker:
    """One broker: start, stop, kill, restart, always at the same address.

    Args:
        directory: where data, settings and log live; kept. None: a temporary one, which `close`
            removes.
        port: on 127.0.0.1; None: the one of the last start in this folder, else a free one.
        progress: is told, in one line each, what takes time.
    """

    def __init__(
        self, directory: Path | None = None, port: int | None = None, progress: Progress = silent
    ) -> None:
        self._temporary: TemporaryDirectory[str] | None = None
        if directory is None:
            self._temporary = TemporaryDirectory(prefix="dealerwatch-broker-")
            directory = Path(self._temporary.name)
        self._folder = BrokerFolder(directory.resolve())
        self._port = port
        self._progress = progress
        self._process: BrokerProcess | None = None

    @property
    def directory(self) -> Path:
        """Where its data and logs are."""
        return self._folder.path

    @property
    def address(self) -> str:
        """The bootstrap address, known since the first start.

        Raises:
            BrokerError: it was never started.
        """
        if self._port is None:
            msg = "the broker has no address yet: it was not started"
            raise BrokerError(msg)
        return f"{HOST}:{self._port}"

    @property
    def pid(self) -> int | None:
        """The process id of the JVM, None when it does not run."""
        process = self._process
        return process.pid if process and process.exit_code is None else None

    def start(self) -> Self:
        """Start, and return when it answers requests.

        Raises:
            BrokerError: no Java, no jars, port taken, folder in use, or Kafka itself gave up.
        """
        if self.pid is not None:
            return self
        claim = self._folder.claim()
        identity = self._folder.identity(self._port)
        kafka = Kafka(java(), class_path(self._progress), self.directory)
        self._prepare(kafka, identity)
        self._port = identity.port
        self._progress(f"starting Kafka at {self.address}, log in {self.directory}")
        self._process = BrokerProcess(kafka, claim)
        self._await_answer(self._process)
        return self

    def stop(self) -> None:
        """Stop in good order; kill what does not end in time. Data and address stay."""
        self._end(at_once=False)

    def kill(self) -> None:
        """End at once, as a crash would (SIGKILL). Data and address stay."""
        self._end(at_once=True)

    def restart(self) -> None:
        """Stop and start, at the same address with the same data."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop for good, give the folder up, remove it when temporary."""
        self.stop()
        self._folder.release()
        if self._temporary:
            self._temporary.cleanup()

    def wait(self) -> None:
        """Block until it is stopped.

        Raises:
            BrokerError: it ended by itself.
        """
        process = self._process
        if process is None:
            return
        code = process.wait()
        if self._process is process:
            raise BrokerError(self._obituary(code))

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _prepare(self, kafka: Kafka, identity: Identity) -> None:
        self._folder.prepare(identity)
        if not self._folder.is_formatted:
            self._progress("formatting a new data folder")
            self._folder.discard_data()
            kafka.format(identity.cluster)
        self._folder.remember(identity)

    def _await_answer(self, process: BrokerProcess) -> None:
        deadline = time.monotonic() + START_LIMIT_S
        while not self._answers():
            if process.exit_code is not None:
                self.stop()
                raise BrokerError(self._obituary(process.exit_code))
            if time.monotonic() > deadline:
                self.kill()
                msg = f"Kafka did not answer within {START_LIMIT_S} s\n{self._folder.log_tail()}"
                raise BrokerError(msg)
            time.sleep(LOOK_EVERY_S)

    def _answers(self) -> bool:
        """Say whether it serves requests, which comes after it has opened its port."""
        if self._port is None or not is_open(self._port):
            return False
        try:
            client = KafkaAdminClient(
                bootstrap_servers=self.address, bootstrap_timeout_ms=PROBE_S * 1000
            )
        except KafkaError:
            return False
        try:
            return bool(client.describe_cluster()["brokers"])
        except KafkaError:
            return False
        finally:
            client.close()

    def _end(self, *, at_once: bool) -> None:
        # Taken away first: `wait` in another thread tells by it that the end was wanted.
        process, self._process = self._process, None
        if process is not None:
            process.end(at_once=at_once)

    def _obituary(self, code: int) -> str:
        tail = self._folder.log_tail()
        return (
            f"Kafka ended by itself (exit code {code}); the log in {self.directory} ends:\n{tail}"
        )
