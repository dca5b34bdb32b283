"""When a former level is back."""

from __future__ import annotations

import pytest

from detectors.baselines import order_volume


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
