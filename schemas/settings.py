"""Every setting there is, with its unit, its range and the reason for its default.

`Settings` takes values only, so that the core stays a function of values. Where the values come
from (YAML file, environment, `--set`) is the business of `streams/configuration.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from schemas.duration import Duration
from schemas.plugged import MOST_PLUGGED, Plugged
from schemas.zone import COUNTRY, ZoneName

_HOSTS = r"^[^\s,:]+:[0-9]+(,[^\s,:]+:[0-9]+)*$"
_WEB = r"^(https?://\S+)?$"  # or empty
_HOUR, _DAY = Duration.parse("1h"), Duration.parse("1d")


def _between(least: str, most: str) -> AfterValidator:
    low, high = Duration.parse(least), Duration.parse(most)

    def check(value: Duration) -> Duration:
        if not low <= value <= high:
            raise ValueError(f"must be between {low} and {high}")
        return value

    return AfterValidator(check)


def _divides_a_day(tick: Duration) -> Duration:
    if _DAY % tick:
        raise ValueError("must divide 24 hours exactly, for example 1m, 15m, 1h, 6h, 1d")
    return tick


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Budget(_Group):
    """How many false alerts the team accepts."""

    false_alerts_per_week: Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)] = 2.0
    """False alerts per week the whole team accepts; the one knob. Above 0, at most 100,000. Two
    a week can be looked into with care; more alerts, found earlier, cost more false ones."""


class Market(_Group):
    """The market as an entity."""

    name: Annotated[str, Field(min_length=1, max_length=128)] = "market"
    """Entity name of alerts on the market as a whole, 1 to 128 characters."""


class Topics(_Group):
    """Names and shape of the topics."""

    prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,100}$")] = ""
    """Put before the name of every topic and consumer group: letters, digits, dot, line,
    underscore; at most 100. Empty, because one system per Kafka is usual."""
    partitions: Annotated[int, Field(ge=1, le=1_000)] = 4
    """Partitions of orders, complaints, returns, ticks, network: 1 to 1,000; the most workers
    that can share the load. It cannot change later, because it decides where a dealer lives."""
    replication_factor: Annotated[int, Field(ge=1, le=15)] = 1
    """Copies of every topic, 1 to 15. One is what a single broker can hold; use 3 in
    production."""
    min_insync_replicas: Annotated[int, Field(ge=1, le=15)] = 1
    """Copies that must confirm a write, 1 to `topics.replication_factor`; use 2 of 3 in
    production."""

    @model_validator(mode="after")
    def _enough_replicas(self) -> Self:
        if self.min_insync_replicas > self.replication_factor:
            raise ValueError(
                f"min_insync_replicas={self.min_insync_replicas} must not be above "
                f"replication_factor={self.replication_factor}"
            )
        return self


class Worker(_Group):
    """What one worker holds and saves."""

    save_interval: Annotated[Duration, _between("1s", "10m")] = Duration.parse("5s")
    """Wall time between saves of state, 1s to 10m. A crash replays about twice this; one save
    costs a few milliseconds."""
    read_ahead: Annotated[int, Field(ge=1_000, le=10_000_000)] = 5_000
    """Records of one source and partition that may wait for their cut, 1,000 to 10,000,000.
    Decoded, one of 200 bytes takes 350: 5,000 are 2 MB, of eight partitions 14 MB."""
    session_timeout: Annotated[Duration, _between("6s", "5m")] = Duration.parse("10s")
    """How long Kafka waits for a silent worker before another takes over, 6s to 5m (the
    broker's own limits)."""
    report_limit: Annotated[Duration, _between("10s", "1d")] = Duration.parse("10m")
    """How long a tick waits for a partition that does not report when others have, 10s to 1d; then
    it goes on without, until the partition reports again. Well above a restart, and above the time
    one partition may take longer than others to read a backlog."""


class Cuts(_Group):
    """How often the clock cuts the logs while no tick falls."""

    interval: Annotated[Duration, _between("1s", "1h")] = Duration.parse("10s")
    """Wall time between cuts of the clock where no tick falls, 1s to 1h. Records wait for their
    cut, so this is the age of what `dealer-stats` and metrics know."""
    records: Annotated[int, Field(ge=100, le=1_000_000)] = 50_000
    """Most records of one source and partition in one cut, 100 to 1,000,000; so what a worker
    holds is bounded."""


class Webhook(_Group):
    """Where alerts are posted."""

    url: Annotated[str, Field(pattern=_WEB, max_length=2_000)] = ""
    """Where alerts are posted (Standard Webhooks), http:// or https://. Empty: nowhere."""
    secret: SecretStr = SecretStr("")
    """Signing key, `whsec_` and base64. Needed with `webhook.url`; best from the environment."""
    deadline: Annotated[Duration, _between("1s", "1d")] = Duration.parse("5m")
    """Wall time to try one delivery with growing pauses, 1s to 1d; then it is kept and tried
    again later."""
    retry_interval: Annotated[Duration, _between("1s", "7d")] = Duration.parse("10m")
    """Wall time between tries of what was kept, 1s to 7d. Receivers that are down stay down for
    minutes."""

    @model_validator(mode="after")
    def _signed(self) -> Self:
        if self.url and not self.secret.get_secret_value().startswith("whsec_"):
            raise ValueError("secret must be `whsec_` and base64 when url is set")
        return self


class Metrics(_Group):
    """Where Prometheus finds the numbers."""

    host: Annotated[str, Field(min_length=1, max_length=253)] = "127.0.0.1"
    """Address the metrics are served on. This machine only, until you decide otherwise (0.0.0.0
    for all)."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 0
    """Port the metrics are served on; 0 takes a free one and logs it, so that several processes
    start side by side, as the two agents of a worker with both roles do: it needs 0."""


class Links(_Group):
    """Links in alerts."""

    base_url: Annotated[str, Field(pattern=_WEB, max_length=2_000)] = ""
    """Beginning of the links in alerts, http:// or https://. Empty: alerts carry no links."""


class Calendar(_Group):
    """Days that are known to differ."""

    file: Path | None = None
    """Holidays, promotions and planned events, CSV or ICS. None by default; `--calendar` of
    replay is the same."""
    country: Annotated[str, Field(pattern=f"^({COUNTRY}(,{COUNTRY})*)?$", max_length=200)] = ""
    """National holidays to know without a file, and the days off worked for them: ISO 3166 codes
    such as DE, CN or DE-BY, several with commas. The field `country` of a dealer's master data
    beats it. Empty: none, because a wrong guess would hide true silence."""

    @property
    def countries(self) -> tuple[str, ...]:
        """The codes one by one, in alphabetical order."""
        return tuple(sorted({code for code in self.country.split(",") if code}))


class Log(_Group):
    """Log lines on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least level of log lines. `info` is one line per decision and none per event."""


class Settings(BaseSettings):
    """All settings, frozen. Unknown names and impossible values raise ValidationError.

    >>> Settings.model_validate({"tick": "15m", "market": {"name": "EU"}}).tick.seconds
    900.0
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        env_prefix="DEALERWATCH_",
        env_nested_delimiter="__",
    )

    broker: Annotated[str, Field(pattern=_HOSTS)] = "127.0.0.1:9092"
    """Kafka to connect to, HOST:PORT, several with commas. The default is where `dealerwatch
    broker` listens."""
    tick: Annotated[Duration, _between("1m", "1d"), AfterValidator(_divides_a_day)] = _HOUR
    """Length of one interval of event time, 1m to 1d; must divide 24 hours. Statistics and
    alerts advance by ticks; an hour is soon enough for trade and cheap for any number of
    dealers."""
    lateness: Annotated[Duration, _between("1s", "1d")] = Duration.parse("5m")
    """How long after its end a tick waits for late events, 1s to 1d. Most systems deliver
    within minutes."""
    late_limit: Annotated[Duration, _between("1h", "60d")] = Duration.parse("7d")
    """Older events are refused (`too_old`), repeats within it are known, 1h to 60d. Each
    accepted event costs 8 bytes of memory for this long."""
    cancel_window: Annotated[Duration, _between("1m", "60d")] = Duration.parse("48h")
    """A return of nearly the whole order within this time cancels it, 1m to 60d."""
    issue_deadline: Annotated[Duration, _between("1h", "365d")] = Duration.parse("7d")
    """When an issue without `due` is overdue, after it was opened, 1h to 365d."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "EUR"
    """Currency of prices that name none, ISO 4217, three upper-case letters."""
    timezone: ZoneName = "UTC"
    """Where weekdays, hours and holidays are those of the dealers: an IANA time zone. The field
    `timezone` of a dealer's master data beats it."""
    market: Market = Market()
    budget: Budget = Budget()
    topics: Topics = Topics()
    worker: Worker = Worker()
    cuts: Cuts = Cuts()
    webhook: Webhook = Webhook()
    metrics: Metrics = Metrics()
    links: Links = Links()
    detectors: Annotated[tuple[Plugged, ...], Field(max_length=MOST_PLUGGED)] = ()
    """Detectors of river to run beside our own on daily series of dealers, at most 8: in the YAML
    file, a list of `path`, `parameters`, `on`, `threshold`, `dealers`. None by default: their
    alarms are not calibrated, and the budget does not bound them."""
    calendar: Calendar = Calendar()
    log: Log = Log()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Values given, nothing else: see the header."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)
