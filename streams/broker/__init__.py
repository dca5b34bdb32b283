"""Embedded Apache Kafka: the same broker for `make run`, for tests and for `dealerwatch broker`.

>>> with Broker() as broker:                 # doctest: +SKIP
...     connect(broker.address)
"""

from streams.broker.errors import BrokerError
from streams.broker.run import run_broker
from streams.broker.server import Broker

__all__ = ["Broker", "BrokerError", "run_broker"]
