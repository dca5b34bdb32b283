"""The committed schemas are those of the code, are valid, and accept what we send."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from jsonschema import Draft202012Validator

from schemas.alert import encode
from schemas.contract import RECEIVED, SENT, documents
from schemas.dead_letter import DeadLetter, Reason, Refusal
from schemas.instant import parse_instant
from schemas.topic_contract import TOPICS
from schemas.undelivered import Undelivered
from streams.topics import names
from tests.samples import AT, alert
from tests.test_message import drafts_of_the_table
from tests.test_stats import stats

GENERATED = Path(__file__).parents[1] / "schemas" / "generated"
FORMATS = jsonschema.FormatChecker([])


@FORMATS.checks("date-time", ValueError)
def _is_instant(text: object) -> bool:
    return not isinstance(text, str) or isinstance(parse_instant(text), int)


LETTER = DeadLetter.of(Refusal(Reason.NOT_JSON, "line 1: not JSON"), ("orders", 0, 7), b"{")
KEPT = Undelivered(webhook_id="a:1", kept_at=AT, tries=3, detail="500", body="{}")
SAMPLES = {"alert": alert(), "dealer-stats": stats(), "dead-letter": LETTER, "undelivered": KEPT}

EVENT = {"event_id": "e1", "ts": "2024-05-31T23:59:59.5+02:00", "dealer_id": "16029"}
ORDER = EVENT | {"type": "order", "sku": "85123A", "quantity": 2.5, "unit_price": 0}


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(documents()[f"{name}.schema.json"])
    return loaded


def accepts(name: str, value: object) -> bool:
    return Draft202012Validator(schema(name), format_checker=FORMATS).is_valid(value)


def test_committed_documents_are_those_of_the_code() -> None:
    committed = {file.name: file.read_text(encoding="utf-8") for file in GENERATED.iterdir()}
    assert committed == documents(), "run `dealerwatch schema --out schemas/generated`"


@pytest.mark.parametrize("name", [*RECEIVED, *SENT])
def test_schema_is_valid(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))


@pytest.mark.parametrize("name", SENT)
def test_schema_accepts_what_is_sent(name: str) -> None:
    assert accepts(name, json.loads(encode(SAMPLES[name])))


def test_schema_accepts_every_alert_of_the_table() -> None:
    for each in drafts_of_the_table():
        assert accepts("alert", json.loads(encode(alert(**_fields_of(each)))))


def _fields_of(each: Any) -> dict[str, Any]:
    return {name: getattr(each, name) for name in type(each).model_fields if name != "schema_"}


@pytest.mark.parametrize("name", SENT)
def test_schema_demands_every_field_that_is_sent(name: str) -> None:
    whole = json.loads(encode(SAMPLES[name]))
    for field in whole:
        assert not accepts(name, {key: value for key, value in whole.items() if key != field})


@pytest.mark.parametrize("name", SENT)
def test_schema_leaves_room_for_new_fields(name: str) -> None:
    assert accepts(name, json.loads(encode(SAMPLES[name])) | {"new_in_version_1_1": 1})


def test_order_schema_says_what_the_contract_says() -> None:
    assert accepts("order", ORDER)
    assert accepts("order", ORDER | {"currency": None, "colour": "unknown fields are ignored"})
    for wrong in ({"quantity": 0}, {"quantity": "2"}, {"sku": ""}, {"currency": "eur"}):
        assert not accepts("order", ORDER | wrong)


def asyncapi() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(documents()["asyncapi.json"])
    return loaded


def test_asyncapi_names_every_topic_there_is() -> None:
    created = names("")
    assert set(asyncapi()["channels"]) == {getattr(created, slot) for slot in created.__slots__}
    assert len({topic.name for topic in TOPICS}) == len(TOPICS)


def test_asyncapi_references_lead_somewhere() -> None:
    whole = asyncapi()
    for reference in _references(whole):
        if reference.startswith("#/"):
            target: Any = whole
            for step in reference.removeprefix("#/").split("/"):
                target = target[step]
        else:
            assert reference.removeprefix("./") in documents()


def _references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [found for value in node.values() for found in _references(value)]
    if isinstance(node, list):
        return [found for value in node for found in _references(value)]
    return []


def test_asyncapi_describes_the_public_topics_with_a_schema() -> None:
    for topic in TOPICS:
        assert topic.public == (topic.schema is not None)
        assert (f"{topic.action}-{topic.name}" in asyncapi()["operations"]) == topic.public
