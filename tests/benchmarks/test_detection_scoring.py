"""The scorer of the detection benchmark, on tiny tables with known answers."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.detection.episodes import Openings, Scores, openings
from benchmarks.detection.matching import interval, matched, threshold
from benchmarks.detection.rows import measure
from benchmarks.detection.scenarios import KINDS, Planted, Truth
from benchmarks.detection.scoring import delays, judge, rate, within
from benchmarks.detection.table import calibration, intervals, table
from schemas.alert import Kind

DROP = Kind.ORDER_VOLUME_DROP
DAYS = 400


def opened(*alerts: tuple[int, float]) -> Openings:
    return Openings(np.array([d for d, _ in alerts], np.int64), np.array([at for _, at in alerts]))


def planted(*incidents: tuple[int, float, float]) -> Planted:
    n = len(incidents)
    return Planted(
        dealer=np.array([one[0] for one in incidents], np.int64),
        onset=np.array([one[1] for one in incidents], np.float64),
        end=np.array([one[2] for one in incidents], np.float64),
        size=np.ones(n),
        slow=np.zeros(n, np.bool_),
        rhythm=np.zeros(n, np.int64),
        rate=np.full(n, 20.0),
    )


def truth(dealers: int, drops: Planted) -> Truth:
    never = np.zeros((dealers, DAYS), np.bool_)
    free = {kind: np.array(~never) for kind in KINDS}
    for dealer, onset, end in zip(drops.dealer, drops.onset, drops.end, strict=True):
        free[DROP][dealer, int(onset) : int(end) + 29] = False
    every = {kind: drops if kind is DROP else planted() for kind in KINDS}
    return Truth(every, free, never, never, never)


def scores(dealers: int, *peaks: tuple[int, int, float]) -> Scores:
    values = np.full((dealers, DAYS), -np.inf, np.float32)
    for dealer, day, height in peaks:
        values[dealer, day] = height
    return Scores(values, 1)


def test_alert_opens_once_while_the_score_flickers() -> None:
    seen = scores(2, (0, 10, 5.0), (0, 15, 5.0), (0, 22, 5.0), (0, 30, 5.0), (1, 30, 5.0))
    found = openings(seen, 5.0)
    assert found.dealer.tolist() == [0, 0, 1]
    assert found.at.tolist() == [11, 31, 31]  # known at the end of the step


def test_first_step_of_the_first_dealer_can_open() -> None:
    assert openings(scores(1, (0, 0, 5.0)), 4.0).at.tolist() == [1]


def test_delay_is_that_of_the_first_alert_inside() -> None:
    drops = planted((0, 100.0, 130.0), (1, 100.0, 130.0), (2, 100.0, 130.0))
    found = delays(drops, opened((0, 99), (0, 104.5), (0, 110), (1, 131), (3, 105)))
    assert found.tolist() == [4.5, np.inf, np.inf]


def test_nothing_opened_is_everything_missed() -> None:
    assert delays(planted((0, 100.0, 130.0)), opened()).tolist() == [np.inf]


def test_alerts_of_an_incident_are_not_false() -> None:
    true = truth(2, planted((0, 100.0, 130.0)))
    outcome = judge(true, DROP, opened((0, 105), (0, 150), (0, 170), (1, 105)))
    assert list(zip(*outcome.false, strict=True)) == [(0, 170), (1, 105)]


def test_alert_at_midnight_belongs_to_the_day_that_ended() -> None:
    days = np.zeros((1, DAYS), np.bool_)
    days[0, 10] = True
    assert within(days, opened((0, 10), (0, 10.5), (0, 11), (0, 11.5))).at.tolist() == [10.5, 11]


def test_rate_is_per_dealer_year() -> None:
    days = np.ones((2, 365), np.bool_)
    assert rate(days, opened((0, 5), (1, 7), (1, 90))) == 1.5
    assert rate(~days, opened((0, 5))) == 0


def test_threshold_is_the_smallest_that_keeps_the_budget() -> None:
    true = truth(1, planted())
    seen = scores(1, (0, 10, 3.0), (0, 110, 4.0), (0, 210, 5.0), (0, 310, 6.0))
    years = DAYS / 365
    assert threshold(true, DROP, seen, 2.0 / years) == 5.0
    assert threshold(true, DROP, seen, 0.5 / years) == np.inf
    assert len(matched(true, DROP, seen, 3.0 / years).at) == 3


def test_interval_draws_dealers_and_holds_the_estimate() -> None:
    dealer, values = np.repeat(np.arange(20), 5), np.repeat(np.arange(20.0), 5)
    found = interval(dealer, values, lambda v: float(np.mean(v)))
    assert found.low < found.value == 9.5 < found.high
    assert found.high - found.low > 3  # 20 dealers, not 100 values


def test_lines_tell_what_was_found() -> None:
    drops = planted((0, 100.0, 130.0), (1, 200.0, 240.0))
    seen = {kind: scores(3) for kind in KINDS}
    seen[DROP] = scores(3, (0, 103, 9.0), (1, 210, 9.0))
    lines = measure(truth(3, drops), seen)
    assert lines["volume, 1"]["recall in 7 d"].value == 0.5
    assert lines["volume, 1"]["delay, days"].value == pytest.approx(7.5)
    assert lines["silence of large dealers"]["median, days"].value == 11
    assert "slow erosion" in lines


def test_table_puts_ours_first_and_leaves_out_what_is_not_made_for_it() -> None:
    drops = planted((0, 100.0, 130.0))
    seen = {kind: scores(3) for kind in KINDS}
    ours, other = measure(truth(3, drops), seen), measure(truth(3, drops), {DROP: seen[DROP]})
    rows = table({"other": other, "ours": ours}, "ours")
    assert rows[0].endswith("| ours | other |")
    price = next(row for row in rows if row.startswith("| price, 1"))
    assert price.endswith("| - |")
    assert all(row.count("|") == 4 for row in rows[2:])
    assert any("0.00 (0.00 to 0.00)" in row for row in intervals(ours))
    assert calibration([(0.1, "x", 0.123)])[-1] == "| 0.1 | x | 0.12 |"
