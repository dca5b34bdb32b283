"""What a worker plays before it joins is a trade in which something happens."""

from __future__ import annotations

from detectors.deciding.network import Network
from detectors.setup import Setup
from detectors.watching.partition import Partition
from schemas.alert import Change, Kind
from schemas.settings import Settings
from streams.workers.rehearsal import rehearse


def test_rehearsal_tells_of_a_dealer_that_stops_and_of_what_comes_back() -> None:
    daily = Setup(Settings.model_validate({"tick": "1d"}))
    alerts = rehearse(Partition(0, daily), Network(daily, 1))
    opened = {one.kind for one in alerts if one.change is Change.OPENED}
    assert opened == {Kind.ORDER_VOLUME_DROP, Kind.RETURN_SPIKE, Kind.ISSUE_OVERDUE}
