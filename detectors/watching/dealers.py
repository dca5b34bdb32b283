"""Who is watched: dealers, and the names that group them.

Names become small numbers in order of appearance. The numbers are local to a partition; whatever
crosses a border carries the names.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Final, NamedTuple

import numpy as np

from detectors.columns import I32, I64, Array, Bool, from_arrays, grown, to_arrays
from detectors.locales import Locales
from detectors.watching.interning import UNKNOWN as UNTOLD
from detectors.watching.interning import NameIndex
from schemas.master import DealerRecord
from schemas.texts import Texts
from schemas.wire import DealerCard

UNKNOWN: Final = ""  # region or tier that nobody has told
NEVER: Final = -(10**6)  # a day before all days


class Names:
    """Strings to numbers and back.

    Two ways lead to a number, by bytes and by string. Each learns of names that came the other way
    when it is asked: dealers are hardly ever asked for by string, and 100 bytes each are saved.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        self.all: list[str] = []
        self._codes: dict[str, int] = {}  # of the first names
        self._index = NameIndex()  # of the first names
        for name in known:
            self.code(name)

    def __len__(self) -> int:
        return len(self.all)

    def code(self, name: str) -> int:
        """The number of a name; a new name gets the next one."""
        known = self.find(name)
        if known is None:
            known = self._codes[name] = len(self.all)
            self.all.append(name)
        return known

    def codes(self, names: Sequence[str]) -> I64:
        """(n,) numbers of names."""
        known = self._by_string()
        found = [known.get(name) for name in names]
        if None in found:
            found = [self.code(name) for name in names]
        return np.array(found, np.int64)

    def codes_of(self, texts: Texts, absent: str = "") -> I64:
        """(n,) numbers of texts, `absent` standing for the empty one; new names as in `code`."""
        found = self._by_bytes().find(texts)
        if absent:
            known = self.find(absent)
            found[texts.spans.size == 0] = UNTOLD if known is None else known
        new = np.flatnonzero(found == UNTOLD)
        if len(new) and absent:
            return self.codes_of(Texts.of(text or absent for text in texts.all()))
        if len(new):
            self.all.extend(self._index.add(texts.take(new)))
            found[new] = self._index.find(texts.take(new))
        return found

    def texts(self, codes: I64) -> Texts:
        """(k,) the names of these numbers; to be used before there are new ones."""
        return self._by_bytes().texts(codes)

    def find(self, name: str) -> int | None:
        """The number of a name, None for one never seen."""
        return self._by_string().get(name)

    def _by_bytes(self) -> NameIndex:
        if len(self._index) < len(self.all):
            self._index.add(Texts.of(self.all[len(self._index) :]))
        return self._index

    def _by_string(self) -> dict[str, int]:
        first = len(self._codes)
        if first < len(self.all):
            self._codes.update(zip(self.all[first:], count(first)))
        return self._codes

    def array(self) -> Array:
        """The names by number, for a snapshot."""
        return np.frombuffer(json.dumps(self.all).encode(), np.uint8).copy()

    @classmethod
    def of_array(cls, array: Array) -> Names:
        """The names of a snapshot."""
        return cls(json.loads(array.tobytes()))


class Standing(NamedTuple):
    """Where each dealer stands; days are local days counted from 1970-01-01."""

    region: I32  # (n,) code
    tier: I32  # (n,) code
    fixed_region: Bool  # (n,) master data has told the region …
    fixed_tier: Bool  # … and the tier
    first_day: I64  # (n,) of this life: first record, or first order after dormancy
    last_order_day: I64  # (n,)
    dormant: Bool  # (n,)
    dozed: Bool  # (n,) fell asleep on the open event day (UTC)
    locale: I32  # (n,) number of detectors.locales


def _empty(n: int) -> Standing:
    return Standing(
        region=np.zeros(n, np.int32),
        tier=np.zeros(n, np.int32),
        fixed_region=np.zeros(n, np.bool_),
        fixed_tier=np.zeros(n, np.bool_),
        first_day=np.full(n, NEVER),
        last_order_day=np.full(n, NEVER),
        dormant=np.zeros(n, np.bool_),
        dozed=np.zeros(n, np.bool_),
        locale=np.zeros(n, np.int32),
    )


class Dealers:
    """The register of one partition's dealers."""

    def __init__(self, master: Mapping[str, DealerRecord], locales: Locales) -> None:
        self._master = master
        self._locales = locales
        self.ids = Names()
        self.regions = Names([UNKNOWN])
        self.tiers = Names([UNKNOWN])
        self.standing = _empty(0)

    @property
    def count(self) -> int:
        """How many dealers there are."""
        return len(self.ids)

    def rows(self, ids: Texts) -> I64:
        """(n,) row of each dealer; new dealers are registered."""
        known = self.count
        rows = self.ids.codes_of(ids)
        if self.count > known:
            self.standing = grown(self.standing, _empty, self.count)
            self._locate(known)
            for row in range(known, self.count):
                self._apply_master(row)
        return rows

    def tell(self, rows: I64, regions: Texts, tiers: Texts) -> None:
        """Regions and tiers as the records say, in their order; master data beats them."""
        standing = self.standing
        for names, column, fixed, told in (
            (self.regions, standing.region, standing.fixed_region, regions),
            (self.tiers, standing.tier, standing.fixed_tier, tiers),
        ):
            codes = names.codes_of(told)
            valid = (codes > 0) & ~fixed[rows]  # the first name is UNKNOWN
            column[rows[valid]] = codes[valid]  # of repeated rows the last one counts

    def awake(self) -> I64:
        """Rows of the dealers that are watched: seen, and not dormant."""
        n = self.count
        standing = self.standing
        return np.flatnonzero((standing.first_day[:n] > NEVER) & ~standing.dormant[:n])

    def card(self, row: int) -> DealerCard:
        """Who a dealer is, for a message."""
        record = self._master.get(self.ids.all[row])
        return DealerCard(
            id=self.ids.all[row],
            name=record.name if record else None,
            region=self.regions.all[self.standing.region[row]] or None,
            tier=self.tiers.all[self.standing.tier[row]] or None,
            manager=record.manager if record else None,
        )

    def _locate(self, first: int) -> None:
        """Locales from this row on, by the master data of this run."""
        records = (self._master.get(name) for name in self.ids.all[first:])
        self.standing.locale[first : self.count] = [self._locales.number(one) for one in records]

    def _apply_master(self, row: int) -> None:
        record = self._master.get(self.ids.all[row])
        if record is None:
            return
        if record.region is not None:
            self.standing.region[row] = self.regions.code(record.region)
            self.standing.fixed_region[row] = True
        if record.tier is not None:
            self.standing.tier[row] = self.tiers.code(record.tier)
            self.standing.fixed_tier[row] = True

    def _follow_master(self) -> None:
        """Dealers known before are where this run's data says; where it is silent, records tell."""
        self.standing.fixed_region[:] = False
        self.standing.fixed_tier[:] = False
        for dealer in sorted(self._master):
            row = self.ids.find(dealer)
            if row is not None:
                self._apply_master(row)

    def snapshot(self) -> dict[str, Array]:
        """The register as arrays."""
        return {
            "dealers.ids": self.ids.array(),
            "dealers.regions": self.regions.array(),
            "dealers.tiers": self.tiers.array(),
            **to_arrays("dealers", self.standing, self.count),
        }

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what `snapshot` gave."""
        self.ids = Names.of_array(arrays["dealers.ids"])
        self.regions = Names.of_array(arrays["dealers.regions"])
        self.tiers = Names.of_array(arrays["dealers.tiers"])
        self.standing = from_arrays("dealers", _empty, arrays)
        self._locate(0)
        self._follow_master()
