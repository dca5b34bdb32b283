"""A snapshot of state as rows of the compacted topic `state`, and back. Pure functions.

Arrays → a stream (NumPy's own format, one array after the other) → zstd → rows of less than 900 kB
(brokers refuse messages over 1 MiB), keys `part-3/0`, `part-3/1`, … and at the end `part-3/head`,
which says what belongs together and where in the logs the state stands. All rows of a snapshot are
written in one transaction, the head last, so a reader of committed records never sees a mixture;
the checksum proves it. Nothing is ever copied whole: arrays go into the compressor one by one, and
come out of it into arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO, cast

import msgspec
import numpy as np
import xxhash
import zstandard
from numpy.lib import format as npy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

SCHEMA = 1  # of rows and head; what the arrays mean is the core's own business
ROW_BYTES = 900_000
_LEVEL = 1  # float state hardly compresses; the higher levels cost ten times the time

Arrays = dict[str, "NDArray[np.generic]"]
Row = tuple[bytes, bytes | None]  # key, value; None deletes what an earlier snapshot left


class DamagedStateError(Exception):
    """Rows of a snapshot are missing or altered, or another version wrote them."""


class Standing(msgspec.Struct, frozen=True):
    """Where in the logs a state stands: the position after the last record it holds, by topic."""

    cut: int = 0
    tick: int | None = None
    positions: dict[str, int] = msgspec.field(default_factory=dict)
    left_out: tuple[int, ...] = ()  # partitions that the network goes on without


class Head(msgspec.Struct, frozen=True):
    """The head row."""

    schema: int
    rows: int
    checksum: int  # xxh3_64 of the compressed stream
    standing: Standing
    counts: dict[str, int]  # for people: dealers, events, …


@dataclass(frozen=True, slots=True)
class Saved:
    """A snapshot read back."""

    head: Head
    arrays: Arrays


def rows_of(
    owner: str,
    arrays: Mapping[str, NDArray[np.generic]],
    standing: Standing,
    counts: Mapping[str, int],
    rows_before: int = 0,
) -> list[Row]:
    """The rows of one snapshot, head last; `rows_before` were in the one it replaces.

    The arrays must not change meanwhile. TypeError for arrays of objects.
    """
    chunker = zstandard.ZstdCompressor(level=_LEVEL).chunker(chunk_size=ROW_BYTES)
    pieces = [piece for part in _stream(arrays) for piece in chunker.compress(part)]
    pieces += chunker.finish()  # type: ignore[no-untyped-call]  # a gap in its stubs
    digest = xxhash.xxh3_64()
    for piece in pieces:
        digest.update(piece)
    head = Head(SCHEMA, len(pieces), digest.intdigest(), standing, dict(counts))
    return [
        *((_key(owner, index), piece) for index, piece in enumerate(pieces)),
        *((_key(owner, index), None) for index in range(len(pieces), rows_before)),
        (_key(owner, "head"), msgspec.json.encode(head)),
    ]


def saved_in(owner: str, rows: Mapping[bytes, bytes]) -> Saved | None:
    """The snapshot of `owner` among `rows` (the last value per key); None when there is none.

    Raises DamagedStateError.
    """
    written = rows.get(_key(owner, "head"))
    if written is None:
        return None
    head = read_head(written)
    packed = b"".join(_pieces(owner, rows, head))
    if xxhash.xxh3_64_intdigest(packed) != head.checksum:
        raise DamagedStateError(f"state of {owner}: checksum differs; rows were altered")
    with zstandard.ZstdDecompressor().stream_reader(packed) as stream:
        return Saved(head, _arrays(cast("BinaryIO", stream)))


def read_head(value: bytes) -> Head:
    """The head in a row's value. Raises DamagedStateError for another schema."""
    schema = msgspec.json.decode(value, type=dict[str, object]).get("schema")
    if schema != SCHEMA:
        raise DamagedStateError(f"state has schema {schema}; this version reads {SCHEMA}")
    return msgspec.json.decode(value, type=Head)


def is_head(key: bytes) -> bool:
    """Is this the row that says where a state stands?"""
    return key.endswith(b"/head")


def _stream(arrays: Mapping[str, NDArray[np.generic]]) -> Iterator[bytes | memoryview]:
    names = msgspec.msgpack.encode(list(arrays))
    yield len(names).to_bytes(4, "little") + names
    for name, array in arrays.items():
        if array.dtype.hasobject:
            raise TypeError(f"array {name}: state must be plain values, not objects")
        plain = np.ascontiguousarray(array).reshape(array.shape)  # it makes one axis out of none
        head = BytesIO()
        npy.write_array_header_1_0(head, npy.header_data_from_array_1_0(plain))
        yield head.getvalue()
        if plain.size:
            yield plain.reshape(-1).view(np.uint8).data


def _arrays(stream: BinaryIO) -> Arrays:
    names = stream.read(int.from_bytes(stream.read(4), "little"))
    return {
        name: npy.read_array(stream, allow_pickle=False)
        for name in msgspec.msgpack.decode(names, type=list[str])
    }


def _pieces(owner: str, rows: Mapping[bytes, bytes], head: Head) -> Iterator[bytes]:
    for index in range(head.rows):
        piece = rows.get(_key(owner, index))
        if piece is None:
            raise DamagedStateError(f"state of {owner}: row {index} of {head.rows} is missing")
        yield piece


def _key(owner: str, part: int | str) -> bytes:
    return f"{owner}/{part}".encode()
