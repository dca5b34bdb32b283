"""Master data of dealers: what the topic `dealers` and the file of `--dealers` hold."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from schemas.events import CurrencyCode, Identity, Label
from schemas.moment import Moment
from schemas.table import csv_rows, json_rows, parse_object, parse_row, utf8
from schemas.zone import CountryCode, ZoneName


def _separated(value: Any) -> Any:
    """Channels of a CSV cell: `mail; chat`."""
    if isinstance(value, str):
        return tuple(part for part in re.split(r"[;,\s]+", value) if part)
    return tuple(value) if isinstance(value, list) else value


class DealerRecord(BaseModel):
    """One dealer as head office knows it; its region and tier beat those of the events."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="ignore", use_attribute_docstrings=True
    )

    dealer_id: Identity
    """The dealer: 1 to 128 characters, none of them a control character."""
    name: Label | None = None
    """Its name: at most 128 characters."""
    region: Label | None = None
    """Its region: at most 128 characters."""
    tier: Label | None = None
    """Its tier: at most 128 characters."""
    manager: Label | None = None
    """Its account manager: at most 128 characters."""
    channels: Annotated[tuple[Label, ...], BeforeValidator(_separated)] = ()
    """Where its alerts go besides: a list of texts, in CSV separated by semicolons."""
    currency: CurrencyCode | None = None
    """ISO 4217 code of its prices: three upper-case letters A to Z."""
    timezone: ZoneName | None = None
    """Where its clocks are: an IANA time zone such as Europe/Berlin."""
    country: CountryCode | None = None
    """Whose holidays it keeps: ISO 3166 code such as DE or DE-BY."""
    opened: Moment | None = None
    """When it opened: a date, or RFC 3339."""


def parse_dealer(value: bytes) -> DealerRecord:
    """One value of the topic `dealers`. ValueError names field, value and what is allowed."""
    return parse_row(DealerRecord, parse_object(utf8(value, "dealers"), "dealers"), "dealers")


def parse_dealers(data: bytes, file: str) -> dict[str, DealerRecord]:
    """A file of dealers, NDJSON or CSV, by dealer_id; of a repeated dealer the last line counts.

    ValueError names file, line, field, value and what is allowed. Unknown fields and columns are
    ignored, empty ones are absent.
    """
    text = utf8(data, file)
    rows = json_rows if text.lstrip().startswith("{") else csv_rows
    dealers = [parse_row(DealerRecord, fields, where) for where, fields in rows(text, file)]
    return {dealer.dealer_id: dealer for dealer in dealers}
