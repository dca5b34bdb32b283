"""What a run is set up with: settings, master data, calendar; the same on every worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

from detectors.calendar import Calendar
from detectors.timeline import Timeline
from schemas.calendar import CalendarWindow
from schemas.master import DealerRecord
from schemas.settings import Settings


@dataclass(frozen=True)
class Setup:
    """Everything the core needs besides the events."""

    settings: Settings
    master: Mapping[str, DealerRecord] = field(default_factory=dict)
    windows: Sequence[CalendarWindow] = ()

    @cached_property
    def timeline(self) -> Timeline:
        """Ticks and local days."""
        settings = self.settings
        return Timeline(int(settings.tick), int(settings.lateness), ZoneInfo(settings.timezone))

    @cached_property
    def calendar(self) -> Calendar:
        """Known windows by local day."""
        return Calendar(self.windows)
