"""Files that people keep: CSV with a header, or one JSON object per line, as numbered rows."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from schemas.quoting import quoted, sentence

M = TypeVar("M", bound=BaseModel)


class TableError(ValueError):
    """What is wrong in which line of which file, and what is allowed."""


def parse_row(model: type[M], fields: dict[str, Any], where: str) -> M:
    """A row as a model, its empty fields left out. TableError names where, field and value."""
    given = {name: value for name, value in fields.items() if value is not None and value != ""}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        what = sentence(fault, model) if fault["loc"] else str(fault["ctx"]["error"])
        raise TableError(f"{where}: {what}") from None


def parse_object(text: str, where: str) -> dict[str, Any]:
    """One JSON object."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TableError(f"{where}: not JSON: {error}") from None
    if not isinstance(value, dict):
        raise TableError(f"{where}: {quoted(value)}; needed is one JSON object")
    return value


def json_rows(text: str, file: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where it stands (`file line 1`), and the object, of each line that is not blank."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            where = f"{file} line {number}"
            yield where, parse_object(line, where)


def csv_rows(text: str, file: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where it stands, and the trimmed cells by the header's names, of each row."""
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        for cells in reader:
            if any(cell.strip() for cell in cells):
                where = f"{file} line {reader.line_num}"
                yield where, _named(header, cells, where)
    except csv.Error as error:
        raise TableError(f"{file} line {reader.line_num}: not CSV: {error}") from None


def utf8(data: bytes, where: str) -> str:
    """The text of a file; a byte order mark, as spreadsheets write it, is left out."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise TableError(f"{where} line {line}: not UTF-8 ({error.reason})") from None


def _named(header: list[str], cells: list[str], where: str) -> dict[str, Any]:
    if len(cells) > len(header):
        raise TableError(f"{where}: {len(cells)} cells; allowed are {len(header)}, as the header")
    return dict(zip(header, (cell.strip() for cell in cells), strict=False))
