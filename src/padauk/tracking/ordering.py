"""The order of a table's rows, remembered while somebody scrolls in it."""

from __future__ import annotations

import threading
import time
from array import array
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

_TABLES = 16
_SECONDS = 10.0


class OrderCache:
    """Row numbers of whole tables in their order, for ten seconds. Thread-safe.

    A page far down a sorted table costs the sorting of all of it: here once, not once for each page.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[Hashable, tuple[float, Hashable, array[int]]] = OrderedDict()

    def get(self, table: Hashable, stamp: Hashable, make: Callable[[], Sequence[int]]) -> array[int]:
        """The order of ``table``: a remembered one if its ``stamp`` is the same, else what ``make`` gives."""
        now = time.monotonic()
        with self._lock:
            found = self._known.get(table)
            if found is not None and found[1] == stamp and now - found[0] < _SECONDS:
                return found[2]
        order = array("q", make())
        with self._lock:
            self._known[table] = (now, stamp, order)
            self._known.move_to_end(table)
            if len(self._known) > _TABLES:
                self._known.popitem(last=False)
        return order
