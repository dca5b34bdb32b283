"""The embedded broker, on the real thing; what it is made of, without starting it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from streams.broker import Broker, BrokerError
from streams.broker.folder import BrokerFolder, Identity, server_properties
from streams.broker.ports import FREE, HOST, free_port, is_free
from streams.topics import administration
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.kafka


def write(broker: Broker, value: bytes) -> None:
    producer = KafkaProducer(bootstrap_servers=broker.address, acks="all")
    producer.send("kept", value).get(timeout=PATIENCE_S)
    producer.close()


def read(broker: Broker, count: int) -> list[bytes]:
    consumer = KafkaConsumer(bootstrap_servers=broker.address, auto_offset_reset="earliest")
    consumer.assign([TopicPartition("kept", 0)])
    values = [next(consumer).value for _ in range(count)]
    consumer.close()
    return values


@pytest.mark.slow
def test_broker_keeps_data_and_address_over_restart_crash_and_a_new_start(tmp_path: Path) -> None:
    with Broker(tmp_path / "here") as broker:
        address = broker.address
        with administration(address) as admin:
            admin.create_topics({"kept": {"num_partitions": 1}})
        write(broker, b"one")
        broker.restart()
        write(broker, b"two")
        broker.kill()
        assert broker.pid is None
        broker.start()
        write(broker, b"three")
        assert broker.address == address

    with Broker(tmp_path / "here") as broker:
        assert broker.address == address
        assert read(broker, 3) == [b"one", b"two", b"three"]


@pytest.mark.slow
def test_broker_runs_in_a_folder_with_an_awkward_name(tmp_path: Path) -> None:
    with Broker(tmp_path / "Händler, 経銷商: no=1") as broker:
        assert broker.pid is not None
        assert "Kafka Server started" in (broker.directory / "broker.log").read_text("utf-8")


@pytest.mark.slow
def test_broker_runs_on_the_packaged_java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with Broker() as broker, administration(broker.address) as admin:
        assert admin.describe_cluster()["brokers"]


def test_broker_removes_a_temporary_folder(own_broker: Broker) -> None:
    folder = own_broker.directory
    own_broker.close()
    assert not folder.exists()


def test_broker_refuses_a_folder_where_another_runs(own_broker: Broker) -> None:
    with pytest.raises(BrokerError, match=r"another broker runs in .*--dir"):
        Broker(own_broker.directory).start()


def test_broker_refuses_a_folder_with_other_contents(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(BrokerError, match="not empty and not a broker's folder"):
        Broker(tmp_path).start()


def test_broker_refuses_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BrokerError, match="cannot make the folder"):
        Broker(tmp_path / "file").start()


def test_broker_refuses_a_taken_port() -> None:
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        refusal = pytest.raises(BrokerError, match=f"port {port} on {HOST} is taken.*--port")
        with refusal, Broker(port=port):
            pass


def test_broker_has_no_address_before_its_first_start(tmp_path: Path) -> None:
    with pytest.raises(BrokerError, match="not started"):
        _ = Broker(tmp_path).address


def test_broker_that_ends_by_itself_is_an_error_with_its_log(own_broker: Broker) -> None:
    assert own_broker.pid is not None
    os.kill(own_broker.pid, signal.SIGKILL)
    with pytest.raises(BrokerError, match=r"exit code -9.*\n.*INFO"):
        own_broker.wait()


def test_broker_that_does_not_end_when_told_is_killed(
    own_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.broker.process.STOP_LIMIT_S", 0.2)
    port = int(own_broker.address.rpartition(":")[2])
    assert own_broker.pid is not None
    os.kill(own_broker.pid, signal.SIGSTOP)
    own_broker.stop()
    assert is_free(port)


@pytest.mark.slow
def test_broker_dies_with_its_parent(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib, signal; from streams.broker import Broker;"
        f"b = Broker(pathlib.Path({str(tmp_path / 'b')!r})).start(); print(b.address, flush=True);"
        "signal.pause()"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    port = int(parent.stdout.readline().decode().rpartition(":")[2])
    assert not is_free(port)

    parent.kill()
    parent.communicate()

    # The broker holds the claim on its folder with its life.
    assert eventually(lambda: is_free(port) and can_claim(tmp_path / "b"))


def can_claim(folder: Path) -> bool:
    place = BrokerFolder(folder)
    try:
        place.claim()
    except BrokerError:
        return False
    place.release()
    return True


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_command_broker_says_where_it_listens_and_ends_well(stop: signal.Signals) -> None:
    command = Path(sys.executable).with_name("dealerwatch")
    process = subprocess.Popen(
        [command, "broker", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    line = process.stdout.readline().decode()
    assert line.startswith(f"listening on {HOST}:")

    process.send_signal(stop)
    process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 0
    assert is_free(int(line.rpartition(":")[2]))


def test_free_port_lies_outside_the_range_of_outgoing_connections() -> None:
    port = free_port()
    assert port in FREE
    assert FREE.stop <= 32_768
    assert is_free(port)


def test_folder_gives_the_remembered_identity_and_another_port_when_that_is_taken(
    tmp_path: Path,
) -> None:
    folder = BrokerFolder(tmp_path)
    first = folder.identity(None)
    folder.remember(first)
    assert folder.identity(None) == first

    with socket.create_server((HOST, first.port)):
        second = folder.identity(None)
    assert second.cluster == first.cluster
    assert second.port != first.port


def test_folder_is_not_formatted_before_its_identity_is_kept(tmp_path: Path) -> None:
    folder = BrokerFolder(tmp_path)
    (tmp_path / "data").mkdir()
    assert not folder.is_formatted
    folder.discard_data()
    assert not (tmp_path / "data").exists()


def test_properties_stay_on_loopback_and_name_no_path() -> None:
    properties = server_properties(Identity("c", 1111, 2222))
    assert "listeners=PLAINTEXT://127.0.0.1:1111,CONTROLLER://127.0.0.1:2222\n" in properties
    assert "log.dirs=data\n" in properties
    assert "auto.create.topics.enable=false\n" in properties
