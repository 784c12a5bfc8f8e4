"""Generated tasks: one module a family, found by looking into this folder.

A family module has ``NAME``, ``VERSION``, ``DESCRIPTION``, ``METRIC``, ``CHANCE`` (at its default
difficulty), ``DEFAULT_DIFFICULTY`` and ``generate(rng, difficulty) -> Item``; where items are acted on,
``ENVIRONMENT``; ``MODEL`` where the default embedded model has not learnt it. Its version changes whenever
the same seed would give other items.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from masdesign.errors import InputError
from masdesign.protocols import Environment
from masdesign.registry import Registry
from masdesign.tasks.buckets import is_reserved, question_hash
from masdesign.types import Item


@dataclass(frozen=True, slots=True)
class Family:
    """A generator of items.

    **Contract** of ``generate``: the same state of ``rng`` gives the same item; the target is right;
    the item's id is left empty (`sample_items` sets it).
    """

    name: str
    version: int
    description: str
    metric: str
    """A metric, or ``outcome``: what the environment says."""
    chance: float
    """The score of blind guessing, between 0 and 1."""
    default_difficulty: int
    generate: Callable[[random.Random, int], Item]
    model: str = "abacus"
    """Of the embedded models, the one that has learnt it."""
    tools: frozenset[str] = frozenset()
    """What designs may use on its items, beside what the user allows; a module names it as ``TOOLS``."""
    environment: Environment | None = None
    """Where an agent acts, if it does; a module names it as ``ENVIRONMENT``."""


def _find_defined(module: Any) -> list[Family]:
    return [_family(module)] if hasattr(module, "generate") and hasattr(module, "NAME") else []


FAMILIES: Registry[Family] = Registry("family", Family, home=__name__, collect=_find_defined)


def families() -> dict[str, Family]:
    """Every family, by name.

    >>> "house" in families()
    True
    """
    return FAMILIES.all()


def question_families() -> dict[str, Family]:
    """Families whose items are answered without acting, by name.

    >>> "ledger" in question_families(), "house" in question_families()
    (True, False)
    """
    return {name: family for name, family in families().items() if family.environment is None}


@cache
def _family(m: Any) -> Family:
    facts = (m.NAME, m.VERSION, m.DESCRIPTION, m.METRIC, m.CHANCE, m.DEFAULT_DIFFICULTY, m.generate)
    return Family(
        *facts,
        model=getattr(m, "MODEL", "abacus"),
        tools=frozenset(getattr(m, "TOOLS", ())),
        environment=getattr(m, "ENVIRONMENT", None),
    )


def sample_items(family: Family, n: int, seed: int, difficulty: int, reserved: bool) -> list[Item]:
    """``n`` distinct items from the reserved buckets, or from the others.

    The first k of a longer list are the same. Raises `InputError` where the difficulty is out of
    range or has fewer than ``n`` distinct items.

    >>> len(sample_items(families()["boolean"], 3, seed=0, difficulty=1, reserved=True))
    3
    """
    if difficulty < 0:
        raise InputError(
            f"difficulty {difficulty} of {family.name} is below 0; use 1 (the public size) or more"
        )
    rng = random.Random(f"{family.name}-{family.version}-{seed}-{difficulty}-{reserved}")
    items: dict[str, Item] = {}
    misses = 0
    while len(items) < n:
        item = family.generate(rng, difficulty)
        key = question_hash(item.question)
        if is_reserved(item.question) is reserved and key not in items:
            items[key] = replace(item, id=f"{family.name}-v{family.version}-{key}")
            misses = 0
        elif (misses := misses + 1) > 10_000:
            raise InputError(
                f"{family.name} at difficulty {difficulty} has only {len(items)} distinct items, "
                f"not {n}; ask for fewer or raise the difficulty"
            )
    return list(items.values())
