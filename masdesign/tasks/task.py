"""`Task`: items by split, what a right answer is, and which tools a design may use."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, TypedDict, TypeVar, Unpack

import numpy as np

from masdesign.errors import InputError
from masdesign.options import with_defaults
from masdesign.protocols import AnswerForm, Environment, OpenedTest, Scorer
from masdesign.tasks.forms import LINE, form_named
from masdesign.tasks.items import digest, first_alike
from masdesign.tasks.scorers import infer_scorer, scorer_named
from masdesign.tasks.scorers.match import Match
from masdesign.types import PLAIN, Asking, ChoosingSplit, Item, Split

TOOLS = frozenset({"python", "calculator", "retrieval"})
SPLITS: tuple[Split, ...] = ("train", "val", "test")
_SEALED = (
    "are sealed: record an opening (masdesign.session.Opening), then score it, or read them with "
    "task.unseal(opening); task.size(split) counts them"
)


_Key = TypeVar("_Key", bound=Hashable)


class ItemsOptions(TypedDict, total=False):
    """Further options of `Task.of`."""

    version: str
    """Changes with the items; ``1`` by default."""
    description: str
    """One line on the task."""
    instruction: str
    """What every prompt says is to be done."""
    labels: Iterable[str]
    """The answers that there are."""
    metric: Scorer | Callable[..., Any] | str | None
    """Older name of ``scorer``."""


@dataclass(frozen=True)
class Task:
    """What a design is sought for. Made by `load_task`, or from items at hand by `Task.of`.

    >>> task = Task.of("sums", val=[Item("a", "1 + 1 =", "2")])
    >>> task.metric.name, len(task.val), task.train
    ('numeric', 1, ())
    """

    name: str
    version: str
    """Changes with anything that could change a score: a content hash for files, for generated
    tasks the family's version and difficulty. Not with how many items are used."""
    description: str
    scorer: Scorer
    make: Callable[[Split], Sequence[Item]] = field(repr=False, compare=False)
    """Gives a split's items; called once a split, when they are first asked for."""
    tools: frozenset[str] = frozenset()
    """Of ``python``, ``calculator``, ``retrieval``; designs may use no others."""
    chance: float = 0.0
    """The score in 0..1 that needs no model: guessing among options, or one constant answer."""
    duplicates: int = 0
    """Items removed because another one asks the same."""
    notes: tuple[str, ...] = ()
    """What a user should be told of the items, one line each."""
    more: Callable[[int], tuple[Item, ...]] | None = field(default=None, repr=False, compare=False)
    """Return a given number of train items, `train` first; ``None`` where there are no more than those."""
    instruction: str = ""
    """What is to be done, in words; every prompt says it."""
    labels: tuple[str, ...] = ()
    """The answers there are, where they are the same for all items."""
    form: AnswerForm = LINE
    """How an answer is asked for, read and compared."""
    environment: Environment | None = None
    """Where an agent acts, where the task is one of acting."""
    _made: dict[Split, Sequence[Item]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _clusters: dict[Split, Mapping[str, str]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def metric(self) -> Scorer:
        """The scorer."""
        return self.scorer

    @property
    def told(self) -> str:
        """The task as designers' prompts describe it: the description, and how its questions are asked.

        >>> sums = Task.of("sums", val=[Item("a", "1 + 1 =", "2")], description="Sums.", instruction="Add.")
        >>> sums.told
        'Sums.\\nEvery prompt says by itself: Add.'
        """
        lines = [self.description] if self.description else []
        if self.instruction:
            lines.append(f"Every prompt says by itself: {self.instruction}")
        if self.form.instruction(self.labels) != LINE.instruction(()):
            lines.append(f"Every request for an answer ends by itself: {self.form.instruction(self.labels)}")
        return "\n".join(lines)

    @property
    def asking(self) -> Asking:
        """How its questions are asked."""
        return Asking(self.instruction, self.labels, self.form.name)

    def items(self, split: ChoosingSplit) -> Sequence[Item]:
        """The items of a split, in an order that does not change. Those of `test` come from `unseal` only.

        Raises InputError for ``test``.
        """
        if split not in ("train", "val"):
            raise InputError(f"the items of {split} {_SEALED}")
        return self._all(split)

    def unseal(self, opening: OpenedTest) -> tuple[Item, ...]:
        """The test items of a recorded opening, in the task's order."""
        named = frozenset(opening.items)
        return tuple(item for item in self._all("test") if item.id in named)

    def size(self, split: Split) -> int:
        """The number of items of a split.

        >>> Task.of("sums", test=[Item("a", "1 + 1 =", "2")]).size("test")
        1
        """
        return len(self._all(split))

    def ids(self, split: Split) -> tuple[str, ...]:
        """The ids of a split's items, in their order."""
        return tuple(item.id for item in self._all(split))

    def clusters(self, split: Split) -> Mapping[str, str]:
        """What items of a split depend on each other: a name of the passages that several of them share."""
        if split not in self._clusters:
            self._clusters[split] = clusters_of((item.id, item.context) for item in self._all(split))
        return self._clusters[split]

    def first(self, *, val: int | None = None, test: int | None = None) -> Task:
        """The task with the first items of a split only; the same version, since no item changes."""
        cut = {"val": val, "test": test}
        return replace(self, make=lambda split: self._all(split)[: cut.get(split)])

    def _all(self, split: Split) -> Sequence[Item]:
        if split not in self._made:
            self._made[split] = self.make(split)
        return self._made[split]

    def count_reserved(self, items: Sequence[Item]) -> int:
        """How many of these items ask what an item of val or test asks, of the same passages.

        >>> Task.of("sums", test=[Item("a", "1 + 1 =", "2")]).count_reserved([Item("b", "1 + 1 =", "2")])
        1
        """
        held = {(item.question, item.context) for split in ("val", "test") for item in self._all(split)}
        return sum((item.question, item.context) in held for item in items)

    @property
    def test(self) -> NoReturn:
        """Sealed: raises AttributeError, which says how to read the items."""
        raise AttributeError(f"the items of test {_SEALED}")

    def to_learn_from(self, count: int) -> Sequence[Item]:
        """Return at most ``count`` train items; a generated task makes more than `train` holds.

        >>> Task.of("sums", train=[Item("a", "1 + 1 =", "2")]).to_learn_from(50)[0].id
        'a'
        """
        if count <= len(self.train) or self.more is None:
            return self.train[:count]
        return self.more(count)

    @property
    def train(self) -> Sequence[Item]:
        """For demonstrations, and for failures shown to a designer."""
        return self.items("train")

    @property
    def val(self) -> Sequence[Item]:
        """For choosing among designs."""
        return self.items("val")

    @classmethod
    def of(
        cls,
        name: str,
        *,
        train: Iterable[Item] = (),
        val: Iterable[Item] = (),
        test: Iterable[Item] = (),
        scorer: Scorer | Callable[..., Any] | str | None = None,
        tools: Iterable[str] = (),
        answer: AnswerForm | str = LINE,
        environment: Environment | None = None,
        **options: Unpack[ItemsOptions],
    ) -> Task:
        """Make a task of items at hand, taken as they are.

        Parameters:
            scorer: inferred where that is certain.
            options: see `ItemsOptions`.
        """
        more = with_defaults(
            "Task.of", options, version="1", description="", instruction="", labels=(), metric=None
        )
        splits: Mapping[Split, tuple[Item, ...]] = {
            "train": tuple(train), "val": tuple(val), "test": tuple(test)
        }  # fmt: skip
        labelled = splits["train"] + splits["val"] or splits["test"]
        wished = scorer if scorer is not None else more.metric
        form = form_named(answer)
        asking = Asking(more.instruction, tuple(more.labels), form.name)
        rule = scorer_named(wished) if wished is not None else infer_scorer(labelled, name)
        return cls(
            name=name,
            version=asked_version(more.version, asking),
            description=more.description,
            scorer=rule.for_form(form.name) if isinstance(rule, Match) else rule,
            make=splits.__getitem__,
            tools=frozenset(tools),
            chance=chance_of(labelled),
            instruction=asking.instruction,
            labels=asking.labels,
            form=form,
            environment=environment,
        )


def clusters_of(contexts: Iterable[tuple[_Key, tuple[str, ...]]]) -> dict[_Key, str]:
    """8 hex digits that name an item's passages, for each item that shares them with another.

    >>> sorted(clusters_of([("a", ("p",)), ("b", ("p",)), ("c", ("q",)), ("d", ())]))
    ['a', 'b']
    """
    names = {item: digest("\x1e".join(context)) for item, context in contexts if context}
    counts = Counter(names.values())
    return {item: name.hex()[:8] for item, name in names.items() if counts[name] > 1}


def asked_version(version: str, asking: Asking, usual: str = "line") -> str:
    """A task's version with how it is asked, where that is not usual.

    ``usual`` is the form that the task takes by itself: ``number`` asks like ``line``, and is none of
    the user's doing where the scorer is ``numeric``.

    >>> asked_version("1", Asking()), asked_version("1", Asking("Classify.", ("a", "b"), "label"))
    ('1', '1-24990daa')
    """
    if asking == replace(PLAIN, form=usual):
        return version
    text = json.dumps([asking.instruction, asking.labels, asking.form])
    return f"{version}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def chance_of(items: Iterable[Item]) -> float:
    """The score that needs no model: 1 / options, or the most frequent target's share if that is more.

    A free answer that is (almost) never the same twice has chance 0, and so have items without a target.

    >>> chance_of([Item("a", "?", "Yes", choices=("Yes", "No")), Item("b", "?", "No", choices=("Yes", "No"))])
    0.5
    """
    targets = array("q")
    with_target = with_choices = 0
    guessed = 0.0
    for item in items:
        targets.append(hash(item.target))
        with_target += bool(item.target)
        if item.choices:
            with_choices += 1
            guessed += 1 / len(item.choices)
    if not with_target:
        return 0.0
    most = int(np.bincount(first_alike(np.array(targets))).max())
    if with_choices == len(targets):
        return max(most, guessed) / len(targets)
    return most / len(targets) if most > 1 else 0.0
