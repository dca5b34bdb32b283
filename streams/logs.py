"""Log lines on standard error: an event name and key-values, never a secret.

Readable where a person looks (terminal), one JSON object per line elsewhere. Libraries that use the
standard logging module come out in the same form, from `warning` on.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from structlog.typing import Processor


def configure(level: str = "info") -> None:
    """Set up all log lines of this process; `level` as in the setting `log.level`."""
    threshold = logging.getLevelNamesMapping()[level.upper()]
    shared = _described()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_written())
    )
    logging.basicConfig(handlers=[handler], level=max(threshold, logging.WARNING), force=True)
    for ours in ("streams", "__main__"):
        logging.getLogger(ours).setLevel(threshold)
    if threshold > logging.DEBUG:  # what they say of a broker that is away, we say in a sentence
        for theirs in ("kafka", "aiokafka"):
            logging.getLogger(theirs).setLevel(logging.CRITICAL)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """What a module writes with: `log.info("state_saved", rows=3)`, an event and its facts."""
    bound: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return bound


def _described() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]


def _written() -> list[Processor]:
    forget = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if sys.stderr.isatty():
        return [forget, structlog.dev.ConsoleRenderer()]
    return [forget, structlog.processors.JSONRenderer()]
