"""What a partition knows of the whole network: the last outlook of everything, by local numbers.

An outlook carries what has changed; the rest stays as it was told before. So this is state, and
part of a snapshot.

Articles are never forgotten: who is told of one by its number must find it there, in whatever order
partitions name them. An article in one currency and class of quantities takes some 600 bytes of
each partition that has seen it (its name as text and as bytes, twice its place, its levels); a
catalogue of 100,000 is 60 MB. So `sku` has to name an article, not a piece: serial numbers would
grow without end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import numpy as np

from detectors.baselines import bulk, price_lines, rhythm
from detectors.baselines.case_rate import LAG_DAYS, CasePools
from detectors.baselines.common_factor import SPEEDS, PeerSums
from detectors.baselines.order_size import USUAL_DEVIATION, USUAL_LASTING
from detectors.baselines.order_size import Pools as SizePools
from detectors.baselines.order_volume import Pools
from detectors.baselines.unit_price import FIRST_PRICES, PricePools
from detectors.columns import F64, Array, from_arrays, grown, to_arrays
from detectors.watching.dealers import Names
from schemas.named_rows import Levels
from schemas.wire import Outlook, RatioSums

CASE_KINDS: Final = ("complaints", "returns")
USUAL_THRESHOLD: Final = 9.0  # nats, before the network has told
_FLAT: Final[F64] = np.ones(7)
_EVEN: Final[F64] = np.full(24, 1 / 24)
_DEFAULTS: Final[Mapping[str, list[float]]] = {
    "dispersion": [float(np.log(0.08)), 0.6],  # log variance, persistence from day to day
    "prices": [*FIRST_PRICES],
    "complaints": [0.03],  # dispersion of a week's complaints
    "returns": [0.03],
    "bulk": [bulk.USUAL],  # mean size of a return, in usual orders
    "credibility": [bulk.USUAL_WORTH],  # cases that is worth for one dealer
    "rhythm": [rhythm.SKIPPING, rhythm.TRUST, *np.log(rhythm.SHAPE_PRIOR).tolist()],
    "lag/complaints": [LAG_DAYS[0]],
    "lag/returns": [LAG_DAYS[1]],
    "size": [USUAL_DEVIATION**2, USUAL_LASTING],
}


class Knowledge:
    """The network as one partition knows it."""

    def __init__(self) -> None:
        self.pools: dict[str, list[float]] = dict(_DEFAULTS)
        self._volume: Pools | None = None  # as drawn up from the pools, until they change: every …
        self._cases: dict[str, CasePools] = {}  # … tick asks for these many times
        self.thresholds: dict[str, float] = {}
        self.nominals: dict[str, float] = {}
        self.items = Names()  # "currency NUL sku NUL class of quantity"
        self.item = price_lines.empty_items(0)
        self.skus = Names()
        self.factors: F64 = np.ones((2, 0, 2))  # (kinds of case, skus, factor and excess)
        self.quantities: F64 = np.zeros(0)  # (skus,) log of a line's usual one, nan: unknown

    def learn(self, outlook: Outlook) -> None:
        """Take over what an outlook tells anew."""
        if outlook.pools:
            self.pools.update(outlook.pools)
            self._volume, self._cases = None, {}
        self.thresholds.update(outlook.thresholds)
        self.nominals.update(outlook.nominals)
        self._learn_items(outlook.items)
        self._learn_factors(0, outlook.complaints)
        self._learn_factors(1, outlook.returns)
        codes = self.skus.codes_of(outlook.quantities.texts)
        self.make_room()
        self.quantities[codes] = outlook.quantities.rows(1)[:, 0]

    def _learn_items(self, items: Levels) -> None:
        codes = self.items.codes_of(items.texts)
        self.make_room()
        for column, told in zip(self.item, items.rows(len(self.item)).T, strict=True):
            column[codes] = told

    def _learn_factors(self, kind: int, factors: Levels) -> None:
        codes = self.skus.codes_of(factors.texts)
        self.make_room()
        self.factors[kind, codes] = factors.rows(2)

    def make_room(self) -> None:
        """Room for every article named so far."""
        self.item = grown(self.item, price_lines.empty_items, len(self.items))
        missing = len(self.skus) - self.factors.shape[1]
        if missing > 0:
            more = np.ones((2, max(missing, self.factors.shape[1]), 2))
            self.factors = np.concatenate([self.factors, more], axis=1)
            self.quantities = np.append(self.quantities, np.full(more.shape[1], np.nan))

    def volume_pools(self, tiers: Names) -> Pools:
        """What is known of orders, by the local numbers of tiers; not to be written to."""
        if self._volume is None or len(self._volume.level) < len(tiers):
            self._volume = self._volume_pools(tiers)
        return self._volume

    def _volume_pools(self, tiers: Names) -> Pools:
        log_dispersion, persistence = self.pools["dispersion"]
        told = [self.pools.get(f"tier/{tier}") for tier in tiers.all]
        return Pools(
            log_dispersion=log_dispersion,
            persistence=persistence,
            level=np.array([pool[0] if pool else 1.0 for pool in told]),
            weekday=np.array([pool[1:8] if pool else _FLAT for pool in told]),
            hour=np.array([pool[8:32] if pool else _EVEN for pool in told]),
        )

    def rhythm_pools(self) -> rhythm.Pools:
        """What is known of rhythm."""
        skipping, trust, *log_shape = self.pools["rhythm"]
        return rhythm.Pools(np.array(log_shape), skipping, trust)

    def size_pools(self) -> SizePools:
        """What is known of the size of orders."""
        return SizePools(*self.pools["size"])

    def bulk_pools(self) -> bulk.Pools:
        """What is known of the size of returns."""
        return bulk.Pools(*self.pools["bulk"], *self.pools["credibility"])

    def price_pools(self) -> PricePools:
        """What is known of prices."""
        return PricePools(*self.pools["prices"])

    def case_pools(self, kind: str, tiers: Names) -> CasePools:
        """What is known of one kind of case, likewise."""
        known = self._cases.get(kind)
        if known is None or len(known.rate) < len(tiers):
            known = self._cases[kind] = self._case_pools(kind, tiers)
        return known

    def _case_pools(self, kind: str, tiers: Names) -> CasePools:
        told = [self.pools.get(f"{kind}/{tier}", [0.02, 2.0]) for tier in tiers.all]
        return CasePools(
            rate=np.array([pool[0] for pool in told]),
            prior=np.array([pool[1] for pool in told]),
            dispersion=self.pools[kind][0],
            lag_days=self.pools[f"lag/{kind}"][0],
        )

    def threshold(self, kind: str) -> float:
        """Nats at which a kind opens."""
        return self.thresholds.get(kind, USUAL_THRESHOLD)

    def nominal(self, kind: str) -> float:
        """Nats at which a kind would open if all evidence kept its promise."""
        return self.nominals.get(kind, USUAL_THRESHOLD)

    def usual_week(self, currency: str) -> float | None:
        """Median weekly value of a dealer in a currency, None before it is known."""
        told = self.pools.get(f"week/{currency}")
        return told[0] if told else None

    def snapshot(self) -> dict[str, Array]:
        """Everything, as arrays."""
        told = json.dumps([self.pools, self.thresholds, self.nominals], sort_keys=True)
        return {
            "known.pools": np.frombuffer(told.encode(), np.uint8).copy(),
            "known.items": self.items.array(),
            "known.skus": self.skus.array(),
            "known.factors": self.factors[:, : len(self.skus)],
            "known.quantities": self.quantities[: len(self.skus)],
            **to_arrays("known.item", self.item, len(self.items)),
        }

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what `snapshot` gave."""
        self.pools, self.thresholds, self.nominals = json.loads(arrays["known.pools"].tobytes())
        self._volume, self._cases = None, {}
        self.items = Names.of_array(arrays["known.items"])
        self.skus = Names.of_array(arrays["known.skus"])
        self.factors = np.array(arrays["known.factors"])
        self.quantities = np.array(arrays["known.quantities"])
        self.item = from_arrays("known.item", price_lines.empty_items, arrays)


def item_name(currency: str, sku: str, size_class: int) -> str:
    """Name of an article at quantities of one class, in a currency (never mixed with another)."""
    return f"{currency}\0{sku}\0{size_class}"


def peer_sums(outlook: Outlook, regions: Names, tiers: Names) -> PeerSums:
    """The outlook's sums by the local numbers of regions and tiers."""
    return PeerSums(
        network=_pair(outlook.network),
        region=_by_name(outlook.regions, regions),
        tier=_by_name(outlook.tiers, tiers),
    )


def opened(outlook: Outlook, regions: Names) -> F64:
    """(regions, 3) votes on who is open, by the local numbers of regions; the last row: others."""
    table = np.zeros((len(regions) + 1, 3))
    for told in outlook.opened:
        code = regions.find(told.region)
        table[-1 if code is None else code] += (told.ordered, told.expected, told.variance)
    return table


def _pair(sums: RatioSums) -> F64:
    return np.array([sums.observed, sums.expected, sums.shift, sums.weight])


def _by_name(sums: list[RatioSums], names: Names) -> F64:
    table = np.zeros((len(names), 4, SPEEDS))
    for group in sums:
        code = names.find(group.name)
        if code is not None:
            table[code] = _pair(group)
    return table
