"""The lines as text: one table, methods across, and how far the budget was kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.detection.rows import Figure, Line

Results = Mapping[str, Mapping[str, Line]]  # method -> line -> measure -> figure

_ABSENT = "-"
DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "detection-benchmark.md"


def table(results: Results, ours: str) -> list[str]:
    """Markdown: every line and measure, the methods across, `ours` first."""
    methods = [ours, *(name for name in results if name != ours)]
    head = ["at equal false alarms a dealer-year", *methods]
    rows = [_row(name, results, methods) for name in results[ours]]
    return [_cells(head), _cells(["---"] * len(head)), *rows]


def intervals(line_by_name: Mapping[str, Line]) -> list[str]:
    """Markdown: the figures of one method with what dealers drawn anew give in 95 of 100 cases."""
    rows = [
        _cells([name, measure, _ranged(figure)])
        for name, line in line_by_name.items()
        for measure, figure in line.items()
        if figure.low is not None or figure.high is not None
    ]
    return [_cells(["line", "measure", "value (95 %)"]), _cells(["---"] * 3), *rows]


def calibration(rows: Iterable[tuple[float, str, float]]) -> list[str]:
    """Markdown: false alarms asked for and seen, by kind."""
    told = [_cells([f"{asked:g}", kind, f"{seen:.2f}"]) for asked, kind, seen in rows]
    return [_cells(["asked a dealer-year", "kind", "seen"]), _cells(["---"] * 3), *told]


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table, line by line."""
    return [_cells(head), _cells(["---"] * len(head)), *map(_cells, rows)]


def write(lines: Sequence[str], begin: str, end: str) -> None:
    """Put lines between their marks in the document."""
    text = DOCUMENT.read_text("utf-8")
    before, rest = text.split(begin)
    _, after = rest.split(end)
    DOCUMENT.write_text("\n".join([before + begin, *lines, end + after]), "utf-8")


def _row(name: str, results: Results, methods: Sequence[str]) -> str:
    measures = results[methods[0]][name]
    told = [_line(results[method].get(name), measures) for method in methods]
    return _cells([f"{name}: {' / '.join(measures)}", *told])


def _line(line: Line | None, measures: Iterable[str]) -> str:
    if line is None:
        return _ABSENT
    return " / ".join(_number(line[measure]) for measure in measures)


def _number(figure: Figure) -> str:
    return _short(figure.value)


def _short(value: float | None) -> str:
    if value is None:
        return "never"
    return f"{value:.2f}" if value < 1 else f"{value:.1f}"


def _ranged(figure: Figure) -> str:
    return f"{_short(figure.value)} ({_short(figure.low)} to {_short(figure.high)})"


def _cells(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
