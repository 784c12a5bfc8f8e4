"""What a customer is charged: each has an agreement that only earlier items, or lessons from them, reveal.

Difficulty d has 6 d + 6 customers; the agreement of each adds to the listed price or takes from it, the same
in every item. Made for memory; the control is `arithmetic`, where nothing of earlier items is needed. Without
memory the best that can be done is to guess the agreement.
"""

import random
from functools import cache

from masdesign.tasks.families._names import made_up_names
from masdesign.types import Item

NAME = "convention"
VERSION = 1
DESCRIPTION = "Say what a customer is charged, by an agreement that only earlier items reveal."
METRIC = "numeric"
CHANCE = 0.06
DEFAULT_DIFFICULTY = 2
MODEL = "abacus:3"

MOST = 9
"""An agreement changes a price by 1 to this."""
QUESTIONS = (
    "{name} orders goods listed at {price}. What is charged?",
    "The list price is {price} and the customer is {name}. What is charged?",
    "What does {name} pay for goods listed at {price}?",
    "An order of {name}: listed at {price}. What is on the bill?",
)


def generate(rng: random.Random, difficulty: int) -> Item:
    """An item; ``record`` has the customer's ``name``, the ``price`` and the ``change``."""
    name, change = rng.choice(list(agreements(6 * difficulty + 6).items()))
    return item_of(rng, name, change, difficulty)


def item_of(rng: random.Random, name: str, change: int, difficulty: int = 0) -> Item:
    """The item of a customer with an agreement, at a price that is drawn."""
    price = rng.randint(20, 90)
    text = rng.choice(QUESTIONS).format(name=name, price=price)
    record = {"difficulty": difficulty, "name": name, "price": price, "change": change}
    return Item("", text, str(price + change), record=record)


@cache
def agreements(count: int) -> dict[str, int]:
    """Return the first ``count`` customers with their agreements; a longer list begins with a shorter one."""
    rng = random.Random("convention")
    return {name: draw_change(rng) for name in made_up_names(rng, 99)[:count]}


def draw_change(rng: random.Random) -> int:
    """An agreement."""
    return rng.choice((-1, 1)) * rng.randint(1, MOST)
