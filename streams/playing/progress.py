"""How far reading is, on standard error, where a person looks."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Progress = Callable[[int, int | None], None]


@contextmanager
def file_progress(files: Sequence[str]) -> Iterator[Progress | None]:
    """A function of (bytes read, bytes in all); None where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415  not for those who do not see it
    from rich.progress import Progress as Bar  # noqa: PLC0415

    title = files[0] if len(files) == 1 else f"{len(files)} files"
    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
