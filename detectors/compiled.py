"""The decorator of `schemas.compiled`, under the name the core knows it by."""

from schemas.compiled import compiled as compiled  # noqa: PLC0414  told on
