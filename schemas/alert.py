"""Alerts: what the topics `alerts` and `ledger` carry, one object per change of an alert.

Reference: design.md section 5. A model that contradicts itself (a dealer alert without dealer,
parts that do not add up to the loss) cannot be built.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.fields import Count, Instant, Outgoing, Text, encode
from schemas.findings import (
    Dealer,
    Effect,
    Evidence,
    Forecast,
    Horizontal,
    Links,
    Message,
    Parts,
    SkuChange,
    Suppressed,
    Vertical,
    Window,
)
from schemas.rounding import cents
from schemas.vocabulary import (
    STATISTICAL,
    Change,
    Kind,
    Scope,
    Severity,
    Status,
    SuppressedReason,
    Unit,
    Verdict,
)

__all__ = [
    "STATISTICAL", "Alert", "Change", "Dealer", "Draft", "Effect", "Evidence", "Forecast",
    "Horizontal", "Kind", "Links", "Message", "Parts", "Scope", "Severity", "SkuChange", "Status",
    "Suppressed", "SuppressedReason", "Unit", "Verdict", "Vertical", "Window", "alert_id", "encode",
]  # fmt: skip

MOST_MEMBERS = 50
MOST_SKUS = 5
_ID_BYTES = 10  # 80 bits: among a billion alerts a collision has a chance below 1 in a million


class Draft(Outgoing):
    """A decided alert that has no words yet: all fields but `message` and `links`."""

    schema_: Literal["dealerwatch.alert/1"] = Field("dealerwatch.alert/1", alias="schema")
    alert_id: Text
    sequence: Annotated[int, Field(ge=1)]
    status: Status
    change: Change
    kind: Kind
    scope: Scope
    entity: Text
    dealer: Dealer | None = None
    at: Instant
    onset: Instant
    severity: Severity
    evidence: Evidence
    effect: Effect
    verdict: Verdict | None = None
    vertical: Vertical | None = None
    horizontal: Horizontal | None = None
    parts: Parts | None = None
    skus: Annotated[tuple[SkuChange, ...], Field(max_length=MOST_SKUS)] | None = None
    related: tuple[Text, ...] = ()
    forecast: Forecast | None = None
    members: Annotated[tuple[Text, ...], Field(max_length=MOST_MEMBERS)] | None = None
    members_total: Count | None = None
    suppressed: Suppressed | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for broken, what in _contradictions(self):
            if broken:
                raise ValueError(what)
        return self


class Alert(Draft):
    """One line of `alerts` or `ledger`, as it is sent."""

    message: Message
    links: Links = Links()

    @classmethod
    def of(cls, draft: Draft, message: Message, evidence_url: str | None = None) -> Self:
        """The draft with its words and the address of its page."""
        fields = {name: getattr(draft, name) for name in Draft.model_fields}
        return cls(**fields, message=message, links=Links(evidence=evidence_url))


def alert_id(kind: Kind, scope: Scope, entity: str, tick: int) -> str:
    """The id of the episode that opens at this tick: the same input gives the same id.

    >>> alert_id(Kind.RETURN_SPIKE, Scope.DEALER, "12931", 365_000)
    '43857a4864ca0c3b0abe'
    """
    identity = "\0".join((kind, scope, entity, str(tick)))
    return blake2b(identity.encode(), digest_size=_ID_BYTES).hexdigest()


def _contradictions(draft: Draft) -> list[tuple[bool, str]]:
    """Every rule that spans fields: (is it broken, what is allowed)."""
    of_dealer = draft.scope is Scope.DEALER
    judged = of_dealer and draft.kind in STATISTICAL
    loss = draft.effect.loss_per_week
    total = draft.parts.total if draft.parts else None
    return [
        (draft.status is not draft.change.status, f"status={draft.status} after {draft.change}"),
        (draft.onset > draft.at, "onset must not be after at"),
        (draft.effect.window.to > draft.at, "effect.window.to must not be after at"),
        (of_dealer != (draft.dealer is not None), "dealer is given for scope dealer only"),
        (
            draft.dealer is not None and draft.dealer.id != draft.entity,
            f"dealer.id must be the entity {draft.entity!r}",
        ),
        (judged and draft.verdict is None, "verdict is missing, statistical kinds need one"),
        (judged and draft.vertical is None, "vertical is missing, statistical kinds need one"),
        (not of_dealer and draft.verdict is not None, "verdict is for scope dealer only"),
        (
            draft.kind in (Kind.ISSUE_OVERDUE, Kind.FEED_OUTAGE) and draft.verdict is not None,
            "verdict is for statistical kinds only",
        ),
        (
            (draft.kind is Kind.FEED_OUTAGE) != (draft.scope is Scope.FEED),
            "feed_outage and scope feed go together",
        ),
        (
            draft.kind in STATISTICAL - {Kind.UNUSUAL_PATTERN} and None in _statistics(draft),
            "statistical kinds need evidence, observed and expected",
        ),
        ((draft.members is None) != (draft.members_total is None), "members_total with members"),
        ((loss is None) != (total is None), "parts are null exactly when loss_per_week is"),
        (
            loss is not None and total is not None and cents(loss) != -cents(total),
            f"parts.total={total} must be minus loss_per_week={loss}",
        ),
    ]


def _statistics(draft: Draft) -> tuple[float | None, ...]:
    return (
        draft.evidence.log_odds,
        draft.evidence.threshold,
        draft.evidence.false_alerts_per_year,
        draft.effect.observed,
        draft.effect.expected,
    )
