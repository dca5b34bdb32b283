"""A detector of river from the settings, with everything between it and the stream.

What it has seen is a list of at most 256 days; its state is what a fresh detector becomes when it
is fed that list. So nothing of it is pickled, a restart gives the same detector, and a detector
that forgets nothing is bounded all the same: at 256 days the older half is dropped and it starts
again from the rest.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Sequence
from typing import Any, Final

from schemas.plugged import Plugged

MOST_DAYS: Final = 256
FEATURE: Final = "residual"  # what an anomaly detector finds in `x`


def check(plugged: Sequence[Plugged]) -> None:
    """Build each once. ValueError names the setting, the value and what is allowed."""
    for place, one in enumerate(plugged):
        try:
            Watch(one)
        except ValueError as error:
            raise ValueError(f"setting detectors.{place}.{error}") from None


class Watch:
    """One plugged detector on one dealer's series."""

    def __init__(self, setting: Plugged, days: Sequence[float] = ()) -> None:
        self.disabled = ""  # why it no longer watches
        self.days = list(days)
        self._setting = setting
        self._scores = False
        self._start()

    def _start(self) -> None:
        self._detector = _built(self._setting)
        self._scores = hasattr(self._detector, "score_one")
        _require_threshold(self._setting, scores=self._scores)
        for residual in self.days:
            self._guarded(residual)

    def feed(self, residual: float) -> bool:
        """One more day; whether the detector raises an alarm."""
        if self.disabled:
            return False
        self.days.append(residual)
        if len(self.days) >= MOST_DAYS:
            del self.days[: MOST_DAYS // 2]
            last = self.days.pop()
            self._start()
            self.days.append(last)
        return self._guarded(residual)

    def _guarded(self, residual: float) -> bool:
        """Whatever a plugged detector raises disables it and nothing else."""
        if self.disabled:
            return False
        try:
            return self._see(residual)
        except Exception as error:  # noqa: BLE001  foreign code must not stop the stream
            self.disabled = f"{type(error).__name__}: {error}"[:200]
            return False

    def _see(self, residual: float) -> bool:
        if not self._scores:
            self._detector.update(residual)
            return bool(self._detector.drift_detected)
        x = {FEATURE: residual}
        supervised = "y" in inspect.signature(self._detector.score_one).parameters
        given = (None, residual) if supervised else (x,)
        score = self._detector.score_one(*given)
        self._detector.learn_one(*given)
        return bool(score >= self._setting.threshold)


def _built(setting: Plugged) -> Any:
    from river import base  # noqa: PLC0415  heavy; only for those who plug something in

    *module, name = setting.path.split(".")
    try:
        found = getattr(importlib.import_module(".".join(module)), name)
    except (ImportError, AttributeError):
        raise ValueError(f"path = {setting.path}: river has no such detector") from None
    allowed = (base.DriftDetector, base.AnomalyDetector, base.SupervisedAnomalyDetector)
    if not (inspect.isclass(found) and issubclass(found, allowed)):
        raise ValueError(f"path = {setting.path}: must be a drift or anomaly detector of river")
    return _constructed(found, setting)


def _constructed(found: Any, setting: Plugged) -> Any:
    known = inspect.signature(found).parameters
    given = dict(setting.parameters)
    if wrong := sorted(given.keys() - known.keys()):
        allowed = ", ".join(known) or "none"
        raise ValueError(f"parameters = {', '.join(wrong)}: {setting.path} takes {allowed}")
    if "seed" in known:
        given.setdefault("seed", 1)
    try:
        return found(**given)
    except Exception as error:  # noqa: BLE001  whatever it dislikes is the user's to know
        raise ValueError(f"parameters = {setting.parameters}: {error}") from None


def _require_threshold(setting: Plugged, *, scores: bool) -> None:
    if scores and setting.threshold is None:
        raise ValueError(f"threshold = none: {setting.path} gives scores, name one that alarms")
    if not scores and setting.threshold is not None:
        raise ValueError(f"threshold = {setting.threshold}: {setting.path} gives no scores")
