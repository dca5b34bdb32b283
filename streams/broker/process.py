"""The processes of the embedded broker: how Kafka's programs are started and ended."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from streams.broker.errors import BrokerError
from streams.guard import Guard

FORMAT_LIMIT_S = 90  # 1 to 2 s measured
STOP_LIMIT_S = 30  # 0.4 s measured; what is left then is killed

# 220 MB in all. Serial collector and first compiler only: it shares two cores with everything else.
JVM = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true")
LOGGING = "-Dlog4j2.configurationFile=log4j2.properties"


class Kafka:
    """How Kafka's programs are started: one Java, one class path, one folder."""

    def __init__(self, java: str, jars: list[Path], folder: Path) -> None:
        self._java = (java, *JVM, LOGGING)
        self._environment = os.environ | {"CLASSPATH": ":".join(map(str, jars))}
        self._folder = folder

    def format(self, cluster: str) -> None:
        """Make the data folder of a new cluster.

        Raises:
            BrokerError: Kafka's storage tool refused.
        """
        tool = (*self._java, "kafka.tools.StorageTool", "format")
        done = subprocess.run(  # noqa: S603  our own arguments
            [*tool, "--cluster-id", cluster, "--config", "server.properties"],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=FORMAT_LIMIT_S,
            check=False,
        )
        if done.returncode:
            msg = f"Kafka could not format {self._folder}:\n{done.stdout}{done.stderr}"
            raise BrokerError(msg)

    def serve(self, claim: int) -> subprocess.Popen[bytes]:
        """Start the broker; it keeps the descriptor `claim` open while it lives.

        A session of its own keeps the terminal's Ctrl-C from it: we stop it, after its clients.
        """
        with (self._folder / "jvm.log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603  our own arguments
                [*self._java, "kafka.Kafka", "server.properties"],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[claim],
                start_new_session=True,
            )


class BrokerProcess:
    """A broker that was started, and its guard."""

    def __init__(self, kafka: Kafka, claim: int) -> None:
        self._broker = kafka.serve(claim)
        self._guard = Guard(self._broker.pid)

    @property
    def pid(self) -> int:
        """The process id of the JVM."""
        return self._broker.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it lives."""
        return self._broker.poll()

    def wait(self) -> int:
        """Wait for its end and return how it ended."""
        return self._broker.wait()

    def end(self, *, at_once: bool = False) -> None:
        """End it in good order (SIGTERM), or at once; return when it is gone."""
        if at_once:
            self._broker.kill()
        else:
            self._broker.terminate()
        try:
            self._broker.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._broker.kill()
            self._broker.wait()
        self._guard.release()
