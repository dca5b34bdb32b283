"""What the parts of a demonstration are told."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.settings import Settings
from streams.showing.parts import PARTITIONS, Webhook, told

HERE = Webhook("http://127.0.0.1:1/", "whsec_" + "AAAA" * 8)


@pytest.mark.parametrize(
    ("set_by_user", "partitions"),
    [
        ({}, PARTITIONS),
        ({"topics": {"prefix": "x-"}}, PARTITIONS),
        ({"topics": {"partitions": 7}}, 7),
        ({"broker": "kafka:9092"}, Settings.model_fields["topics"].default.partitions),
    ],
)
def test_few_partitions_where_the_broker_is_its_own_and_nobody_asks_for_more(
    set_by_user: dict[str, Any], partitions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DEALERWATCH_BROKER", raising=False)
    settings = told(Settings.model_validate(set_by_user), "127.0.0.1:9", HERE, None)
    assert settings.topics.partitions == partitions
    assert settings.broker == "127.0.0.1:9"
