"""Two hundred documents that no window holds, and questions over several of them.

Documents are generated from an item's seed: companies with their city, product, staff, supplier and head,
each fact in a document of its own, among sentences that answer nothing. Difficulty d asks for a chain over
d + 1 documents, or for a sum over d + 1 companies (two documents each).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from masdesign.environments.corpus import Document, Library
from masdesign.environments.state import State, StateEnvironment
from masdesign.types import Action, Item

COMPANIES = 50
DOCUMENTS = 4 * COMPANIES
"""Each company has four: its product, its staff, its supplier, its head."""
CITIES = (
    "Arlen", "Bexford", "Corvale", "Dunmore", "Elstow", "Farrow", "Granby", "Hexley", "Inverloch", "Jarrow",
)  # fmt: skip
PRODUCTS = (
    "bicycles", "lenses", "pumps", "kettles", "sails", "pianos", "ropes", "stoves", "clocks", "tiles",
    "saddles", "boilers", "lamps", "scales", "looms", "valves", "drills", "barrels", "gloves", "mirrors",
    "locks", "bells", "nets", "ovens", "compasses", "anvils", "brushes", "candles", "hinges", "ladders",
)  # fmt: skip
_HEADS = "Al Bor Cas Dor El Fen Gal Hol Ith Jor Kel Lor Mar Nor Or".split()  # noqa: SIM905
_TAILS = "bany deth fax gard ken lund mont nex ridge stead tech vane wick".split()  # noqa: SIM905
_FIRST = ("Ada", "Ben", "Clara", "David", "Edith", "Felix", "Greta", "Hugo", "Iris", "Jonas", "Klara")
_LAST = (
    "Adler", "Bauer", "Conrad", "Dietz", "Engel", "Frank", "Graf", "Hahn", "Jung", "Koch", "Lang", "Moser",
)  # fmt: skip
_FILLER = (
    "The reading room of {city} keeps older papers on request.",
    "A visitor to {city} noted that the weather had been mild for weeks.",
    "Minutes of the meeting were sent to all members in the usual way.",
    "The register is renewed every spring, and corrections are printed in autumn.",
    "Trade in {city} was described as steady by those who were asked.",
    "No change to the statutes was proposed this time.",
    "The paper on which this was printed comes from a mill outside {city}.",
    "Members are reminded that fees are due before the end of the quarter.",
    "A lecture on the history of {product} drew a small crowd in {city}.",
    "The committee thanked its secretary for many years of careful work.",
)


@dataclass(frozen=True, slots=True)
class Company:
    """What the documents say of a company."""

    name: str
    city: str
    product: str
    staff: int
    supplier: str
    """Another company."""
    head: str
    born: int
    """The year of the head's birth."""


@dataclass(frozen=True, slots=True)
class RegisterCase:
    """A question over a register of companies."""

    question: str
    answer: int
    documents: tuple[str, ...]
    """Ids of those that answer it, in order."""


def make(seed: int, difficulty: int) -> RegisterCase:
    """Return the question of a seed."""
    rng = random.Random(f"wide_search-question-{seed}-{difficulty}")
    companies = {company.name: company for company in register(seed, difficulty)}
    level = max(1, difficulty)
    case = _chain(rng, companies, level) if rng.random() < 0.5 else _sum(list(companies.values()), level)
    # The number keeps questions of different seeds apart, since their answers differ.
    return replace(case, question=f"Register {seed}. {case.question}")


def _chain(rng: random.Random, companies: dict[str, Company], hops: int) -> RegisterCase:
    first = company = companies[rng.choice(sorted(companies))]
    path, phrase = list[str](), first.name
    for _ in range(hops):
        path.append(_id("supplier", company))
        phrase = f"the company that supplies {phrase}"
        company = companies[company.supplier]
    return RegisterCase(
        f"In which year was the head of {phrase} born?", company.born, (*path, _id("head", company))
    )


def _sum(companies: Sequence[Company], level: int) -> RegisterCase:
    """The staff of the companies of one product, of which `register` has made level + 1."""
    group = [c for c in companies if c.product == companies[0].product]
    assert len(group) == level + 1
    question = f"How many people do all the companies that make {group[0].product} employ together?"
    path = [_id(kind, company) for company in group for kind in ("product", "staff")]
    return RegisterCase(question, sum(company.staff for company in group), tuple(path))


@lru_cache(32)
def register(seed: int, difficulty: int) -> tuple[Company, ...]:
    """The companies of a seed; the first difficulty + 1 of them make the same product, no other does."""
    rng = random.Random(f"wide_search-register-{seed}")
    names = rng.sample([head + tail for head in _HEADS for tail in _TAILS], COMPANIES)
    heads = rng.sample([f"{first} {last}" for first in _FIRST for last in _LAST], COMPANIES)
    common, *others = rng.sample(PRODUCTS, len(PRODUCTS))
    group = max(1, difficulty) + 1
    order = rng.sample(range(COMPANIES), COMPANIES)  # a ring of suppliers: no chain ends or goes in circles
    supplier = {order[i]: order[(i + 1) % COMPANIES] for i in range(COMPANIES)}
    return tuple(
        Company(
            name, rng.choice(CITIES), common if i < group else rng.choice(others), rng.randint(11, 989),
            names[supplier[i]], heads[i], rng.randint(1890, 1979),
        )
        for i, name in enumerate(names)
    )  # fmt: skip


@lru_cache(32)
def documents(seed: int, difficulty: int) -> tuple[Document, ...]:
    """The documents of a seed, shuffled; each has 400 + 800 difficulty characters, or a few more."""
    rng = random.Random(f"wide_search-documents-{seed}")
    length = 400 + 800 * max(1, difficulty)
    made = []
    for company in register(seed, difficulty):
        for kind, fact in _facts(company).items():
            sentences = [fact]
            while sum(map(len, sentences)) < length:
                filler = rng.choice(_FILLER).format(city=rng.choice(CITIES), product=rng.choice(PRODUCTS))
                sentences.insert(rng.randint(0, len(sentences)), filler)
            made.append(Document(_id(kind, company), " ".join(sentences)))
    rng.shuffle(made)
    return tuple(made)


def _facts(c: Company) -> dict[str, str]:
    return {
        "product": f"{c.name}, founded in {c.city}, makes {c.product} and nothing else.",
        "staff": f"At the last count {c.name} employed {c.staff} people.",
        "supplier": f"All raw materials of {c.name} are supplied by {c.supplier}.",
        "head": f"{c.head}, born in {c.born}, is the head of {c.name}.",
    }


def _id(kind: str, company: Company) -> str:
    """A document's id, which does not tell what is in it."""
    code = random.Random(f"{kind}-{company.name}-{company.head}").randrange(16**6)
    return f"d{code:06x}"


def oracle(item: Item) -> list[Action]:
    """Return the reads that answer an item; the answer is its target."""
    seed, difficulty = item.record["seed"], item.record["difficulty"]
    return [Action("read", {"id": name}) for name in make(seed, difficulty).documents]


@lru_cache(16)
def _library(seed: int, difficulty: int) -> Library:
    return Library(documents(seed, difficulty))


def _begin(item: Item, seed: int) -> tuple[State, str]:
    library = _library(item.record["seed"], item.record["difficulty"])
    return library, f"There are {DOCUMENTS} documents. Search them, read what you need, then answer."


WIDE_SEARCH = StateEnvironment("wide_search", "1", Library, _begin)
"""The environment; an item's record has the seed and the difficulty."""
