"""`Grammar`: what may be grown in a run, random expressions of it, and which of them are worth a try."""

import ast
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from random import Random
from typing import Any

from masdesign.building_blocks import blocks as all_blocks
from masdesign.errors import InputError
from masdesign.lm import Repertoire
from masdesign.search.grammar.combinator import (
    COMBINATORS,
    SOLVER,
    Combinator,
    Kind,
    Pieces,
    Reader,
    Splitter,
    kind_of,
)
from masdesign.search.grammar.emit import emit
from masdesign.search.grammar.expression import Expression, Form, Slot, form_of
from masdesign.search.grammar.playable import called, playable, templates
from masdesign.types import SAMPLING_TEMPERATURE
from masdesign.workflow import Block, call_bound
from masdesign.workflow.promoted import Promoted

MAX_CALLS = 13
"""The most calls an item that a grown design may make: a vote of nine and a step on four of them."""
DEPTH = 5
"""The most levels of a random expression."""
LEAVES = 0.3
"""Share of the whole designs that are one block; the deeper a part, the likelier it is one."""
TRIES = 200
"""Random expressions after which one block alone is taken."""
CHANGED = 0.25
"""Chance that a slot of a random expression is not as usual; a role is rarer."""
ACTING_CALLS = 64
"""The same where there is something to act on: each action of a loop is a call, and no item may make more."""
NEEDS = {"write_program": "python"}
"""Blocks that fail where the task does not declare a tool, and do not say so themselves (`Block.needs`)."""
SERVED = {"retrieve": "retrieval", "write_program": "python"}
"""Blocks that do better where the task declares a tool."""
LIKELIER = 8.0
"""How much likelier a form is taken that uses what the task has: a tool, several passages."""
_OF_PASSAGES = frozenset(map(kind_of, (Reader, Splitter, Pieces)))
"""Parts that choose among passages, or split a question whose parts may lie in several."""


@dataclass(frozen=True)
class _Shares:
    """How likely forms are, where; worked out once for all expressions that are grown alike."""

    weights: Mapping[str, float]
    known: dict[tuple[Kind, bool, bool, str], tuple[list[Form], list[float]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Grammar:
    """What may be grown: every block by its signature, and the combinators.

    ``max_calls`` bounds the calls an item (at least 2). ``models`` are the names of those beside the
    default, which any step may then ask; ``repertoires`` say by name (empty: the default) what those of
    them answer that do not answer everything.

    >>> grammar = Grammar(max_calls=6)
    >>> grammar.calls(grammar.grow(Random(0))) <= 6
    True
    """

    max_calls: int = MAX_CALLS
    tools: Collection[str] = ()
    """The tools that the task declares."""
    passages: bool = False
    """Whether the task's items have several passages."""
    acting: bool = False
    """Whether there is something to act on: an environment, tools of the user's."""
    memory: bool = False
    """Whether the run reads a memory of what was learnt."""
    demonstrations: bool = False
    """Whether the task has `train` items with worked solutions."""
    models: tuple[str, ...] = ()
    repertoires: Mapping[str, Repertoire] = field(default_factory=dict)
    promoted: tuple[Promoted, ...] = ()
    """Discovered blocks of the archive, each a step like any other."""
    blocks: Mapping[str, Block[..., Any]] = field(default_factory=all_blocks, repr=False)
    only: Collection[str] = ()
    """Names of the blocks that may be used; all, where there are none."""
    without: Collection[str] = ()
    """Names of blocks that are not used, nor what is one of them in other words."""
    leanings: Mapping[str, float] = field(default_factory=dict)
    """How much likelier than else a form is taken, by its name: what earlier runs have taught."""
    literature: bool = True
    """Whether a search begins with the designs that the literature knows."""

    @cached_property
    def forms(self) -> Mapping[str, Form]:
        """What expressions are made with, by name."""
        usable = [block for block in self.blocks.values() if self._admits(block)]
        names = {block.name for block in usable} | {discovered.name for discovered in self.promoted}
        combinators = [
            c
            for c in COMBINATORS.all().values()
            if c.equals not in self.without and c.name not in names and self._knows(c, names)
        ]
        discovered = [block for block in self.promoted if block.name not in self.without]
        origins: list[Block[..., Any] | Combinator | Promoted] = [*combinators, *usable, *discovered]
        return {origin.name: form_of(origin, self.models) for origin in origins}

    def of_kind(self, kind: Kind) -> list[Form]:
        """The forms of a kind, those first that need no parts."""
        return self._by_kind.get(kind, [])

    def is_leaf(self, kind: Kind) -> bool:
        """Whether a part of the kind may be a block alone."""
        return any(not form.parts for form in self.of_kind(kind))

    @cached_property
    def _by_kind(self) -> dict[Kind, list[Form]]:
        """The forms whose parts there are, too."""
        forms, makeable, kinds = list(self.forms.values()), set[str](), set[Kind]()
        while fit := [f for f in forms if f.name not in makeable and kinds.issuperset(f.parts.values())]:
            makeable.update(form.name for form in fit)
            kinds.update(form.kind for form in fit)
        by_kind: dict[Kind, list[Form]] = {}
        for form in sorted((f for f in forms if f.name in makeable), key=lambda f: (bool(f.parts), f.name)):
            by_kind.setdefault(form.kind, []).append(form)
        return by_kind

    def _admits(self, block: Block[..., Any]) -> bool:
        named = (not self.only or block.name in self.only) and block.name not in self.without
        if not named or not self._offers(block.needs or NEEDS.get(block.name, "")):
            return False
        answering = [self.repertoires.get(model) for model in ("", *self.models)]
        return any(known is None or known.templates >= templates(block) for known in answering)

    def _offers(self, need: str) -> bool:
        """Whether the run has what a block or a combinator needs."""
        there = {"environment": self.acting, "memory": self.memory, "python": "python" in self.tools}
        return there.get(need, need != "stream")

    def _knows(self, combinator: Combinator, names: Collection[str]) -> bool:
        """Whether what a combinator needs, and the blocks that it calls itself, are there."""
        return self._offers(combinator.needs) and combinator.named.isdisjoint(self.blocks.keys() - names)

    def calls(self, expression: Expression) -> int:
        """The most completions that one item can cost; 64 where that is not known."""
        if expression not in self._bounds:
            self._bounds[expression] = call_bound(emit(expression), self.blocks)
        return self._bounds[expression]

    def least_calls(self, expression: Expression) -> int:
        """A lower bound of `calls`, which takes no time: steps on drafts count as one."""
        if expression not in self._least:
            self._least[expression] = self._sum_of_calls(expression)
        return self._least[expression]

    def _sum_of_calls(self, expression: Expression) -> int:
        origin = expression.form.origin
        if isinstance(origin, Promoted):
            return origin.calls
        if not isinstance(origin, Combinator):
            return origin.bound(dict(expression.slots))
        often = expression.value("n") or expression.value("most") or 1
        parts = [
            self.least_calls(part) * (often if name in (*origin.draws, "solve") else 1)
            for name, part in zip(expression.form.parts, expression.parts, strict=True)
        ]
        return max(parts) if origin.excludes else sum(parts)

    @cached_property
    def _least(self) -> dict[Expression, int]:
        return {}

    @cached_property
    def _bounds(self) -> dict[Expression, int]:
        """The calls of the expressions that were asked about before."""
        return {}

    @cached_property
    def cut_down(self) -> dict[Expression, Expression | None]:
        """What became of the expressions that were cut down before (`masdesign.search.grammar.slots`)."""
        return {}

    def fits(self, expression: Expression) -> bool:
        """Whether it keeps to the bound of calls, has no step without effect, and can be played."""
        for part in expression.walk():
            if part.name not in self.forms:
                return False
            if isinstance(part.form.origin, Combinator) and part.form.origin.useless(part):
                return False
        if self.least_calls(expression) > self.max_calls or not playable(expression, self.repertoires):
            return False
        return self.calls(expression) <= self.max_calls

    def grow(self, rng: Random, weights: Mapping[str, float] | None = None) -> Expression:
        """A random expression that fits.

        ``weights`` say how much likelier than others a form is taken, by name, or by ``form>part``.
        """
        leaf, shares = rng.random() < LEAVES, _Shares(weights or {})
        for turn in range(2 * TRIES):
            depth = 1 if turn >= TRIES or leaf else DEPTH
            tree = self._grow(rng, SOLVER, depth, shares)
            if tree is not None and self.fits(tree):
                return tree
        raise InputError("no design can be grown from these blocks; allow more of them")

    def sample(self, rng: Random, n: int, weights: Mapping[str, float] | None = None) -> list[Expression]:
        """What comes of ``n`` draws as `grow` makes them; not all of it fits."""
        shares = _Shares(weights or {})
        drawn = (self._grow(rng, SOLVER, 1 if rng.random() < LEAVES else DEPTH, shares) for _ in range(n))
        return [tree for tree in drawn if tree is not None]

    def plain(self, expression: Expression) -> Expression:
        """The expression with every slot as usual, but for parts that must be drawn."""
        parts = tuple(map(self.plain, expression.parts))
        return self.drawn(self.settled(Expression(expression.form, parts)))

    def sprout(self, rng: Random, kind: Kind, depth: int) -> Expression | None:
        """A random part of a kind, of ``depth`` levels at most; ``None`` where these do not suffice."""
        return self._grow(rng, kind, depth, _Shares({}))

    def _grow(
        self, rng: Random, kind: Kind, depth: int, shares: _Shares, within: str = ""
    ) -> Expression | None:
        leaves, composed = self._made[kind, True], self._made[kind, False]
        leaf = depth <= 1 or not composed or rng.random() > depth / DEPTH
        key = kind, bool(leaves and leaf), depth == DEPTH, within
        if key not in shares.known:
            shares.known[key] = self._shares(*key, shares.weights)
        chosen, taken = shares.known[key]
        if not chosen or depth < 1:
            return None
        form = rng.choices(chosen, cum_weights=taken if any(taken) else None)[0]
        parts = [self._grow(rng, part, depth - 1, shares, form.name) for part in form.parts.values()]
        whole = tuple(part for part in parts if part is not None)
        if len(whole) < len(parts):
            return None
        return self.drawn(self.varied(Expression(form, whole), rng))

    @cached_property
    def _made(self) -> Mapping[tuple[Kind, bool], list[Form]]:
        """The forms of each kind that need no parts, and those that do."""
        made: defaultdict[tuple[Kind, bool], list[Form]] = defaultdict(list)
        for form in (form for forms in self._by_kind.values() for form in forms):
            made[form.kind, not form.parts].append(form)
        return made

    def _shares(
        self, kind: Kind, leaf: bool, whole: bool, within: str, weights: Mapping[str, float]
    ) -> tuple[list[Form], list[float]]:
        """The forms among which one is drawn, and how likely each and those before it are together."""
        chosen = self._made[kind, leaf]
        liked = ((weights.get(f.name, 1.0), weights.get(f"{within}>{f.name}", 1.0)) for f in chosen)
        shares = (
            own * there * self.weight(f, whole=whole) for f, (own, there) in zip(chosen, liked, strict=True)
        )
        return chosen, list(accumulate(shares))

    def weight(self, form: Form, *, whole: bool = False) -> float:
        """How likely the form is taken beside others of its kind.

        What uses a tool, the passages or the environment that the task has is likelier; as a part, and not as
        a ``whole`` design, so is a block of few calls, and one that many blocks are made of. Blocks that act
        are none the less likely for their calls.
        """
        return self._weights[whole][form.name]

    @cached_property
    def _weights(self) -> Mapping[bool, Mapping[str, float]]:
        return {
            whole: {form.name: self._weight(form, whole=whole) for form in self.forms.values()}
            for whole in (False, True)
        }

    def _weight(self, form: Form, *, whole: bool) -> float:
        weight = LIKELIER if self.passages and _OF_PASSAGES & set(form.parts.values()) else 1.0
        acts = isinstance(form.origin, Block) and form.origin.needs == "environment"
        weight *= LIKELIER if acts or SERVED.get(form.name) in self.tools else 1.0
        weight *= self.leanings.get(form.name, 1.0)
        if whole or acts or isinstance(form.origin, Combinator):
            return weight * (1 + self._users.get(form.name, 0) if acts else 1)
        calls = form.origin.calls if isinstance(form.origin, Promoted) else form.origin.bound({})
        return weight * (1 + self._users.get(form.name, 0)) / max(1, calls)

    @cached_property
    def _users(self) -> Mapping[str, int]:
        """How many blocks call each block, of those that are of use while designs are searched over."""
        useful = (block for block in self.blocks.values() if block.needs != "stream")
        return Counter(name for block in useful for name in called(block))

    def varied(self, expression: Expression, rng: Random) -> Expression:
        """The expression with some of its own slots at random."""
        for slot, values in expression.form.slots.items():
            chance = 0.5 if slot == "model" else CHANGED / 3 if slot == "role" else CHANGED
            if rng.random() < chance:
                expression = expression.set(slot, rng.choice(values))
        return self.settled(expression)

    def settled(self, expression: Expression) -> Expression:
        """The expression as its model answers it: recorded prompts have no roles, and may be drawn once."""
        known = self.repertoires.get(expression.model)
        if known is None:
            return expression
        plain: dict[str, Slot] = {"role": "", "temperature": 0.0} if known.draws == 1 else {"role": ""}
        for slot in plain.keys() & expression.form.slots.keys():
            if expression.value(slot) != plain[slot]:
                expression = expression.set(slot, plain[slot])
        return expression

    def drawn(self, expression: Expression) -> Expression:
        """The expression with those parts drawn at a temperature that are asked several times."""
        origin = expression.form.origin
        if not isinstance(origin, Combinator) or not origin.draws:
            return expression
        parts = dict(zip(expression.form.parts, expression.parts, strict=True))
        warm = (warmed(p) if name in origin.draws else p for name, p in parts.items())
        return Expression(expression.form, tuple(warm), expression.slots)

    def parse(self, text: str) -> Expression:
        """The expression of that text.

        Raises:
            ValueError: it is none of this grammar.

        >>> str(Grammar().parse("vote(repeat(direct(temperature=0.8), n=5))"))
        'vote(repeat(direct(temperature=0.8)))'
        """
        try:
            return self._read(ast.parse(text, mode="eval").body)
        except (SyntaxError, RecursionError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{text!r} is no expression of the grammar") from error

    def _read(self, node: ast.expr) -> Expression:
        match node:
            case ast.Call(func=ast.Name(name), args=given, keywords=named):
                form = self.forms[name]
                parts = tuple(map(self._read, given))
                if [part.form.kind for part in parts] == list(form.parts.values()):
                    expression = Expression(form, parts)
                    for keyword in named:
                        value: Slot = ast.literal_eval(keyword.value)
                        expression = expression.set(str(keyword.arg), value)
                    return expression
        raise KeyError(ast.unparse(node))

    def known(self, texts: Iterable[str]) -> Iterator[Expression]:
        """Those of the expressions that the grammar admits."""
        for text in texts:
            try:
                expression = self.parse(text)
            except ValueError:
                continue
            if self.fits(expression):
                yield expression


def warmed(expression: Expression) -> Expression:
    """The expression with every block that could draw, and none does, at the usual temperature of draws."""
    if expression.draws:
        return expression
    if "temperature" in expression.form.slots:
        return expression.set("temperature", SAMPLING_TEMPERATURE)
    return Expression(expression.form, tuple(map(warmed, expression.parts)), expression.slots)
