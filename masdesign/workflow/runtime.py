"""What a design runs with, and where."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from masdesign.memory import EMPTY, Memory
from masdesign.tasks.forms import form_named
from masdesign.types import PLAIN, Asking, Example, Item, Question
from masdesign.workflow.answers import answer_options
from masdesign.workflow.block import Block
from masdesign.workflow.limits import Limits
from masdesign.workflow.sandbox import Sandbox

if TYPE_CHECKING:
    from masdesign.lm.protocol import LM
    from masdesign.workflow.check import Checked
    from masdesign.workflow.gate import Acting
    from masdesign.workflow.item import ItemOutcome
    from masdesign.workflow.run import Gate


class Executor(Protocol):
    """A place, or many, where items run.

    **Contract.** `run` gives and raises what `run_item` does for the same arguments, but for the seconds:
    wherever the item runs, and however often that place is lost. The sandbox is where the item runs.
    Completions are asked of ``runtime.models`` by the caller's process, in the caller's context and in
    order of issue, each of them once: so there is one budget, one cache and one rate limit for all places,
    and keys stay with the caller. Both may be used any number of times at once, from one event loop.
    """

    async def run(
        self, design: Checked, question: Question, runtime: Runtime, gate: Gate | None = None
    ) -> ItemOutcome:
        """The design on one question; ``gate`` is the way to its episode, which stays with the caller."""
        ...

    def abacus(self, folder: Path) -> LM:
        """The embedded model with the weights of ``folder``, computed where the items run."""
        ...


@dataclass
class Runtime:
    """Models, blocks, sandbox and limits: one for a whole run, shared by all its items."""

    models: Mapping[str, LM]
    """By the name that a design asks for; ``""`` is the default. No other model can be reached."""
    blocks: Mapping[str, Block[..., Any]]
    sandbox: Sandbox
    world: int = 0
    tools: frozenset[str] = frozenset()
    """What the task declares: ``python``, ``calculator``, ``retrieval``."""
    limits: Limits = field(default_factory=Limits)
    allow_no_calls: bool = False
    """Whether an answer counts that was given without asking a model."""
    clock: Callable[[], float] = time.monotonic
    work_clock: Callable[[], float] = time.thread_time
    """Processor time of the thread that serves blocks."""
    embedding: LM | None = None
    """Ranks passages for the tool ``retrieval`` (`masdesign.lm.embedding`), each time one call more; without
    it they are ranked by their words (BM25), at no call."""
    train: Callable[[], Sequence[Item]] = tuple
    """The task's `train` items, asked for when a block first shows one; never another split's."""
    asking: Asking = PLAIN
    """How the task asks its questions: what beside an item's own question a workflow sees."""
    memory: Memory = EMPTY
    """What was learnt from earlier items: one version, which no item of this run changes."""
    set_aside: dict[str, set[str]] = field(default_factory=dict)
    """Ids of items that no design is asked, since the model refuses the plain question; by task and model."""
    acting: Acting | None = None
    """The environment of the task, where designs act in one."""
    roles: Mapping[str, LM] = field(default_factory=dict)
    """Models that no design reaches: those that write designs (``meta``), score (``judge``), play a person
    (``user``) or rank passages (``embedding``)."""
    executor: Executor | None = None
    """Where items run; in this process, where there is none."""
    keep_going: bool = False
    """Whether a run goes on where most replies are cut, unreadable or refused."""

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """The `train` items as blocks may show them."""
        return tuple(
            Example(Question.of(item, self.asking), shown_target(item, self.asking), item.solution)
            for item in self.train()
        )

    def name_of(self, requested: str) -> str:
        """Return the name under which the use of the model called ``requested`` is counted.

        Of several names of one model it is the first; ``default`` where only the default has it;
        empty where there is but one model.
        """
        if len({id(lm) for lm in self.models.values()}) < 2:
            return ""
        model = self.models[requested]
        return next((name for name, lm in self.models.items() if name and lm is model), "default")


def shown_target(item: Item, asking: Asking) -> str:
    """The answer of an example as the task's form writes answers: of an option its letter."""
    if asking.form == "line":
        return item.target
    options = answer_options(Question.of(item, asking))
    return form_named(asking.form).read(item.target, options) or item.target
