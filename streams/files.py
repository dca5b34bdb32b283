"""Event files, line by line: NDJSON, gzip or not, and standard input."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lines:
    """Consecutive lines of one file, without line ends; feed them to schemas.decode.decode_lines."""

    topic: str  # the file's name without folders
    first_line: int  # number of lines[0], from 0
    lines: list[bytes]


def read_lines(
    paths: Sequence[str], progress: Callable[[int, int | None], None] | None = None
) -> Iterator[Lines]:
    """All lines of the files, one file after the other, in chunks of about 1 MiB; `-` is stdin.

    progress(bytes read, bytes in all or None) counts bytes on disk. Raises FileError.
    """
