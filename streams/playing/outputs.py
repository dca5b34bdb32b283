"""Files of lines that appear only when they are complete.

A run that is killed half-way leaves the files of an earlier run as they were, and a `.part` file
beside them; nobody takes half a result for a whole one.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from streams.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

_BUFFER = 1 << 20  # a megabyte: 4 files, so a few calls a second and no memory to speak of


@contextmanager
def line_files(
    *paths: Path | None, read: Collection[Path | None] = ()
) -> Iterator[tuple[Callable[[bytes], None], ...]]:
    """One function per path that writes a line; for None one that does nothing.

    The files are put in place when the block ends without an error. Raises UsageError for a path
    that cannot be written, or is among those that are `read`, before anything else happens.
    """
    given = [path for path in paths if path is not None]
    refuse_inputs(given, [path for path in read if path is not None])
    _refuse_doubles(given)
    with ExitStack() as stack:
        yield tuple(stack.enter_context(_line_file(path)) for path in paths)


@contextmanager
def _line_file(path: Path | None) -> Iterator[Callable[[bytes], None]]:
    if path is None:
        yield lambda _line: None
        return
    special = path.exists() and not path.is_file()  # a pipe, /dev/stdout: nothing to put in place
    target = path if special else path.resolve()
    part = path if special else target.with_name(target.name + ".part")
    with _opened(part, path) as file:
        yield lambda line: _write(file, line)
    if not special:
        part.replace(target)


def _write(file: BinaryIO, line: bytes) -> None:
    file.write(line)
    file.write(b"\n")


@contextmanager
def _opened(part: Path, asked: Path) -> Iterator[BinaryIO]:
    try:
        file = part.open("wb", buffering=_BUFFER)
    except OSError as error:
        raise UsageError(f"{asked}: cannot be written: {error.strerror}") from None
    with file:
        yield file


def refuse_inputs(paths: Collection[Path], read: Collection[Path]) -> None:
    """Raises UsageError for an output that would take the place of an input."""
    inputs = {path.resolve() for path in read}
    for path in paths:
        if path.is_file() and path.resolve() in inputs:
            raise UsageError(f"{path}: is read; name another file for what is written")


def _refuse_doubles(paths: list[Path]) -> None:
    seen: set[Path] = set()
    for path in (path.resolve() for path in paths):
        if path in seen and (path.is_file() or not path.exists()):
            raise UsageError(f"{path}: is named for two outputs; each needs a file of its own")
        seen.add(path)
