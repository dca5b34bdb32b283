"""Messages between the stages, on the topics `network` and `outlook` (MessagePack by msgspec).

Sums over dealers are integers (scaled), so that adding them up does not depend on the grouping.
"""

from __future__ import annotations

import msgspec

from schemas.alert import Kind
from schemas.named_rows import Levels, Sums


class CellSums(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Orders of one tick and cohort, times detectors.baselines.common_factor.SCALE."""

    region: str
    tier: str
    observed: int
    expected: int
    shift: int = 0  # of order sizes: residuals times their weight …
    weight: int = 0  # … and weight


class OpenSums(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Dealers of one region that ordered on a local day, and how many should have (scaled)."""

    region: str
    ordered: int
    expected: int
    variance: int


class PatternPoint(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Where one dealer stood lately: for every measure the probability of less, 0 to 1."""

    key: int  # orders the points of all partitions
    values: list[float]


class PatternSums(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The points of one tier in the last local day."""

    tier: str
    ranks: list[int]  # dealers by bin of the forest's sums, see detectors.baselines.pattern
    points: list[PatternPoint]  # those of the smallest keys


class Census(msgspec.Struct, tag="census", frozen=True):
    """What one partition counted in one tick."""

    tick: int
    partition: int
    records: dict[str, int]  # source -> records counted since the last census
    blurred: bool  # the clock stood still: records of this tick may have counted in another one
    expected_orders: int  # of mature dealers, without common factor (scaled)
    largest_expected: int  # of one dealer among them (scaled)
    cells: list[CellSums]
    items: Sums  # by "currency NUL sku", columns: detectors.baselines.unit_price.ItemVotes
    complaints: Sums  # by sku: order lines times their dealers' rates, and cases
    returns: Sums
    pools: dict[str, list[int]]  # what the fleet teaches, once a day (scaled)
    patterns: list[PatternSums] = []  # likewise
    opened: list[OpenSums] = []  # at the end of a local day
    quantities: Sums = Sums()  # by sku: votes of order lines, and logs of their quantity


class RatioSums(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Fading sums of one group of dealers, by speed."""

    name: str
    observed: list[float]
    expected: list[float]
    shift: list[float] = []  # of order sizes: residuals times their weight …
    weight: list[float] = []  # … and weight


class PatternLaw(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What is usual in one tier."""

    tier: str
    common: float  # normal score all of the tier have in common today
    scores: list[float]  # normal score by bin, large = unusual; empty: nothing is usual yet
    forest: bytes  # see detectors.baselines.forest.pack; empty: as before


class Outlook(msgspec.Struct, tag="outlook", frozen=True):
    """What the whole network does now, after one tick."""

    tick: int
    network: RatioSums
    regions: list[RatioSums]
    tiers: list[RatioSums]
    items: Levels  # changed ones, by article: columns of detectors.baselines.price_lines.Item
    complaints: Levels  # changed ones, by sku: how often orders end in a case, and a current excess
    returns: Levels
    pools: dict[str, list[float]]  # changed ones
    thresholds: dict[str, float]  # kind -> nats
    silent: list[str]  # sources that seem to have stopped for everybody
    missing: list[int]  # partitions that did not report in time
    nominals: dict[str, float] = {}  # kind -> nats before calibration
    patterns: list[PatternLaw] = []  # after a local day
    opened: list[OpenSums] = []  # likewise
    quantities: Levels = Levels()  # changed ones, by sku: log of what a line usually has


class DealerCard(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Who a dealer is."""

    id: str
    name: str | None
    region: str | None
    tier: str | None
    manager: str | None


class Measure(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One measure of a dealer against what is usual."""

    unit: str
    ratio: float


class Reading(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One dealer's evidence of one kind, near or over the line."""

    kind: Kind
    dealer: DealerCard
    log_odds: float
    onset: int  # microseconds
    window_from: int  # microseconds
    observed: float
    expected: float
    unit: str
    ratio: float  # posterior mean of the change
    chance: float
    loss_per_week: float | None
    currency: str | None
    week_value: float | None  # what a usual week is worth, in `currency`
    network_ratio: float  # common factors in force for this dealer
    region_ratio: float
    warming_up: bool  # too young to alert
    factors: tuple[float, float, float] = (1.0, 1.0, 1.0)  # of the trade: orders, their size, price
    carried: dict[str, float] = {}  # name of a detector -> its share in the evidence
    measures: list[Measure] = []  # of an unusual pattern, the strongest first
    variance: float = 0.0  # of what is expected, relative; of the log, for a price index
    telling: bool = True  # the window shows it: fewer (or more) than expected
    share: float = 1.0  # of one dealer's false alerts; less where usually nothing can be proven
    ratio_low: float | None = None  # 80 % bounds of observed over expected, whenever the change …
    ratio_high: float | None = None  # … began; None where `variance` says them
    back: float = 0.0  # usual orders of goods that have come back of late; 0 = none, or not known …
    back_value: float | None = None  # … and their money, in `currency`


class OverdueIssues(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One dealer's issues that are overdue, or a backlog of them that ages unusually."""

    dealer: DealerCard
    observed: int  # issues overdue, expected 0; or open ones, where a backlog ages
    expected: float  # how many of the open ones would usually be open at their age
    since: int  # microseconds: the earliest missed deadline, or the opening of the oldest
    weight: float  # overdue issues, each counted up to four times by its age
    named: list[str]  # ids of the oldest


class PluggedAlarm(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A plugged detector has found something in one dealer's series."""

    dealer: DealerCard
    detector: str  # its name
    on: str  # the series
    first: int  # local days since 1970 of the first alarm …
    last: int  # … and of the last one
    observed: float  # on that day
    expected: float


class Signals(msgspec.Struct, tag="signals", frozen=True):
    """One partition's evidence after one tick."""

    tick: int
    partition: int
    readings: list[Reading]  # new ones …
    standing: dict[str, list[str]] = {}  # … and kind -> dealers of whom the last one stands
    overdue: list[OverdueIssues] = []
    plugged: list[PluggedAlarm] = []
    excursions: dict[str, int] = {}  # kind -> evidence found in the band about its threshold, net
    sharing: dict[str, int] = {}  # kind -> dealers with a full share of its budget …
    slight: dict[str, int] = {}  # … and with a slight one


class Omission(msgspec.Struct, tag="omission", frozen=True):
    """The network goes on without partitions that do not report, until they report again.

    It stands in the log of the messages that it waits for, so whoever reads that log decides alike.
    """

    tick: int  # that waits for them
    partitions: list[int]


Message = Census | Outlook | Signals | Omission
_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)


def encode(message: Message) -> bytes:
    """The message as one record's value."""
    return _encoder.encode(message)


def decode(data: bytes) -> Message:
    """The message of a record; msgspec.DecodeError when it is none of ours."""
    return _decoder.decode(data)


def readable(message: Message) -> dict[str, object]:
    """The message for people: numbers stand beside their names."""
    told: dict[str, object] = msgspec.to_builtins(message)
    for field in message.__struct_fields__:
        value = getattr(message, field)
        if isinstance(value, Sums | Levels):
            told[field] = value.table()
    return told
