"""Log lines: an event and its facts on standard error."""

from __future__ import annotations

import json
import subprocess
import sys

WRITE = """
import logging
from streams.logs import configure, logger
configure("{level}")
log = logger("streams.example")
log.debug("looked")
log.info("state_saved", rows=3)
logging.getLogger("somebody").info("chatter")
logging.getLogger("somebody").warning("trouble %d", 7)
"""


def written(level: str) -> list[dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-c", WRITE.format(level=level)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == ""
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_lines_are_json_where_nobody_looks_and_libraries_write_the_same_form() -> None:
    saved, trouble = written("info")
    assert (saved["event"], saved["rows"], saved["level"]) == ("state_saved", 3, "info")
    assert saved["logger"] == "streams.example"
    assert str(saved["timestamp"]).endswith("Z")
    assert (trouble["event"], trouble["level"]) == ("trouble 7", "warning")


def test_level_chooses_our_lines_and_keeps_libraries_quiet() -> None:
    assert [line["event"] for line in written("debug")] == ["looked", "state_saved", "trouble 7"]
    assert written("error") == []
