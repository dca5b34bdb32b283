"""Records that could not be used, kept with the reason (design: Contract: events)."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field

from schemas.fields import Count, Instant, Outgoing, Text
from schemas.instant import Micros

MOST_KEPT = 1 << 20  # bytes of a record that are kept: 1 MiB, 1.4 MB in base64


class Reason(StrEnum):
    """Why a record was not used. In the order in which they are looked for: the first counts."""

    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    MISSING_FIELD = "missing_field"
    BAD_TYPE = "bad_type"
    OUT_OF_RANGE = "out_of_range"
    MISROUTED = "misrouted"
    FUTURE_TIMESTAMP = "future_timestamp"
    TOO_OLD = "too_old"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one record cannot be used: the reason, and one sentence for people."""

    reason: Reason
    detail: str


class DeadLetter(Outgoing):
    """One record that was not used; `schemas.fields.encode` makes its line."""

    reason: Reason
    """Why it was not used."""
    topic: Text
    """Topic it came from; for files the file's name without folders."""
    partition: Count
    """Partition it came from; 0 for files."""
    offset: Count
    """Its offset; for files the line number from 0."""
    raw_base64: Annotated[str, Field(max_length=(MOST_KEPT + 2) // 3 * 4)]
    """The record as received without its line end, at most its first 1 MiB, in base64."""
    at: Instant | None
    """The clock when it was refused; null before there is one."""
    detail: Text
    """One sentence: which field, what was found, what is allowed."""

    @classmethod
    def of(cls, refusal: Refusal, place: tuple[str, int, int], raw: bytes) -> Self:
        """The letter for a record at place (topic, partition, offset); `at` comes with `dated`."""
        topic, partition, offset = place
        return cls(
            reason=refusal.reason,
            topic=topic,
            partition=partition,
            offset=offset,
            raw_base64=b64encode(raw[:MOST_KEPT]).decode("ascii"),
            at=None,
            detail=refusal.detail,
        )

    def dated(self, at: Micros | None) -> Self:
        """The same letter with the moment at which it was refused."""
        return self.model_copy(update={"at": at})
