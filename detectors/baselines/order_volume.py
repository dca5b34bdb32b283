"""order_volume_drop, order_volume_surge: distinct orders come less, or more, often than usual.

What a tick expects is level * weekday * hour * common factor:
  level          gamma posterior of orders per day, half-life 35 days, learned a week late, so that
  a
                 change is suspected before it is learned; days under suspicion do not teach;
  weekday, hour  the dealer's own counts, with 25 and 60 orders' worth of its tier's profile;
  common factor  what the peers did in the same ticks (detectors.baselines.common_factor).
Counts are overdispersed and autocorrelated; how much is learned per dealer and shrunk to the fleet.
Silence needs nothing special: an empty tick where orders are expected is evidence by itself.

Works from about one order in three weeks upwards, after 14 days. Blind to a decline slower than its
learning (half in 60 days), and to dealers whose usual gap is longer than their silence.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from detectors.baselines.common_factor import SPEEDS
from detectors.baselines.suspicion import ACCEPT_DAYS, frozen, suspicion
from detectors.columns import F32, F64, I32, I64, Bool
from detectors.evidence import shiryaev_roberts as ev
from detectors.evidence.detector import Detector, Form
from detectors.locales import Segments
from schemas.alert import Kind
from schemas.compiled import compiled

DETECTOR: Final = Detector(
    kind=Kind.ORDER_VOLUME_DROP,
    form=Form.COUNT,
    sizes=np.array([0.7, 0.5, 0.25, 0.03]),
    falling=True,
    hourly=True,
)
SURGE: Final = Detector(
    kind=Kind.ORDER_VOLUME_SURGE,
    form=Form.COUNT,
    sizes=np.array([1.7, 3.0, 6.0]),
    falling=False,
    hourly=True,
)
LEARN_LATE_DAYS: Final = 7
LEVEL_KEEP: Final = 0.5 ** (1 / 35.0)  # per day
WEEKDAY_KEEP: Final = 0.5 ** (1 / 12.0)  # per week
HOUR_KEEP: Final = 0.5 ** (1 / 60.0)  # per day
PRIOR_DAYS: Final = 2.0  # what the tier's level is worth at first; it is forgotten like any day
LEVEL_PERSISTENCE_DAYS: Final = 30.0  # autocorrelation time of a young level's error
SUSPICION_KEEP: Final = 0.8  # per day
MIN_AGE_DAYS: Final = 14
ACCEPT_ORDERS: Final = 8.0  # usual orders a suspicion lasts before a new level is accepted …
MOST_ACCEPT_DAYS: Final = 365.0  # … or so long
LEAST_STEP: Final = 0.1  # expected orders worth a step of the evidence; less waits, at most a day


class Pools(NamedTuple):
    """What the fleet teaches about orders."""

    log_dispersion: float  # log of the variance of a day's log-intensity
    persistence: float  # its autocorrelation from day to day
    level: F64  # (tiers,) median orders per day
    weekday: F64  # (tiers, 7) profile, mean 1
    hour: F64  # (tiers, 24) profile, sum 1


class Volume(NamedTuple):
    """The baseline of each dealer."""

    level_orders: F64  # (n,) forgotten sums: orders …
    level_days: F64  # … and exposure, operating days
    level: F64  # (n,) orders per operating day
    weekday_orders: F64  # (n, 7)
    weekday_expected: F64  # (n, 7)
    weekday: F64  # (n, 7) profile in force, mean 1
    hour_orders: F32  # (n, 24)
    hour_total: F64  # (n,)
    dispersion: F64  # (n,) log deviation from the pool
    residual: F64  # (n,) of yesterday, standardised
    residual_worth: F64  # (n,) how much yesterday said about dispersion, 0 = nothing
    day_orders: F64  # (n,) of the open local day
    day_expected: F64  # (n,)
    day_exposure: F64  # (n,)
    late: F32  # (n, 7, 4) days waiting to teach: orders, exposure, expected, weight
    suspicion: F64  # (n,) 0 to 1
    frozen_days: F64  # (n,) under suspicion
    former: F64  # (n,) level before a new one was accepted, 0 = none; negative when that is higher
    own: F64  # (n, 2, SPEEDS) the dealer's share of its peers' sums
    pending_expected: F64  # (n,) not yet weighed
    pending_days: F64  # (n,)


def empty(n: int) -> Volume:
    """Nothing known yet of n dealers."""
    return Volume(
        level_orders=np.zeros(n),
        level_days=np.zeros(n),
        level=np.zeros(n),
        weekday_orders=np.zeros((n, 7)),
        weekday_expected=np.zeros((n, 7)),
        weekday=np.ones((n, 7)),
        hour_orders=np.zeros((n, 24), np.float32),
        hour_total=np.zeros(n),
        dispersion=np.zeros(n),
        residual=np.zeros(n),
        residual_worth=np.zeros(n),
        day_orders=np.zeros(n),
        day_expected=np.zeros(n),
        day_exposure=np.zeros(n),
        late=np.zeros((n, LEARN_LATE_DAYS, 4), np.float32),
        suspicion=np.zeros(n),
        frozen_days=np.zeros(n),
        former=np.zeros(n),
        own=np.zeros((n, 2, SPEEDS)),
        pending_expected=np.zeros(n),
        pending_days=np.zeros(n),
    )


@compiled
def exposure(
    volume: Volume, rows: I64, tier: I32, hours: F64, locale: I64, segments: Segments, out: F64
) -> None:
    """Fill out (k,) with the operating days of a tick, mean 1 a day.

    hours: (tiers, 24) profile; locale: (k,) row of the segments.
    """
    for k in range(len(rows)):
        i, g = rows[k], locale[k]
        total = 0.0
        for s in range(segments.share.shape[1]):
            hour = segments.hour[g, s]
            own = volume.hour_orders[i, hour] + 60.0 * hours[tier[i], hour]
            usual = volume.weekday[i, segments.weekday[g, s]] / (volume.hour_total[i] + 60.0)
            total += usual * own * segments.share[g, s]
        out[k] = total


@compiled
def learn_hours(volume: Volume, rows: I64, count: F64, locale: I64, segments: Segments) -> None:
    """Add a tick's orders to the hours it covers, in proportion."""
    total = segments.share[0].sum()  # the length of a tick is the same everywhere
    for k in range(len(rows)):
        if count[k] > 0.0:
            for s in range(segments.share.shape[1]):
                part = segments.share[locale[k], s] / total
                volume.hour_orders[rows[k], segments.hour[locale[k], s]] += count[k] * part
            volume.hour_total[rows[k]] += count[k]


def mature(volume: Volume, rows: I64, first_day: I64, tier: I32, day: I64, pools: Pools) -> Bool:
    """(k,) whether a dealer's silence means anything yet; day: (k,) its local one."""
    known = volume.level_orders[rows] + PRIOR_DAYS * pools.level[tier[rows]]
    old = day - first_day[rows] >= MIN_AGE_DAYS
    return np.asarray(old & (known > 3.0) & (volume.level_days[rows] > 5.0))


def peer_weight(volume: Volume, rows: I64) -> F64:
    """(k,) weight of a dealer's orders among its peers: large dealers do not drown small ones."""
    settled = volume.level_days[rows] > 10.0
    return np.where(settled, 1.0 / (1.0 + 0.15 * volume.level[rows]), 0.0)


def dispersion(volume: Volume, rows: I64, pools: Pools) -> F64:
    """(k,) variance of a day's log-intensity."""
    log = np.clip(pools.log_dispersion + volume.dispersion[rows], np.log(0.005), np.log(0.5))
    return np.asarray(np.exp(log))


def seen(
    volume: Volume,
    rows: I64,
    count: F64,
    pools: Pools,
    weight: F64,
    extra_variance: F64,
) -> ev.Seen:
    """The step of the evidence for some dealers; takes what is pending, with all of its time.

    weight, extra_variance: (k,) what known windows make of the evidence (detectors.calendar).
    """
    spread, fading = latent(volume, rows, pools, extra_variance)
    expected, elapsed = volume.pending_expected[rows], volume.pending_days[rows]
    volume.pending_expected[rows] = 0.0
    volume.pending_days[rows] = 0.0
    return ev.Seen(
        rows=rows,
        value=count,
        expected=np.maximum(expected, 1e-12),
        elapsed=elapsed,
        spread=spread,
        fading=fading * elapsed,
        weight=weight,
    )


def latent(volume: Volume, rows: I64, pools: Pools, extra_variance: F64) -> tuple[F64, F64]:
    """(k,) standard deviation of the latent log-intensity, and its fading per day.

    The error of a level lasts as long as the level: its variance joins the latent one, and the
    autocorrelation time is the mean of both, weighted by variance.
    """
    own = dispersion(volume, rows, pools) + extra_variance
    error = 1.0 / (volume.level_orders[rows] + PRIOR_DAYS)
    lasting = own / (1.0 - pools.persistence) + error * LEVEL_PERSISTENCE_DAYS
    days = np.maximum(lasting / (own + error), 1.05)
    return np.sqrt(np.log1p(np.clip(own + error, 0.0, 2.0))), -np.log1p(-1.0 / days)


class DayLesson(NamedTuple):
    """What a finished local day tells the fleet, per dealer (k,)."""

    surplus: F64  # of squared residuals over what the dispersion in force expects
    worth: F64  # how much the day says about dispersion
    product: F64  # of the residuals of two days
    product_worth: F64


def learn_day(
    volume: Volume,
    rows: I64,
    tier: I32,
    log_odds: F64,
    is_mature: Bool,
    month: F64,
    last_10_days: F64,
    day: int,
    planned: Bool,
    pools: Pools,
) -> tuple[DayLesson, Bool]:
    """Close a local day: suspicion, dispersion, level, profile. (k,) where a level is accepted.

    month, last_10_days: (k, 2) observed and expected orders; planned: (k,) in a known window.
    """
    lesson = np.zeros((4, len(rows)))
    accepted = np.zeros(len(rows), np.bool_)
    _learn_day(
        volume, rows, tier, log_odds, is_mature, month, last_10_days,
        day, planned, pools, lesson, accepted,
    )  # fmt: skip
    return DayLesson(*lesson), accepted


@compiled
def _learn_day(
    volume: Volume,
    rows: I64,
    tier: I32,
    log_odds: F64,
    is_mature: Bool,
    month: F64,
    last_10_days: F64,
    day: int,
    planned: Bool,
    pools: Pools,
    lesson: F64,
    accepted: Bool,
) -> None:
    for k in range(len(rows)):
        i = rows[k]
        log = min(max(pools.log_dispersion + volume.dispersion[i], np.log(0.005)), np.log(0.5))
        variance = np.exp(log)
        _learn_dispersion(volume, i, variance, planned[k], lesson[:, k])
        odds = log_odds[k] if is_mature[k] else ev.NOTHING
        volume.suspicion[i] = suspicion(volume.suspicion[i], odds, SUSPICION_KEEP)
        volume.frozen_days[i] = frozen(volume.frozen_days[i], volume.suspicion[i])
        _learn_level(volume, i, variance, day, planned[k])
        accepted[k] = _accept(volume, i, month[k, 0], month[k, 1])
        of_ten_days = _of_mean(variance, pools.persistence, 10.0)
        _restore(volume, i, last_10_days[k, 0], last_10_days[k, 1], of_ten_days)
        _refresh_level(volume, i, pools.level[tier[i]])
        _refresh_weekday(volume, i, pools.weekday[tier[i]])
        _begin_day(volume, i)


@compiled
def _refresh_level(volume: Volume, i: int, of_tier: float) -> None:
    """What was learned, and the tier's level beside it; 0 before anything was.

    After t days (1 - keep^t) / (1 - keep) are left of them, and keep^t of the prior. One that never
    fades would keep those who order seldom at 7 % too much for ever.
    """
    worth = PRIOR_DAYS * max(1.0 - (1.0 - LEVEL_KEEP) * volume.level_days[i], 0.0)
    posterior = (volume.level_orders[i] + worth * of_tier) / (volume.level_days[i] + worth)
    volume.level[i] = posterior if volume.level_days[i] > 0.0 else 0.0


@compiled
def _begin_day(volume: Volume, i: int) -> None:
    for h in range(24):
        volume.hour_orders[i, h] *= HOUR_KEEP
    volume.hour_total[i] *= HOUR_KEEP
    volume.day_orders[i] = volume.day_expected[i] = volume.day_exposure[i] = 0.0


@compiled
def _learn_dispersion(volume: Volume, i: int, variance: float, planned: bool, lesson: F64) -> None:
    """Bounded stochastic approximation: the dispersion at which E min(z^2, 6) = 0.97.

    The bound keeps single bad days from widening everything; 0.97 is that mean for a normal z.
    """
    count, mean = volume.day_orders[i], volume.day_expected[i]
    before, before_worth = volume.residual[i], volume.residual_worth[i]
    volume.residual_worth[i] = 0.0
    if planned or mean <= 0.0 or volume.level_days[i] <= 20.0 or volume.suspicion[i] >= 0.9:
        return
    z = (count - mean) / np.sqrt(mean + variance * mean * mean + 1e-9)
    worth = variance * mean / (1.0 + variance * mean)
    lesson[0] = (min(z * z, 6.0) - 0.97) * worth
    lesson[1] = worth
    volume.dispersion[i] += 0.04 * lesson[0] - 0.04 * 0.12 * volume.dispersion[i] * worth
    volume.residual[i] = min(max(z, -2.5), 2.5)
    volume.residual_worth[i] = worth
    lesson[2] = worth * before_worth * volume.residual[i] * before
    lesson[3] = (worth * before_worth) ** 1.5


@compiled
def _learn_level(volume: Volume, i: int, variance: float, day: int, planned: bool) -> None:
    """The day a week ago teaches, today waits in its place; bulk beyond three deviations is cut."""
    waiting = volume.late[i, day % LEARN_LATE_DAYS]
    count, exposed, mean, weight = waiting[0], waiting[1], waiting[2], waiting[3]
    waiting[0], waiting[1] = volume.day_orders[i], volume.day_exposure[i]
    waiting[2], waiting[3] = volume.day_expected[i], 0.25 if planned else 1.0
    if weight == 0.0:
        return
    trust = weight * (1.0 - volume.suspicion[i])
    if volume.level_days[i] >= 14.0:
        count = min(count, mean + 3.0 * np.sqrt(mean + variance * mean * mean) + 1.0)
    volume.level_orders[i] = volume.level_orders[i] * LEVEL_KEEP + trust * count
    volume.level_days[i] = volume.level_days[i] * LEVEL_KEEP + trust * exposed
    if weight == 1.0:
        w = (day + 3) % 7  # 1970-01-01 was a Thursday
        level = volume.level_orders[i] / max(volume.level_days[i], 1e-9)
        plain = level * exposed / max(volume.weekday[i, w], 1e-3)
        volume.weekday_orders[i, w] = volume.weekday_orders[i, w] * WEEKDAY_KEEP + trust * count
        volume.weekday_expected[i, w] = volume.weekday_expected[i, w] * WEEKDAY_KEEP + trust * plain


@compiled
def _accept(volume: Volume, i: int, observed: float, expected: float) -> bool:
    """After 60 days (8 usual gaps) of suspicion the last four weeks are the level.

    The old one is remembered.
    """
    own = min(ACCEPT_ORDERS / max(volume.level[i], 1e-9), MOST_ACCEPT_DAYS)
    if volume.frozen_days[i] <= max(ACCEPT_DAYS, own):
        return False
    if observed < expected:
        volume.former[i] = max(volume.former[i], volume.level[i])
    else:
        volume.former[i] = -volume.level[i]
    volume.level_orders[i] = observed
    volume.level_days[i] = expected / max(volume.level[i], 1e-9)
    volume.frozen_days[i] = 0.0
    volume.suspicion[i] = 0.0
    return True


@compiled
def _of_mean(variance: float, phi: float, days: float) -> float:
    """Relative variance of the mean of so many days: good and bad weeks outlast a day."""
    return float(variance * min((1.0 + phi) / (1.0 - phi) / days, 1.0))


@compiled
def _restore(volume: Volume, i: int, observed: float, expected: float, variance: float) -> None:
    """A dealer that comes back to its former level gets it back at once.

    variance: relative, of what ten days bring; a few good ones are no return. Less proof is asked
    of the end of a surge: what was usual before it is no drop, whatever brought it back.
    """
    former = abs(volume.former[i])
    if former <= 0.0 or volume.level[i] <= 0.0:
        return
    days = expected / volume.level[i]
    before, deviation = former * days, np.sqrt(expected + 1.0)
    if volume.former[i] > 0.0:
        moody = np.sqrt(expected + variance * expected**2 + 1.0)
        back = observed > max(0.75 * before, 1.25 * expected, expected + 3.0 * moody)
    else:  # a surge that has lasted so long that it was the level
        back = 0.75 * before < observed < min(0.75 * expected, expected - 3.0 * deviation)
    if back:
        volume.level_orders[i] = 0.5 * (observed + before)
        volume.level_days[i] = days
        volume.former[i] = 0.0


@compiled
def _refresh_weekday(volume: Volume, i: int, profile: F64) -> None:
    total = 0.0
    for w in range(7):
        own = volume.weekday_orders[i, w] + 25.0 * profile[w]
        volume.weekday[i, w] = own / (volume.weekday_expected[i, w] + 25.0)
        total += volume.weekday[i, w]
    for w in range(7):
        volume.weekday[i, w] *= 7.0 / total
