"""Which alerts are open, from the lines of the topic `alerts`: for metrics and `status`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from schemas.alert import Kind, Scope, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

Labels = tuple[Kind, Scope, Severity]


class _Line(msgspec.Struct):
    """What is needed of a line; other fields are ignored."""

    alert_id: str
    status: Status
    kind: Kind
    scope: Scope
    severity: Severity


_read = msgspec.json.Decoder(_Line).decode


class OpenAlerts:
    """By alert_id; the last line of an alert counts."""

    def __init__(self, lines: Iterable[bytes] = ()) -> None:
        self._open: dict[str, Labels] = {}
        for line in lines:
            self.note(line)

    def __len__(self) -> int:
        return len(self._open)

    def note(self, line: bytes) -> None:
        """One more line."""
        alert = _read(line)
        if alert.status is Status.OPEN:
            self._open[alert.alert_id] = (alert.kind, alert.scope, alert.severity)
        else:
            self._open.pop(alert.alert_id, None)

    def counts(self) -> Counter[Labels]:
        """How many of each sort."""
        return Counter(self._open.values())
