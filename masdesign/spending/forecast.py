"""What calls that are under way will use, from what calls like them have used."""

import math
from bisect import bisect_left


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


LEAST_SEEN = 20
"""Calls that must be known before their mean is trusted; until then each is reserved at its maximum."""
DEVIATIONS = 3.0
"""Standard deviations of a sum that are reserved beyond its mean."""


class Moments:
    """Running mean and variance (B. P. Welford 1962, doi:10.1080/00401706.1962.10490022).

    >>> moments = Moments()
    >>> for value in (1, 2, 3): moments.add(value)
    >>> moments.mean, moments.variance
    (2.0, 1.0)
    """

    def __init__(self) -> None:
        self.count, self.mean, self._squares = 0, 0.0, 0.0

    def add(self, value: float) -> None:
        """Take one value in."""
        self.count += 1
        step = value - self.mean
        self.mean += step / self.count
        self._squares += step * (value - self.mean)

    @property
    def variance(self) -> float:
        """The unbiased estimate; 0 of fewer than two values."""
        return self._squares / (self.count - 1) if self.count > 1 else 0.0

    @property
    def trusted(self) -> bool:
        """Whether enough values are known."""
        return self.count >= LEAST_SEEN

    @property
    def reserve(self) -> float:
        """The reservation of one more value."""
        return self.mean + DEVIATIONS * math.sqrt(self.variance)


class CallGroup:
    """The calls of one design (or of any accounts that are alike): what they used, and what is open.

    The moments are those of *retired* calls, a prefix of the canonical order. Those that came back first
    would be the short ones, and a mean of these too low.
    """

    def __init__(self) -> None:
        self.used = Moments()
        self.open = 0
        """Calls that are not retired: still to be issued, in flight, or done."""
        self.most = 0
        """The most that one of its calls can cost."""
        self._accounts: list[int] = []  # their places in the order, ascending
        self._open = PrefixSums()  # open calls, an account each
        self._done = PrefixSums()  # of these, those that are done
        self._cost = PrefixSums()  # what the done ones cost

    def append(self, index: int, calls: int, most: int) -> None:
        """Take in an account, with the most calls that it can make."""
        self._accounts.append(index)
        self.most = max(self.most, most)
        self.open += calls
        self._open.append(calls)
        self._done.append(0)
        self._cost.append(0)

    def change(self, index: int, *, calls: int = 0, done: int = 0, cost: int = 0) -> None:
        """Add to what is open in an account."""
        place = bisect_left(self._accounts, index)
        if calls:
            self.open += calls
            self._open.add(place, calls)
        if done:
            self._done.add(place, done)
        if cost:
            self._cost.add(place, cost)

    def before(self, index: int, *, at_most: bool = False) -> tuple[float, float]:
        """The expected cost of all open calls of the accounts before ``index``, and its variance.

        ``at_most`` takes every call at its maximum, as is done while little is known; the variance is then 0.
        """
        place = bisect_left(self._accounts, index)
        calls = self._open.before(place)
        if not calls:
            return 0.0, 0.0
        done, cost = self._done.before(place), self._cost.before(place)
        if at_most or not self.used.trusted:
            return cost + (calls - done) * self.most, 0.0
        mean = self.used.mean
        # What is in flight is longer than the average: what is done must not pull the sum below its mean.
        return max(calls * mean, cost + (calls - done) * mean), calls * self.used.variance

    def one(self, most: float, *, at_most: bool = False) -> tuple[float, float]:
        """The same for one call, which costs at most ``most``."""
        return (most, 0.0) if at_most or not self.used.trusted else (self.used.mean, self.used.variance)
