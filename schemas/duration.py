"""Durations as people write them: `90s`, `15m`, `1h`, `1d`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Self

from pydantic_core import CoreSchema, core_schema

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

_MICROS = {"s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
_WRITTEN = re.compile(r"([1-9][0-9]{0,6})([smhd])")  # 10⁷ days fit into the int64 of Micros


class Duration(int):
    """A positive length of time in whole microseconds, the unit of event time (`Micros`).

    >>> Duration.parse("15m"), Duration.parse("15m").seconds
    (Duration('15m'), 900.0)
    """

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError for anything but a whole number above 0 and one of s, m, h, d."""
        written = _WRITTEN.fullmatch(text)
        if written is None:
            raise ValueError("a duration is a whole number and a unit: 90s, 15m, 1h, 1d")
        return cls(int(written[1]) * _MICROS[written[2]])

    @property
    def seconds(self) -> float:
        """The same length in seconds, as timers want it."""
        return self / 1_000_000

    def __str__(self) -> str:
        """In the largest unit that divides it; `parse` reads it back."""
        unit = next((u for u in reversed(_MICROS) if self % _MICROS[u] == 0), "s")
        return f"{int(self) // _MICROS[unit]}{unit}"

    def __repr__(self) -> str:
        return f"Duration('{self}')"

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validated, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def _validated(cls, value: object) -> Self:
        if isinstance(value, cls):
            return value
        return cls.parse(value if isinstance(value, str) else "")
