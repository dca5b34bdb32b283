"""What each topic carries, for the AsyncAPI document. Their shape is in streams/topics.py."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Content(StrEnum):
    """Form of the values."""

    JSON = "json"
    BINARY = "binary"


CONTENT_TYPES = {Content.JSON: "application/json", Content.BINARY: "application/octet-stream"}


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic as other programs see it."""

    name: str
    about: str
    key: str
    action: Literal["receive", "send"] = "send"
    schema: str | None = None  # file name without `.schema.json`
    content: Content = Content.JSON
    public: bool = True  # False: between our own processes, may change without notice
    headers: tuple[tuple[str, str], ...] = ()


_DEALER = "dealer_id"
_CLOUD_EVENT = (
    ("ce_specversion", "1.0"),
    ("ce_id", "`alert_id:sequence`; a repeat has the same id"),
    ("ce_source", "/dealerwatch"),
    ("ce_type", "dealerwatch.alert.v1"),
    ("ce_subject", "`scope/entity`"),
    ("ce_time", "`at` of the alert, RFC 3339"),
    ("content-type", "application/json"),
)

TOPICS = (
    Topic("orders", "Order lines.", _DEALER, "receive", "order"),
    Topic(
        "complaints", "Complaints, and the ends of their issues.", _DEALER, "receive", "complaint"
    ),
    Topic("returns", "Returned goods.", _DEALER, "receive", "return"),
    Topic("dealers", "Master data of dealers, compacted.", _DEALER, "receive", "dealer"),
    Topic(
        "alerts",
        "Alerts, one object per change; compacted. Drop repeats by `alert_id` and `sequence`.",
        "alert_id",
        schema="alert",
        headers=_CLOUD_EVENT,
    ),
    Topic(
        "ledger",
        "Alerts that were decided but not sent, with the reason. Not for receivers.",
        "alert_id",
        schema="alert",
        headers=_CLOUD_EVENT,
    ),
    Topic(
        "dealer-stats", "Statistics per dealer and day, compacted.", _DEALER, schema="dealer-stats"
    ),
    Topic("dead-letters", "Records that could not be used.", "null", schema="dead-letter"),
    Topic(
        "undelivered",
        "Alerts that wait for their receiver. A record without value ends the wait of its key.",
        "`alert_id:sequence`",
        schema="undelivered",
    ),
    Topic("ticks", "Cuts of the clock, per partition.", "null", schema=None, public=False),
    Topic(
        "network",
        "What partitions report to the network agent, per tick.",
        "partition number",
        content=Content.BINARY,
        public=False,
    ),
    Topic(
        "outlook",
        "What the network tells every partition, per tick.",
        "null",
        content=Content.BINARY,
        public=False,
    ),
    Topic(
        "state",
        "State of the partitions, in rows; compacted.",
        "row name",
        content=Content.BINARY,
        public=False,
    ),
    Topic(
        "network-state",
        "State of the network agent, in rows; compacted.",
        "row name",
        content=Content.BINARY,
        public=False,
    ),
)
