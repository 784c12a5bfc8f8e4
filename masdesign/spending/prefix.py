"""Sums over the first so many of a growing row of integers."""

from __future__ import annotations


class PrefixSums:
    """A Fenwick tree: append, add and prefix sum, each in logarithmic time.

    P. M. Fenwick, "A new data structure for cumulative frequency tables", 1994.

    >>> sums = PrefixSums()
    >>> for value in (5, 1, 2): sums.append(value)
    >>> sums.add(0, -3)
    >>> sums.before(2), sums.before(3)
    (3, 5)
    """

    def __init__(self) -> None:
        self._tree: list[int] = []  # node i (from 1) sums the values (i - lowbit(i), i]

    def __len__(self) -> int:
        return len(self._tree)

    def append(self, value: int) -> None:
        """Add ``value`` at the end."""
        node = len(self._tree) + 1
        child, low = node - 1, node & -node
        while child > node - low:
            value += self._tree[child - 1]
            child -= child & -child
        self._tree.append(value)

    def add(self, index: int, change: int) -> None:
        """Add ``change`` to the value at ``index`` (from 0)."""
        node = index + 1
        while node <= len(self._tree):
            self._tree[node - 1] += change
            node += node & -node

    def before(self, index: int) -> int:
        """The sum of the values at ``0 .. index - 1``."""
        total = 0
        while index > 0:
            total += self._tree[index - 1]
            index -= index & -index
        return total
