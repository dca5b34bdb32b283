"""Event files, line by line, in constant memory: NDJSON, gzip or not, and standard input."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import cast

from schemas.dead_letter import MOST_KEPT
from streams.errors import OperationError, UsageError

CHUNK = 1 << 20  # bytes read at a time: about 5,000 lines
STDIN = "-"

_GZIP = b"\x1f\x8b"
_DAMAGE = (OSError, EOFError, zlib.error)
_AT_ONCE = CHUNK >> 4  # bytes asked of a stream: where one is damaged, no more than this is lost
_KEPT = MOST_KEPT + 1  # bytes of a line: one more than a letter holds shows that there was more


class FileError(OperationError):
    """A file that cannot be read; the message names it and says why."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Consecutive lines of one file without their line ends, as `decode_lines` takes them."""

    topic: str  # the file's name without folders; of standard input `stdin`
    first_line: int  # number of lines[0], from 0
    lines: list[bytes]


Progress = Callable[[int, int | None], None]
"""Called with the bytes read so far and all there are, on disk; while standard input is read, with
the bytes of its lines and None."""


def refuse_missing(paths: Sequence[str]) -> None:
    """Raises UsageError for what is no file, before anything is started."""
    for path in paths:
        if path != STDIN and (not Path(path).exists() or Path(path).is_dir()):
            what = "is a folder" if Path(path).is_dir() else "there is no such file"
            raise UsageError(f"{path}: {what}; NDJSON, NDJSON.gz or `-` is allowed")


def read_lines(paths: Sequence[str], progress: Progress | None = None) -> Iterator[Lines]:
    """All lines of the files, one file after the other; `-` is standard input.

    Of a line at most a little over 1 MiB is kept, enough to be refused as too large. Raises
    FileError, for a damaged file after the lines that could be read.
    """
    total = None if STDIN in paths else sum(_size(path) for path in paths)
    before = 0
    for path in paths:
        with _opened(path) as disk:
            for lines in _lines_of(path, disk):
                yield lines
                if total is None:
                    before += sum(map(len, lines.lines))
                if progress is not None:
                    progress(before if total is None else before + disk.tell(), total)
        before += 0 if total is None else _size(path)


def split_lines(chunks: Iterable[bytes]) -> Iterator[list[bytes]]:
    r"""The lines of consecutive chunks, without `\n` or `\r\n`, each cut after a little over 1 MiB.

    >>> list(split_lines([b"a\nb", b"c\r\n", b"d"]))
    [[b'a'], [b'bc'], [b'd']]
    """
    begun = b""  # the line that the chunks so far have not ended
    for chunk in chunks:
        first, *others = chunk.split(b"\n")
        begun = (begun + first)[:_KEPT]
        if others:
            yield [line.removesuffix(b"\r") for line in (begun, *others[:-1])]
            begun = others[-1]
    if begun:
        yield [begun]


def _size(path: str) -> int:
    """Bytes on disk."""
    try:
        return Path(path).stat().st_size
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}") from error


def _opened(path: str) -> AbstractContextManager[BufferedReader]:
    if path == STDIN:
        return nullcontext(cast("BufferedReader", sys.stdin.buffer))
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}") from error


def _lines_of(path: str, disk: BufferedReader) -> Iterator[Lines]:
    topic = "stdin" if path == STDIN else Path(path).name
    number = 0
    try:
        for lines in split_lines(_chunks(disk)):
            yield Lines(topic, number, lines)
            number += len(lines)
    except _DAMAGE as error:
        raise FileError(f"{path}: only {number:,} lines can be read: {error}") from error


def _chunks(disk: BufferedReader) -> Iterator[bytes]:
    """Content in pieces of about CHUNK bytes; of a damaged file all there is before the damage."""
    packed = disk.peek(len(_GZIP)).startswith(_GZIP)
    stream = gzip.GzipFile(fileobj=disk) if packed else disk
    begun = bytearray()
    try:
        while some := stream.read1(_AT_ONCE):
            begun += some
            if len(begun) >= CHUNK:
                yield bytes(begun)
                begun.clear()
    except _DAMAGE:
        yield bytes(begun)
        raise
    yield bytes(begun)
