"""`Job`: what a method is given: the design, the `train` items, models, and nothing of other splits.

`Method`: how a design becomes a prompt. One method a file, in `masdesign/distill/methods/`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import ClassVar

from masdesign.distill.prompt import DistilledPrompt
from masdesign.evaluation.items import run_each
from masdesign.evaluation.scoring import Scoring
from masdesign.lm import LM
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import PLAIN, Answer, Asking, Item, Question, Tool
from masdesign.workflow import Design, ItemOutcome, Runtime

TOKEN_LIMIT = 0.25
"""Share of the model's window that worked examples may take, where no limit is given."""
MOST_TOKENS = 0.4
"""Share of the window that they may take at most: `few_shot` gives half of it to them and the problem."""


@dataclass(frozen=True)
class Transcript:
    """One train item, and what a design made of it."""

    item: Item
    outcome: ItemOutcome
    score: float | None
    """In 0..1; ``None`` where a provider failed."""
    asking: Asking = PLAIN
    feedback: str = ""
    """What the scorer said of the answer."""

    @property
    def question(self) -> Question:
        """The item as a prompt may show it."""
        return Question.of(self.item, self.asking)

    @property
    def answer(self) -> Answer:
        """What the design answered; empty where it failed."""
        return self.outcome.answer or Answer("")

    @property
    def right(self) -> bool:
        """Whether the answer has the full score."""
        return self.score == 1.0


@dataclass
class Job:
    """One distillation, as its method sees it."""

    teacher: Design
    train: Sequence[Item]
    """The only items that a method is given."""
    description: str
    """What the task asks for."""
    runtime: Runtime
    ledger: Ledger
    rng: Random
    """The only source of chance."""
    scoring: Scoring
    """How answers are scored."""
    reserved: Callable[[Sequence[Item]], int] = lambda items: 0
    """How many of some items val or test ask, too."""
    tools: tuple[Tool, ...] = ()
    """With what the task is acted on; empty where it is only answered."""
    meta: LM | None = None
    """The model that writes, where one was given."""
    candidates: int = 4
    """How many drafts a method that can make several makes."""
    tokens: int = 0
    """The most tokens that worked examples may take; 0: `TOKEN_LIMIT` of the model's window."""
    seed: int = 0
    """Of what the method trains."""
    model: str = ""
    """The user's name of the default model."""
    folder: Path = Path(".masdesign/models")
    """Where trained weights go."""
    steps: int = 200
    """Training steps of the methods that train."""
    watch: Callable[[str, int, int], None] = lambda phase, done, total: None
    """Told where the work stands: the phase, how much is done, and of how much."""
    note: Callable[[str], None] = lambda text: None
    """Told what a person should know, in one line."""
    _transcripts: dict[str, tuple[Transcript, ...]] = field(default_factory=dict)

    @classmethod
    def on(
        cls, task: Task, train_items: int, teacher: Design, runtime: Runtime, ledger: Ledger, **more: object
    ) -> Job:
        """The job of a task, on the first ``train_items`` of its items to learn from."""
        return cls(
            teacher,
            task.to_learn_from(train_items),
            task.told,
            runtime,
            ledger,
            scoring=Scoring(task, runtime, "train"),
            reserved=task.count_reserved,
            tools=task.environment.tools if task.environment else (),
            **more,  # type: ignore[arg-type]
        )

    @property
    def example_tokens(self) -> int:
        """The most tokens that worked examples may take together."""
        window = self.runtime.models[""].window
        return min(self.tokens or int(window * TOKEN_LIMIT), int(window * MOST_TOKENS))

    async def transcripts(self, design: Design | None = None, first: int = 0) -> tuple[Transcript, ...]:
        """What the design (by default the teacher) makes of each train item, or of the first, in their order.

        Raises:
            BudgetExhausted, CredentialsError: as the run ends.
        """
        chosen = design or self.teacher
        items = self.train[:first] if first else self.train
        key = f"{chosen.id} {len(items)}"
        if key not in self._transcripts:
            transcripts: list[Transcript] = []
            phase = f"{'teacher' if chosen.id == self.teacher.id else chosen.name} on train"

            async def judge(item: Item, outcome: ItemOutcome) -> Transcript:
                scored = await self.scoring.of_outcome(item, outcome)
                feedback = scored.score.feedback if scored.score else ""
                return Transcript(item, outcome, scored.value, self.runtime.asking, feedback)

            def keep(item: Item, transcript: Transcript) -> None:
                transcripts.append(transcript)
                self.watch(phase, len(transcripts), len(items))

            calls = self.scoring.calls
            await run_each(chosen, items, self.runtime, judge, keep, ledger=self.ledger, judge_calls=calls)
            self._transcripts[key] = tuple(transcripts)
        return self._transcripts[key]

    async def score(self, answers: Sequence[Answer], item: Item) -> list[float | None]:
        """The scores of answers to one train item, in 0..1; ``None`` where one is unscored."""
        return await self.scoring.values(answers, item, self.ledger)


@dataclass(frozen=True)
class Draft:
    """A prompt that a method offers. The best on `val` becomes the distillate."""

    prompt: DistilledPrompt
    how: str
    """How it was made, in a few words."""
    model: str = ""
    """The name of a model of its own that answers it; empty: the run's default model."""
    forecast: float | None = None
    """The share of the design's gain that it was expected to keep, where that was forecast."""
    files: Mapping[str, str] = field(default_factory=dict)
    """What is saved beside or instead of the prompt: texts by the ending of their names (``.jsonl``)."""


class Method(ABC):
    """Makes prompts from a design.

    **Contract.** `drafts` is asked once. What it makes depends on the job alone: the same job gives
    the same drafts. It sees of the task's items only those of `train`; it calls models through the
    job, which charges them; it neither scores on `val` nor writes to an archive. At least one
    draft is given, or `InputError` says why there is none. `BudgetExhausted` may leave it, where nothing
    was made before.
    """

    name: ClassVar[str]
    """What the user calls it."""
    summary: ClassVar[str]
    """One line for a list."""
    reference: ClassVar[str] = ""
    """The paper, as ``arXiv:…``."""
    needs_meta_model: ClassVar[bool] = False
    """Whether it asks a second model to write."""

    train_items: ClassVar[int] = 100
    """Default limit of the `train` items that the method is given."""

    @abstractmethod
    async def drafts(self, job: Job) -> Sequence[Draft]:
        """The prompts to choose from, in the order in which ties are broken."""
