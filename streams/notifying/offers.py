"""What the notifier remembers of alerts: which were offered, and how far everything is done."""

from __future__ import annotations

from collections import OrderedDict

import msgspec

# An entry is an id of 20 characters and a number: about 200 bytes, 20 MB in all. More alerts than
# this between a line and its repeat are not to be expected from a budget of a few a week.
MOST_REMEMBERED = 100_000


class Line(msgspec.Struct, frozen=True):
    """What identifies one line of an alert."""

    alert_id: str
    sequence: int

    @property
    def webhook_id(self) -> str:
        """The same however often it is sent."""
        return f"{self.alert_id}:{self.sequence}"


read_line = msgspec.json.Decoder(Line).decode


class Repeats:
    """Tells repeats of lines; remembers the last sequence of each alert.

    Lines of an alert come in the order of their sequence, so what is not above the last one has
    been here before.

    >>> repeats = Repeats()
    >>> [repeats.is_new(Line("a", sequence)) for sequence in (1, 2, 2, 1, 3)]
    [True, True, False, False, True]
    """

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._last: OrderedDict[str, int] = OrderedDict()
        self._most = most

    def is_new(self, line: Line) -> bool:
        """Whether this line was not here before; from now on it was."""
        if line.sequence <= self._last.get(line.alert_id, 0):
            return False
        self._last[line.alert_id] = line.sequence
        self._last.move_to_end(line.alert_id)
        if len(self._last) > self._most:
            self._last.popitem(last=False)
        return True


class Watermark:
    """How far everything is done, when work ends in another order than it began.

    >>> done = Watermark(10)
    >>> done.begin(10); done.begin(11); done.end(11); done.position
    10
    >>> done.end(10); done.position
    12
    """

    def __init__(self, position: int) -> None:
        self._next = position
        self._open: dict[int, None] = {}  # offsets that are worked on, ascending

    def begin(self, offset: int) -> None:
        """Work on this record begins; offsets ascend."""
        self._open[offset] = None
        self._next = offset + 1

    def end(self, offset: int) -> None:
        """This record is done."""
        del self._open[offset]

    def pass_over(self, position: int) -> None:
        """Everything read so far has begun, and the reader stands here (records without work)."""
        self._next = max(self._next, position)

    @property
    def position(self) -> int:
        """The first offset that is not done: what to commit."""
        return next(iter(self._open), self._next)
