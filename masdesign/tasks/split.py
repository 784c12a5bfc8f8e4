"""Items of files into train, val and test, by a hash of the question."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from masdesign.tasks.formats import content_key
from masdesign.tasks.task import SPLITS
from masdesign.tasks.text import text_hash
from masdesign.types import Item, Split

SHARES: Mapping[Split, float] = {"train": 0.2, "val": 0.3, "test": 0.5}


def split_items(items: Sequence[Item], wanted: Sequence[Split] = SPLITS) -> dict[Split, list[Item]]:
    """The items by split, each split in the order of the hash: sorted files give no sorted splits.

    Where an item goes depends on its question alone, and two items with one question go together. With
    fewer splits ``wanted`` theirs are the shares, in proportion. A file so small that a split would
    stay empty is cut by rank instead, so that each has an item if there are enough.

    >>> files = [Item(str(n), f"question {n}", "") for n in range(1000)]
    >>> {name: len(part) for name, part in split_items(files).items()}
    {'train': 212, 'val': 311, 'test': 477}
    """
    ordered = sorted(
        ((text_hash(item.question), item) for item in items), key=lambda pair: (pair[0], pair[1].id)
    )
    parts = _by_value(ordered, wanted)
    if not all(parts.values()) and len(ordered) >= len(wanted):
        parts = _by_rank([item for _, item in ordered], wanted)
    return parts


def _by_value(ordered: Sequence[tuple[str, Item]], wanted: Sequence[Split]) -> dict[Split, list[Item]]:
    parts: dict[Split, list[Item]] = {split: [] for split in wanted}
    total = sum(SHARES[split] for split in wanted)
    for text_digest, item in ordered:
        place = int(text_digest[:12], 16) / 16**12 * total
        for split in wanted:
            place -= SHARES[split]
            if place < 0 or split == wanted[-1]:
                parts[split].append(item)
                break
    return parts


def _by_rank(ordered: Sequence[Item], wanted: Sequence[Split]) -> dict[Split, list[Item]]:
    parts: dict[Split, list[Item]] = {}
    rest, shares = list(ordered), [SHARES[split] for split in wanted]
    for index, split in enumerate(wanted):
        still = len(wanted) - index - 1
        count = round(len(rest) * shares[index] / sum(shares[index:]))
        count = max(1, min(count, len(rest) - still))
        parts[split], rest = rest[:count], rest[count:]
    return parts


def without_duplicates(parts: Mapping[Split, Iterable[Item]]) -> tuple[dict[Split, tuple[Item, ...]], int]:
    """The splits with each question once, and how many items were removed.

    The same question, passages and options make a duplicate, whatever the id. It stays where it
    does least harm: in test before val before train.
    """
    seen: set[bytes] = set()
    kept: dict[Split, tuple[Item, ...]] = {}
    removed = 0
    for split in reversed(SPLITS):
        fresh = []
        for item in parts.get(split, ()):
            content = content_key(item)
            if content in seen:
                removed += 1
            else:
                seen.add(content)
                fresh.append(item)
        kept[split] = tuple(fresh)
    return {split: kept[split] for split in SPLITS}, removed


def with_distinct_ids(items: Iterable[Item]) -> tuple[Item, ...]:
    """The items of a split that keeps its duplicates, each with an id of its own: results go by it.

    >>> [item.id for item in with_distinct_ids([Item("a", "1 + 1", "2")] * 3)]
    ['a', 'a-2', 'a-3']
    """
    counts: Counter[str] = Counter()
    distinct = []
    for item in items:
        counts[item.id] += 1
        number = counts[item.id]
        distinct.append(item if number == 1 else replace(item, id=f"{item.id}-{number}"))
    return tuple(distinct)
