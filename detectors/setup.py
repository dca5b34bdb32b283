"""What a run is set up with: settings, master data, calendar; the same on every worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from detectors.locales import Locales
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
        """Ticks."""
        return Timeline(int(self.settings.tick), int(self.settings.lateness))

    @cached_property
    def locales(self) -> Locales:
        """Clocks and known windows of all dealers."""
        return Locales(self.settings, self.master, self.windows)
