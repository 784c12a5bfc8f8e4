"""Tasks whose items are generated: any size, and the same items on every machine."""

from masdesign.errors import InputError
from masdesign.protocols import Scorer
from masdesign.tasks.buckets import question_hash
from masdesign.tasks.families import Family, sample_items
from masdesign.tasks.scorers import scorer_named
from masdesign.tasks.task import Task
from masdesign.types import Item, Split

SIZES: dict[Split, int] = {"train": 100, "val": 200, "test": 400}
_ITEM_SEED = 0  # not the user's --seed, which never changes the items
_VAL_SHARE = 3  # one reserved question in three may be val's, the others test's


def generated_task(
    family: Family,
    *,
    sizes: dict[Split, int] | None = None,
    difficulty: int | None = None,
    scorer: Scorer | None = None,
    tools: frozenset[str] = frozenset(),
) -> Task:
    """The task of a family; a split is generated when it is first asked for.

    Train comes from the questions that models are trained on, val and test from the reserved ones, each
    with questions that the other can never have, whatever their sizes. The first k items of a longer split
    are the same.
    """
    level = family.default_difficulty if difficulty is None else difficulty
    counts = SIZES | (sizes or {})
    own = scorer_named(family.metric)
    version = f"{family.version}-{level}"
    if scorer is not None and scorer.name != own.name:
        version += f"-{scorer.name}"
    return Task(
        name=family.name,
        version="+".join([version, *sorted(tools - family.tools)]),
        description=family.description,
        scorer=scorer or own,
        make=lambda split: _items(family, split, counts[split], level),
        tools=tools | family.tools,
        chance=family.chance,
        environment=family.environment,
        notes=() if family.model == "abacus" else (f"of the embedded models, {family.model} has learnt it",),
        more=lambda count: _items(family, "train", count, level),
    )


def _items(family: Family, split: Split, count: int, difficulty: int) -> tuple[Item, ...]:
    if split == "train":
        return tuple(sample_items(family, count, _ITEM_SEED, difficulty, reserved=False))
    wanted = count * _VAL_SHARE if split == "val" else count * _VAL_SHARE // (_VAL_SHARE - 1)
    wanted += 20
    while True:
        try:
            drawn = sample_items(family, wanted, _ITEM_SEED, difficulty, reserved=True)
        except InputError as error:
            raise InputError(
                f"{family.name} at difficulty {difficulty} has too few distinct questions for "
                f"{count} {split} items; "
                "ask for fewer or raise the difficulty"
            ) from error
        kept = [item for item in drawn if _belongs(item) == split]
        if len(kept) >= count:
            return tuple(kept[:count])
        wanted += wanted // 4


def _belongs(item: Item) -> Split:
    return "val" if int(question_hash(item.question)[-8:], 16) // 10 % _VAL_SHARE == 0 else "test"
