"""Regular dealers who stop are found within their own gaps; irregular ones not sooner."""

from __future__ import annotations

from benchmarks.regular_dealers import Fleet, outcomes, play


def test_regular_dealers_are_found_within_their_own_gaps() -> None:
    """What `python -m benchmarks.regular_dealers` measures on 1,000 dealers, on 120."""
    found = outcomes(fleet := Fleet(dealers=120, days=182 + 120), play(fleet))
    assert found["every day"].within(4) >= 0.9
    assert found["every second Tuesday"].within(28) >= 0.8
    assert found["weekly, a day early or late"].within(21) >= 0.9
    assert found["by chance, one in 7 days"].within(14) <= 0.1
    years = sum(one.dealer_years for one in found.values())
    # the default budget: two a week for all kinds and dealers
    assert sum(one.false_alerts for one in found.values()) <= 2 * 52 * years / 120
