"""One verdict from several detectors: the evidence of a kind is the sum of its detectors'.

A drop of orders shows in their number, in their rhythm, in their size. Each detector carries its
own R; the kind's is their sum. What keeps the meaning of the threshold is the split of time: in
every step each detector lets changes begin only in its share of the step, and the shares of a kind
add up to 1. Then under no change

    E[sum of R_t] = sum of E[R_t] <= sum of shares * t = t

and an alarm at R >= A still comes at most once in A days (a mixture over which detector will be
right, in the manner of Pollak 1987). Adding up, or taking the largest, without splitting the time
would alarm once per detector.

A share must be known before the step it applies to. Shares are claimed as parts of what is left:
the last detector of a kind claims of the whole, the one before it of the rest, the leading one has
what remains.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

import numpy as np

from detectors.columns import F64, I64, Array, from_arrays, grown, to_arrays
from detectors.evidence import shiryaev_roberts as ev
from detectors.evidence.detector import Detector
from schemas.alert import Kind

LEAST_LEFT: Final = 0.02  # of its time a detector leaves to those before it, so that none is blind


class Joint:
    """The evidence of every kind about the same entities."""

    def __init__(self, kinds: Mapping[Kind, tuple[Detector, ...]]) -> None:
        self._kinds = kinds
        self._detectors = [detector for parts in kinds.values() for detector in parts]
        self.of: dict[str, ev.Evidence] = {one.name: _empty(one, 0) for one in self._detectors}
        self._claims: dict[str, F64] = {
            one.name: np.zeros(0) for parts in kinds.values() for one in parts[1:]
        }

    def log_odds(self, kind: Kind, rows: I64) -> F64:
        """(k,) ln of the sum of the detectors' R, NOTHING where none has any."""
        first, *others = self._kinds[kind]
        total = first.log_odds(self.of[first.name], rows)
        for one in others:
            own = one.log_odds(self.of[one.name], rows)
            some = np.maximum(total, own) > ev.NOTHING
            total = np.where(some, np.logaddexp(total, own), ev.NOTHING)
        return total

    def carried(self, kind: Kind, rows: I64) -> F64:
        """(k, detectors) share of each detector of a kind in the evidence."""
        parts = self._kinds[kind]
        if len(parts) == 1:
            return np.ones((len(rows), 1))
        odds = np.stack([one.log_odds(self.of[one.name], rows) for one in parts], axis=1)
        share = np.exp(odds - odds.max(axis=1, keepdims=True))
        return np.asarray(share / share.sum(axis=1, keepdims=True))

    def ratio(self, kind: Kind, rows: I64, carried: F64) -> F64:
        """(k,) what is left of the usual: the mean over the detectors by what they carry.

        carried: (k, detectors), see `carried`.
        """
        parts = self._kinds[kind]
        ratios = np.stack([one.ratio(self.of[one.name], rows) for one in parts], axis=1)
        return np.asarray((carried * ratios).sum(axis=1))

    def claim(self, name: str, rows: I64, share: F64) -> None:
        """From now on a detector (not a leading one) answers for this share of what it may."""
        self._claims[name][rows] = np.clip(share, 0.0, 1.0 - LEAST_LEFT)

    def share(self, name: str, rows: I64) -> F64:
        """(k,) of time in which a change may begin for this detector; 1 where it is alone."""
        left = np.ones(len(rows))
        for one in reversed(self._siblings(name)):
            claimed = self._claims[one.name][rows] if one.name in self._claims else 1.0
            if one.name == name:
                return np.asarray(left * claimed)
            left = left * (1.0 - claimed)
        raise KeyError(name)

    def _siblings(self, name: str) -> tuple[Detector, ...]:
        return next(
            parts for parts in self._kinds.values() if any(one.name == name for one in parts)
        )

    def clear(self, kind: Kind, rows: I64) -> None:
        """Forget the evidence of a kind; what is known of latent states stays."""
        for one in self._kinds[kind]:
            ev.clear(self.of[one.name], rows)

    def clear_all(self, rows: I64) -> None:
        """Forget the evidence of every kind."""
        for kind in self._kinds:
            self.clear(kind, rows)

    def start_over(self, rows: I64) -> None:
        """As if nothing had ever been seen of these entities."""
        for one in self._detectors:
            blank = _empty(one, len(rows))
            for column, fresh in zip(self.of[one.name], blank, strict=True):
                column[rows] = fresh
        for claim in self._claims.values():
            claim[rows] = 0.0

    def make_room(self, n: int) -> None:
        """Room for n entities."""
        for one in self._detectors:
            self.of[one.name] = grown(self.of[one.name], partial(_empty, one), n)
        for name, claim in self._claims.items():
            self._claims[name] = np.append(claim, np.zeros(len(self.of[name][0]) - len(claim)))

    def snapshot(self, n: int) -> dict[str, Array]:
        """The evidence about the first n entities, as named arrays."""
        arrays: dict[str, Array] = {
            f"claim.{name}": claim[:n] for name, claim in self._claims.items()
        }
        for name, evidence in self.of.items():
            arrays |= to_arrays(f"evidence.{name}", evidence, n)
        return arrays

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what `snapshot` gave; KeyError when another version wrote it."""
        for one in self._detectors:
            self.of[one.name] = from_arrays(f"evidence.{one.name}", partial(_empty, one), arrays)
        for name in self._claims:
            self._claims[name] = np.array(arrays[f"claim.{name}"])


def _empty(detector: Detector, n: int) -> ev.Evidence:
    return detector.empty(n, dated=detector.dated)
