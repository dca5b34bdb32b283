"""Plugged detectors of river on dealers' daily residuals: state, alarms, and who is told of.

One Python object a dealer and detector: up to 5 kB each with 256 remembered days, for those who
ask for it. A snapshot holds the days; the detectors are built again from them, dealer by dealer,
when the next day comes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from detectors.baselines.history import History
from detectors.columns import Array
from detectors.evidence.plugged import Watch
from detectors.watching import measures
from detectors.watching.fleet import Fleet
from detectors.watching.view import DayView
from schemas.alert import Kind
from schemas.plugged import Plugged
from schemas.wire import DealerCard, PluggedAlarm

HOLD_DAYS: Final = 7  # an alarm is told for so long
SERIES: Final = {"orders": Kind.ORDER_VOLUME_DROP, "price": Kind.UNIT_PRICE_DROP}


class PluggedWatches:
    """Every plugged detector on every dealer it watches."""

    def __init__(self, settings: Sequence[Plugged]) -> None:
        self._settings = settings
        self._watches: list[dict[str, Watch]] = [{} for _ in settings]  # by dealer id
        self._stored: list[dict[str, list[float]]] = [{} for _ in settings]  # not built again yet
        self._alarms: list[dict[str, list[int]]] = [{} for _ in settings]  # first and last day

    def end_day(self, fleet: Fleet, view: DayView) -> None:
        """Feed a local day that has ended to every detector."""
        rows = view.rows[view.mature]
        for place, setting in enumerate(self._settings):
            seen = measures.normal_scores(fleet, SERIES[setting.on], rows, view.day)
            chosen = set(setting.dealers)
            for row, residual in zip(rows.tolist(), seen.tolist(), strict=True):
                dealer = fleet.dealers.ids.all[row]
                if not chosen or dealer in chosen:
                    self._feed(place, dealer, residual, view.day)

    def _feed(self, place: int, dealer: str, residual: float, day: int) -> None:
        watches, alarms = self._watches[place], self._alarms[place]
        if dealer not in watches:
            known = self._stored[place].pop(dealer, ())
            watches[dealer] = Watch(self._settings[place], known)
        if watches[dealer].feed(residual):
            first = alarms.get(dealer, [day])[0]
            alarms[dealer] = [first, day]
        elif dealer in alarms and day - alarms[dealer][1] >= HOLD_DAYS:
            del alarms[dealer]

    def told(self, fleet: Fleet) -> list[PluggedAlarm]:
        """The alarms that stand, by dealer; of several detectors the first in the settings."""
        first: dict[str, PluggedAlarm] = {}
        for setting, alarms in zip(self._settings, self._alarms, strict=True):
            for dealer, (day, last) in alarms.items():
                row = fleet.dealers.ids.code(dealer)
                if dealer not in first and not fleet.dealers.standing.dormant[row]:
                    kept = fleet.history[SERIES[setting.on]]
                    card = fleet.dealers.card(row)
                    first[dealer] = _alarm(setting, card, kept, row, (day, last))
        return [first[dealer] for dealer in sorted(first)]

    def snapshot(self) -> dict[str, Array]:
        """Everything, as named arrays."""
        days = [
            stored | {dealer: watch.days for dealer, watch in watches.items()}
            for stored, watches in zip(self._stored, self._watches, strict=True)
        ]
        told = json.dumps([days, self._alarms])
        return {"plugged": np.frombuffer(told.encode(), np.uint8).copy()}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what `snapshot` gave; what other settings have left is dropped."""
        days, alarms = json.loads(arrays["plugged"].tobytes())
        if len(days) == len(self._settings):
            self._stored, self._alarms = days, alarms
            self._watches = [{} for _ in days]


def _alarm(
    setting: Plugged, card: DealerCard, kept: History, row: int, days: tuple[int, int]
) -> PluggedAlarm:
    pair = kept.days[days[1] % len(kept.days), row]
    if setting.on == "price":
        observed, expected = float(np.exp(pair[0] / max(pair[1], 1e-9))), 1.0
    else:
        observed, expected = float(round(pair[0])), max(float(pair[1]), 1e-6)
    name = setting.path.rpartition(".")[2]
    return PluggedAlarm(card, name, setting.on, days[0], days[1], observed, expected)
