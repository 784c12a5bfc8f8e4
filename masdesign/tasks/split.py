"""Items of files into train, val and test, by a hash of the question."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from masdesign.tasks.formats import content_key
from masdesign.tasks.items import Keys, Places, StoredItems, digest, first_alike, keys_of, repeated_keys
from masdesign.tasks.task import SPLITS
from masdesign.tasks.text import text_hash
from masdesign.types import Item, Split

SHARES: Mapping[Split, float] = {"train": 0.2, "val": 0.3, "test": 0.5}


def split_items(items: Sequence[Item], wanted: Sequence[Split] = SPLITS) -> dict[Split, StoredItems]:
    """The items by split, each split in the order of the hash: sorted files give no sorted splits.

    Where an item goes depends on its question alone, and two items with one question go together. With
    fewer splits ``wanted`` theirs are the shares, in proportion. A file so small that a split would
    stay empty is cut by rank instead, so that each has an item if there are enough.

    >>> files = [Item(str(n), f"question {n}", "") for n in range(1000)]
    >>> {name: len(part) for name, part in split_items(files).items()}
    {'train': 212, 'val': 311, 'test': 477}
    """
    held = StoredItems.of(items)
    keys = keys_of(bytes.fromhex(text_hash(item.question)[:32]) for item in held)
    ordered = _in_order(held, keys)
    parts = _by_value(keys[ordered], wanted)
    if not all(len(part) for part in parts.values()) and len(held) >= len(wanted):
        parts = _by_rank(len(held), wanted)
    return {split: held.pick(ordered[places]) for split, places in parts.items()}


def _in_order(items: StoredItems, keys: Keys) -> Places:
    """The order of the keys; where they are equal, that of the ids."""
    order = np.argsort(keys, kind="stable")
    equal = np.flatnonzero(keys[order][1:] == keys[order][:-1])
    runs = np.split(equal, np.flatnonzero(np.diff(equal) > 1) + 1) if len(equal) else []
    for run in runs:
        places = slice(run[0], run[-1] + 2)
        order[places] = sorted(order[places], key=lambda place: items[place].id)
    return order


def _by_value(keys: Keys, wanted: Sequence[Split]) -> dict[Split, Places]:
    total = sum(SHARES[split] for split in wanted)
    first_bytes = np.ascontiguousarray(keys).view(">u8")[::2]
    place = (first_bytes >> 16) / 16**12 * total
    parts: dict[Split, Places] = {}
    left = np.ones(len(keys), bool)
    for split in wanted:
        place = place - SHARES[split]
        taken = left if split == wanted[-1] else left & (place < 0)
        parts[split] = np.flatnonzero(taken)
        left = left & ~taken
    return parts


def _by_rank(size: int, wanted: Sequence[Split]) -> dict[Split, Places]:
    parts: dict[Split, Places] = {}
    rest, shares = np.arange(size), [SHARES[split] for split in wanted]
    for index, split in enumerate(wanted):
        still = len(wanted) - index - 1
        count = round(len(rest) * shares[index] / sum(shares[index:]))
        count = max(1, min(count, len(rest) - still))
        parts[split], rest = rest[:count], rest[count:]
    return parts


def without_duplicates(parts: Mapping[Split, Sequence[Item]]) -> tuple[dict[Split, StoredItems], int]:
    """The splits with each question once, and how many items were removed.

    The same question, passages and options make a duplicate, whatever the id. It stays where it
    does least harm: in test before val before train.
    """
    held = {split: StoredItems.of(parts.get(split, ())) for split in reversed(SPLITS)}
    first = first_alike(keys_of(content_key(item) for items in held.values() for item in items))
    fresh = first == np.arange(len(first))
    kept: dict[Split, StoredItems] = {}
    start = 0
    for split, items in held.items():
        kept[split] = items.pick(np.flatnonzero(fresh[start : start + len(items)]))
        start += len(items)
    return {split: kept[split] for split in SPLITS}, int(np.count_nonzero(~fresh))


def with_distinct_ids(items: Iterable[Item]) -> StoredItems:
    """The items of a split that keeps its duplicates, each with an id of its own: results go by it.

    >>> [item.id for item in with_distinct_ids([Item("a", "1 + 1", "2")] * 3)]
    ['a', 'a-2', 'a-3']
    """
    held = StoredItems.of(items)
    counts: Counter[int] = Counter()
    names = {}
    for first, index in repeated_keys(keys_of(digest(item.id) for item in held)):
        counts[first] += 1
        names[index] = f"{held[index].id}-{counts[first] + 1}"
    return held.with_ids(names)
