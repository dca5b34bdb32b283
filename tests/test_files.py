"""Event files as lines: gzip, long lines, several files, damage."""

from __future__ import annotations

import gzip
import io
import sys
import tracemalloc
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.dead_letter import MOST_KEPT, DeadLetter, Reason
from schemas.decode import decode_lines
from streams.playing.files import CHUNK, FileError, Lines, read_lines, split_lines


def flat(chunks: list[Lines]) -> list[tuple[str, int, bytes]]:
    """Topic, number and text of each line."""
    return [
        (chunk.topic, chunk.first_line + at, line)
        for chunk in chunks
        for at, line in enumerate(chunk.lines)
    ]


def test_files_are_read_one_after_the_other_with_numbers_from_zero(tmp_path: Path) -> None:
    first, second = tmp_path / "a.ndjson", tmp_path / "b.ndjson.gz"
    first.write_bytes(b"one\r\n\ntwo")
    second.write_bytes(gzip.compress(b"three\nfour\n"))
    assert flat(list(read_lines([str(first), str(second)]))) == [
        ("a.ndjson", 0, b"one"),
        ("a.ndjson", 1, b""),
        ("a.ndjson", 2, b"two"),
        ("b.ndjson.gz", 0, b"three"),
        ("b.ndjson.gz", 1, b"four"),
    ]


def test_gzip_is_known_by_its_content(tmp_path: Path) -> None:
    packed, plain = tmp_path / "packed.ndjson", tmp_path / "plain.gz"
    packed.write_bytes(gzip.compress(b"a\n") + gzip.compress(b"b\n"))
    plain.write_bytes(b"c\n")
    lines = [line for _, _, line in flat(list(read_lines([str(packed), str(plain)])))]
    assert lines == [b"a", b"b", b"c"]


def test_empty_file_has_no_lines(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    assert list(read_lines([str(empty)])) == []


def test_standard_input_is_read_as_a_file_named_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = SimpleNamespace(buffer=io.BufferedReader(io.BytesIO(gzip.compress(b"a\nb\n"))))
    monkeypatch.setattr(sys, "stdin", stdin)
    seen: list[tuple[int, int | None]] = []
    chunks = list(read_lines(["-"], lambda read, total: seen.append((read, total))))
    assert flat(chunks) == [("stdin", 0, b"a"), ("stdin", 1, b"b")]
    assert seen == [(2, None)]


def test_progress_ends_at_the_bytes_on_disk(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in "ab"]
    for path in paths:
        path.write_bytes(b"x" * 99 + b"\n")
    seen: list[tuple[int, int | None]] = []
    list(read_lines([str(path) for path in paths], lambda *at: seen.append(at)))
    assert seen == [(100, 200), (200, 200)]


def test_lines_of_any_length_survive_the_edges_of_chunks(tmp_path: Path) -> None:
    path = tmp_path / "long"
    lines = [b"x" * size for size in (CHUNK - 1, 5, CHUNK, 0, MOST_KEPT, 1)]
    path.write_bytes(b"\n".join(lines))
    assert [line for _, _, line in flat(list(read_lines([str(path)])))] == lines


def test_endless_line_is_cut_in_constant_memory_and_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    with gzip.open(path, "wb", compresslevel=1) as packed:
        for _ in range(60):
            packed.write(bytes(CHUNK))
        packed.write(b"\nnext")
    tracemalloc.start()
    chunks = list(read_lines([str(path)]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * CHUNK
    assert [len(line) for _, _, line in flat(chunks)] == [MOST_KEPT + 1, 4]
    (letter,) = decode_lines(chunks[0].lines, "bomb.gz", 0)
    assert isinstance(letter, DeadLetter)
    assert letter.reason is Reason.TOO_LARGE


def test_truncated_gzip_gives_its_lines_and_then_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "cut.ndjson.gz"
    whole = gzip.compress("\n".join(f"line {n * n}" for n in range(400_000)).encode())
    path.write_bytes(whole[: len(whole) // 2])
    seen: list[Lines] = []
    with pytest.raises(FileError, match=r"cut\.ndjson\.gz: only [\d,]+ lines .*end") as told:
        seen.extend(read_lines([str(path)]))
    assert seen[0].lines[0] == b"line 0"
    assert f"only {seen[-1].first_line + len(seen[-1].lines):,} lines" in str(told.value)


def test_small_damaged_file_is_read_to_the_damage(tmp_path: Path) -> None:
    path = tmp_path / "small.ndjson.gz"
    whole = gzip.compress("\n".join(f"line {n * n}" for n in range(40_000)).encode())
    path.write_bytes(whole[: len(whole) // 2])
    read = read_lines([str(path)])
    assert len(next(read).lines) > 10_000
    with pytest.raises(FileError):
        next(read)


def test_damaged_gzip_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "bad.gz"
    path.write_bytes(gzip.compress(b"line\n")[:-8] + bytes(8))
    with pytest.raises(FileError, match=r"bad\.gz: .*CRC"):
        list(read_lines([str(path)]))
    path.write_bytes(b"\x1f\x8b\x08\x00" + b"nonsense" * 10)
    with pytest.raises(FileError, match=r"bad\.gz: only 0 lines can be read"):
        list(read_lines([str(path)]))


def test_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"none\.ndjson: No such file"):
        list(read_lines([str(tmp_path / "none.ndjson")]))
    with pytest.raises(FileError, match="directory"):
        list(read_lines([str(tmp_path)]))


@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=5))
def test_lines_do_not_depend_on_how_the_bytes_are_cut(data: bytes, at: list[int]) -> None:
    edges = [0, *sorted(at), max([*at, len(data)])]
    chunks = [data[start:stop] for start, stop in pairwise(edges)]
    found = [line for lines in split_lines(chunks) for line in lines]
    assert found == [line for lines in split_lines([data]) for line in lines]


@given(st.lists(st.binary(max_size=9).map(lambda line: line.translate(None, b"\r\n"))))
def test_lines_come_back_as_they_were_written(lines: list[bytes]) -> None:
    for end in (b"\n", b"\r\n"):
        written = b"".join(line + end for line in lines)
        assert [line for some in split_lines([written]) for line in some] == lines
