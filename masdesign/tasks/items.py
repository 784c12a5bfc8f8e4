"""Items in their order: held in memory or, where they are many, in a temporary file."""

import hashlib
import pickle
import tempfile
import threading
import weakref
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from operator import attrgetter
from typing import IO, Any, overload

import numpy as np
import numpy.typing as npt

from masdesign.errors import InputError
from masdesign.types import Item

Places = npt.NDArray[np.int64]
Keys = npt.NDArray[np.bytes_]
MANY = 50_000
"""The most items that are held in memory."""


class ItemStore:
    """Items with their places in the source. All are appended before any is read.

    The file has no name and is removed with the store, or when the process ends.
    """

    def __init__(self) -> None:
        self._held: dict[int, tuple[Item, str]] = {}
        self._file: IO[bytes] | None = None
        self._starts = array("Q")
        self._end = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._starts) + (len(self._held) if self._file is None else 0)

    @property
    def in_memory(self) -> bool:
        """Whether no item lies in a file."""
        return self._file is None

    def append(self, item: Item, where: str = "") -> None:
        """Add an item. Raises InputError where there is no room for the file."""
        if self._file is not None:
            self._write(item, where)
            return
        self._held[len(self._held)] = item, where
        if len(self._held) > MANY:
            rows, self._held = self._held, {}
            self._file = tempfile.TemporaryFile(prefix="masdesign-")  # noqa: SIM115 - closed with the store
            weakref.finalize(self, self._file.close)
            for row in rows.values():
                self._write(*row)

    def _write(self, item: Item, where: str) -> None:
        assert self._file is not None
        self._starts.append(self._end)
        try:
            row = pickle.dumps((*_values(item), where), pickle.HIGHEST_PROTOCOL)
        except (pickle.PicklingError, TypeError, AttributeError, RecursionError):  # a value of the user's own
            self._held[len(self._starts) - 1] = item, where
            return
        with _needing_room():
            self._end += self._file.write(row)

    def read(self, place: int) -> tuple[Item, str]:
        """The item at a place, and where it stands in its source."""
        if place in self._held or self._file is None:
            return self._held[place]
        start = self._starts[place]
        end = self._starts[place + 1] if place + 1 < len(self._starts) else self._end
        with self._lock, _needing_room():  # what was written last may still be in the buffer
            self._file.seek(start)
            row = self._file.read(end - start)
        *values, where = pickle.loads(row)  # noqa: S301 - written above
        return Item(*values), where


@contextmanager
def _needing_room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f"no room for the items in {tempfile.gettempdir()} ({error.strerror}); make room there, or let "
            "TMPDIR name another folder"
        ) from error


_values = attrgetter(*(field.name for field in fields(Item)))


class StoredItems(Sequence[Item]):
    """A selection of a store's items in any order; slicing it gives another selection.

    >>> items = StoredItems.of([Item("a", "1 + 1 =", "2"), Item("b", "2 + 2 =", "4")])
    >>> [item.id for item in items.pick([1, 0])], items[1:][0].id
    (['b', 'a'], 'b')
    """

    def __init__(
        self, store: ItemStore, places: Places | None = None, names: Mapping[int, str] | None = None
    ) -> None:
        self.store = store
        self._places: Places = np.arange(len(store)) if places is None else places
        self._names = names or {}
        """Ids that take the place of the items' own, by place in the store."""

    @classmethod
    def of(cls, items: Iterable[Item]) -> "StoredItems":
        """Items at hand; those of a store as they are."""
        if isinstance(items, cls):
            return items
        store = ItemStore()
        for item in items:
            store.append(item)
        return cls(store)

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> "StoredItems": ...
    def __getitem__(self, index: int | slice) -> "Item | StoredItems":
        if isinstance(index, slice):
            return StoredItems(self.store, self._places[index], self._names)
        return self._at(int(self._places[index]))

    def __iter__(self) -> Iterator[Item]:
        return map(self._at, map(int, self._places))

    def _at(self, place: int) -> Item:
        item = self.store.read(place)[0]
        name = self._names.get(place)
        return item if name is None else replace(item, id=name)

    def pick(self, which: Sequence[int] | Places) -> "StoredItems":
        """Those at these indexes, in this order."""
        return StoredItems(self.store, self._places[np.asarray(which, np.int64)], self._names)

    def with_ids(self, names: Mapping[int, str]) -> "StoredItems":
        """The same items, with other ids at these indexes."""
        own = {int(self._places[index]): name for index, name in names.items()}
        return StoredItems(self.store, self._places, {**self._names, **own})


def settled(items: Sequence[Item]) -> Sequence[Item]:
    """A tuple of the items, where they are in memory or few."""
    if isinstance(items, StoredItems) and not items.store.in_memory and len(items) > MANY:
        return items
    return tuple(items)


def first_alike(keys: npt.NDArray[Any]) -> Places:
    """For each key the index of the first that equals it.

    >>> first_alike(np.array([7, 8, 7, 7])).tolist()
    [0, 1, 0, 0]
    """
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    begins = np.ones(len(keys), bool)
    begins[1:] = ordered[1:] != ordered[:-1]
    first = np.empty(len(keys), np.int64)
    first[order] = order[np.maximum.accumulate(np.where(begins, np.arange(len(keys)), 0))]
    return first


def repeated_keys(keys: npt.NDArray[Any]) -> Iterator[tuple[int, int]]:
    """Each key that occurred before: the index of its first occurrence, and its own.

    >>> list(repeated_keys(np.array([7, 8, 7, 7])))
    [(0, 2), (0, 3)]
    """
    first = first_alike(keys)
    for index in np.flatnonzero(first != np.arange(len(keys))):
        yield int(first[index]), int(index)


def digest(text: str) -> bytes:
    """The first 16 bytes of a text's SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


def keys_of(digests: Iterable[bytes]) -> Keys:
    """The digests, 16 bytes each, as an array."""
    joined = bytearray()
    for one in digests:
        joined += one
    return as_keys(joined)


def as_keys(joined: bytearray) -> Keys:
    """Digests of 16 bytes that were written one after another, as an array."""
    return np.frombuffer(joined, "S16")
