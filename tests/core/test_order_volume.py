"""What is expected of a dealer: its level, when a former one is back, how sure it is."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.baselines import order_volume
from detectors.evidence import shiryaev_roberts as ev

FLAT = np.ones((1, 7))


def restored(observed: float, former: float, of_ten_days: float) -> bool:
    """Ten days against 200 expected orders; of_ten_days: their relative variance."""
    volume = order_volume.empty(1)
    volume.level_orders[0], volume.level_days[0], volume.level[0] = 1000.0, 50.0, 20.0
    volume.former[0], volume.dispersion[0] = former, 0.7
    order_volume._restore(volume, 0, observed, 200.0, of_ten_days)
    assert volume.dispersion[0] == 0.7  # another level, the same moods
    return bool(volume.former[0] == 0.0)


@pytest.mark.parametrize(("of_ten_days", "back"), [(0.0, True), (0.2, False)])
def test_former_level_is_back_when_moods_do_not_explain_it(of_ten_days: float, back: bool) -> None:
    assert restored(350.0, 40.0, of_ten_days) is back


def test_level_before_a_surge_is_back_whatever_the_moods() -> None:
    assert restored(90.0, -8.0, 0.2)


def level_after(days: int, orders_a_day: float, tier_level: float) -> float:
    """What is expected of a dealer that trades evenly, in a tier of others."""
    volume, rows = order_volume.empty(1), np.zeros(1, np.int64)
    pools = order_volume.Pools(np.log(0.08), 0.6, np.array([tier_level]), FLAT, np.ones((1, 24)))
    for day in range(days + order_volume.LEARN_LATE_DAYS):
        volume.day_orders[:], volume.day_expected[:] = orders_a_day, volume.level
        volume.day_exposure[:] = 1.0
        order_volume.learn_day(
            volume, rows, rows.astype(np.int32), np.full(1, ev.NOTHING), np.ones(1, np.bool_),
            np.zeros((1, 2)), np.zeros((1, 2)), day, np.zeros(1, np.bool_), pools,
        )  # fmt: skip
    return float(volume.level[0])


def test_level_of_the_tier_helps_at_first_and_is_forgotten() -> None:
    assert 0.5 < level_after(3, 0.4, 1.0) < 0.8
    assert level_after(400, 0.4, 1.0) == pytest.approx(0.4, rel=0.005)
