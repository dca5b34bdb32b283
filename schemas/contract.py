"""The contracts as documents: JSON Schemas of what crosses a border, AsyncAPI of the topics.

Made from the models, so they cannot disagree with the code; committed in schemas/generated/, and a
test fails when they are not current. What we send is described open: consumers ignore fields they
do not know, so a schema that forbids them would break at the first new one.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from schemas.alert import Alert
from schemas.dead_letter import DeadLetter
from schemas.events import Complaint, Order, Return
from schemas.master import DealerRecord
from schemas.stats import DealerStats
from schemas.topic_contract import CONTENT_TYPES, TOPICS, Topic
from schemas.undelivered import Undelivered

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.json_schema import JsonSchemaMode

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Json = dict[str, Any]

RECEIVED: dict[str, type[BaseModel]] = {
    "order": Order,
    "complaint": Complaint,
    "return": Return,
    "dealer": DealerRecord,
}
SENT: dict[str, type[BaseModel]] = {
    "alert": Alert,
    "dealer-stats": DealerStats,
    "dead-letter": DeadLetter,
    "undelivered": Undelivered,
}


def documents() -> dict[str, str]:
    """Every document by the name of its file."""
    schemas = {name: _schema(name, model, "validation") for name, model in RECEIVED.items()}
    schemas |= {name: _schema(name, model, "serialization") for name, model in SENT.items()}
    written = {f"{name}.schema.json": _text(schema) for name, schema in schemas.items()}
    return written | {"asyncapi.json": _text(asyncapi())}


def asyncapi() -> Json:
    """AsyncAPI 3 of all topics; payloads refer to the schema files beside it."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Dealerwatch",
            "version": "1.0.0",
            "description": "Topics of Dealerwatch. Every name may carry the prefix of the setting "
            "`topics.prefix`. Records are keyed with UTF-8 text and Kafka's default partitioner "
            "(murmur2).",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {f"{t.action}-{t.name}": _operation(t) for t in TOPICS if t.public},
        "components": {"messages": {topic.name: _message(topic) for topic in TOPICS}},
    }


def _schema(name: str, model: type[BaseModel], mode: JsonSchemaMode) -> Json:
    identity: Json = {"$schema": DIALECT, "$id": f"urn:dealerwatch:{name}:1"}
    schema: Json = _opened(model.model_json_schema(mode=mode))
    return identity | schema


def _opened(schema: Any) -> Any:
    """The schema without the closing of our own models."""
    if isinstance(schema, list):
        return [_opened(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = schema.get("additionalProperties") is False
    return {
        key: _opened(value)
        for key, value in schema.items()
        if not (closed and key == "additionalProperties")
    }


def _channel(topic: Topic) -> Json:
    return {
        "address": topic.name,
        "title": topic.name,
        "description": topic.about,
        "messages": {topic.name: {"$ref": f"#/components/messages/{topic.name}"}},
    }


def _operation(topic: Topic) -> Json:
    """What this system does with the topic: `receive` or `send`."""
    return {
        "action": topic.action,
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "summary": topic.about.split(". ")[0].rstrip(".") + ".",
    }


def _message(topic: Topic) -> Json:
    message: Json = {
        "name": topic.name,
        "contentType": CONTENT_TYPES[topic.content],
        "bindings": {"kafka": {"key": {"type": "string", "description": topic.key}}},
    }
    if topic.schema is not None:
        message["payload"] = {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"./{topic.schema}.schema.json"},
        }
    if topic.headers:
        message["headers"] = {
            "type": "object",
            "properties": {name: {"type": "string", "description": d} for name, d in topic.headers},
        }
    return message


def _text(document: Json) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
