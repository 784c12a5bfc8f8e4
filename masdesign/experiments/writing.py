"""What a memory learns from answered items: evidence, lessons, cases, better conditions, merged lessons."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from masdesign.building_blocks import _lessons as prompts
from masdesign.building_blocks._asking import are_equal
from masdesign.building_blocks._lessons import Attempt, read_lesson
from masdesign.building_blocks.read import read_field
from masdesign.building_blocks.recall import recall
from masdesign.building_blocks.verify import verify
from masdesign.errors import InputError
from masdesign.memory import EMPTY, MOST_ENTRIES, Memory, MemoryEntry, Provenance
from masdesign.memory.upkeep import bounded, merged, near, to_refine, used, written
from masdesign.retrieval import words
from masdesign.spending.ledger import Account, Ledger, current_account
from masdesign.types import SAMPLING_TEMPERATURE, Answer, Prompt, Question, Result, Usage
from masdesign.workflow import Design, ItemOutcome, Node, Runtime, gather, item_run
from masdesign.workflow.limits import ItemFailed
from masdesign.workflow.run import running

WRITERS = ("reflect", "tested", "contrast", "case", "none")
"""How a memory is written after an item: a lesson from the answer, the first of several lessons with which
the item is solved, one from what the drafts of the item did differently, the item itself as a case, or only
what the design itself writes (`reflect`, `contrast`)."""
DRAWN = 8
"""Lessons that the writer ``tested`` draws after an item."""
_CALLS = 4
"""Most completions that are asked for after an item: a judgement, a lesson, and conditions to refine."""
_TESTED_CALLS = _CALLS + DRAWN * 3
"""The same with the writer ``tested``: a lesson takes a call to write, and two to solve the item with it."""
_MERGES = 2
"""Most pairs of lessons that are merged after a block of items."""
_SAYING = ("the", "answer", "is", "say", "give", "write", "choose", "it", "that", ".", ":")
"""Words with which a lesson gives an answer."""
_WRITTEN_BY = ("reflect", "contrast")
ENOUGH = 0.5
"""The score from which an answer counts as right."""

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Learning:
    """How a memory advances along a stream."""

    writer: str = "reflect"
    """One of `WRITERS`."""
    lag: int = 1
    """Items of a block: they read the same version, and may run at once."""
    labels: bool = True
    """Whether an item's score and target are told once it is answered; else the model judges itself."""
    most: int = MOST_ENTRIES
    """Entries that the memory may hold."""
    poison: float = 0.0
    """Share of the items, 0 to 1, whose feedback is another item's target (poisoned labels)."""
    refine: bool = True
    """Whether the condition of a lesson is rewritten that helped elsewhere and was of no use here."""

    def __post_init__(self) -> None:
        if self.writer not in WRITERS:
            raise InputError(f"writer {self.writer!r} does not exist; choose one of {', '.join(WRITERS)}")
        if self.lag < 1 or self.most < 1:
            raise InputError(f"lag is {self.lag}, most is {self.most}; give each a value of 1 or more")
        if not 0 <= self.poison <= 1:
            raise InputError(f"poison is {self.poison}; give a share of the labels from 0 to 1")


REFLECT = Learning()
"""A lesson after each item, from its score and target."""


@dataclass(frozen=True, slots=True)
class Released:
    """An answered item of which may be told what is in here, and nothing else."""

    question: Question
    answer: Answer
    outcome: ItemOutcome
    result: Result
    right: bool | None
    """By the scorer; ``None`` where no label is told."""
    target: str
    """Empty where no label is told."""

    @property
    def recalled(self) -> tuple[str, ...]:
        """The ids of the memory's entries that its prompts showed."""
        return recalled(self.outcome.trace.root)


@dataclass(frozen=True, slots=True)
class Taught:
    """What writing after one item came to."""

    entries: tuple[MemoryEntry, ...] = ()
    right: bool | None = None
    refined: tuple[MemoryEntry, ...] = ()
    usage: Usage = field(default_factory=Usage)


@dataclass
class Writing:
    """Writes what a stream has taught, with the model in the role ``meta``, else the default one."""

    design: Design
    task: str
    """The task's name."""
    runtime: Runtime
    ledger: Ledger | None
    learning: Learning
    reader: Runtime = field(init=False)
    """With the models that read the memory; ``runtime`` has the one that writes it."""

    def __post_init__(self) -> None:
        self.reader = replace(self.runtime, acting=None)
        writer = self.runtime.roles.get("meta", self.runtime.models[""])
        self.runtime = replace(self.runtime, models={"": writer}, memory=EMPTY, acting=None)

    async def learn(self, answered: Sequence[Released], memory: Memory) -> list[Taught]:
        """What each item of a block teaches, each in an account of its own, in order."""

        async def work(released: Released) -> Taught:
            if released.result.score is None:
                return Taught()
            async with item_run(released.question, self.runtime) as run:
                try:
                    lesson = await self._lesson(released, memory)
                except ItemFailed:  # what cannot be asked teaches nothing
                    lesson = Taught(right=released.right)
                return replace(lesson, usage=run.root.usage)

        return await self._each(answered, work)

    async def _lesson(self, released: Released, memory: Memory) -> Taught:
        right = released.right
        if right is None and released.answer.text:
            right = (await verify(released.question, released.answer)).ok
        entries = [*_of_design(released.outcome), *await self._written(released, right)]
        refined: list[MemoryEntry] = []
        if self.learning.refine and right is False:
            shown = used(memory, released.recalled, released.question.wording, helped=False)
            for entry in to_refine(shown, released.recalled)[: _CALLS - 2]:
                if when := read_field(await _ask(prompts.refine_prompt(entry)), "when").text:
                    refined.append(replace(entry, when=when))
        signed = tuple(self._signed(entry, released) for entry in entries)
        return Taught(signed, right, tuple(refined))

    async def _written(self, released: Released, right: bool | None) -> list[MemoryEntry]:
        """What the writer makes of an item."""
        question, answer, writer = released.question, released.answer, self.learning.writer
        if writer == "case":
            what = released.target or answer.text
            worth = bool(released.target) or bool(right)
            case = MemoryEntry(question.wording, what, kind="case", helped=int(worth), hurt=int(not worth))
            return [case] if what else []
        if writer == "none" or not answer.text or (writer == "tested" and right):
            return []
        drafts = _drafts(released.outcome) if writer == "contrast" else []
        if len(drafts) > 1:
            attempts = [Attempt.of(draft) for draft in drafts]
            prompt = prompts.contrast_prompt(question, attempts, target=released.target)
        else:
            feedback = released.result.feedback if released.target else ""
            attempt = Attempt.of(answer, right)
            prompt = prompts.reflect_prompt(question, attempt, target=released.target, feedback=feedback)
        if writer == "tested" and released.target:
            return await self._tested(prompt, released)
        lesson = read_lesson(await _ask(prompt))
        return [lesson] if lesson is not None else []

    async def _tested(self, prompt: Prompt, released: Released) -> list[MemoryEntry]:
        """The first of `DRAWN` lessons with which the item is solved; nothing where there is none.

        A writer that seldom finds the right lesson finds it in several draws, and the label says which it is.

        Reference: Wang et al. 2023, Voyager, arXiv:2305.16291 (a skill is kept once it was seen to work).
        """
        temperatures = [0.0] + [SAMPLING_TEMPERATURE] * (DRAWN - 1)
        texts = await gather(*[_ask(prompt, temperature) for temperature in temperatures])
        lessons = {
            lesson.id: lesson
            for text in texts
            if (lesson := read_lesson(text)) is not None and not only_answers(lesson.what, released.target)
        }
        solved = await gather(*[self._solves(lesson, released) for lesson in lessons.values()])
        return [lesson for lesson, ok in zip(lessons.values(), solved, strict=True) if ok][:1]

    async def _solves(self, lesson: MemoryEntry, released: Released) -> bool:
        """Whether `recall` gives the item's right answer from this lesson alone."""
        writing = running()
        async with item_run(released.question, replace(self.reader, memory=Memory((lesson,)))) as trial:
            writing.root.children.append(trial.root)
            try:
                answer = await recall(released.question, 1)
            except ItemFailed:
                return False
            shown = recalled(trial.root)  # else it was solved without the lesson
            return bool(shown) and are_equal(answer.text, released.target, released.question)

    def _signed(self, entry: MemoryEntry, released: Released) -> MemoryEntry:
        source = Provenance(
            task=self.task,
            model=self.runtime.models[""].model,
            item=released.result.item_id,
            design=self.design.id,
            writer=entry.provenance.writer or self.learning.writer,
        )
        return replace(entry, provenance=source, id="")

    async def advance(
        self, memory: Memory, answered: Sequence[Released], lessons: Sequence[Taught]
    ) -> tuple[Memory, Usage]:
        """The next version: evidence, refined conditions and new entries in stream order, then upkeep."""
        for released, lesson in zip(answered, lessons, strict=True):
            if lesson.right is not None:
                question = released.question.wording
                memory = used(memory, released.recalled, question, helped=lesson.right)
            for entry in lesson.refined:
                current = memory.get(entry.id)
                memory = memory if current is None else memory.put(replace(current, when=entry.when))
            for entry in lesson.entries:
                memory = written(memory, entry)
        memory, spent = bounded(memory, self.learning.most), Usage()
        for _ in range(_MERGES):
            pair = near(memory)
            if not pair:
                break
            ((whole, usage),) = await self._each([pair], self._merge)
            memory, spent = merged(memory, pair, whole), spent + usage
        return memory, spent

    async def _merge(self, pair: tuple[MemoryEntry, ...]) -> tuple[MemoryEntry, Usage]:
        """One lesson for two; where none could be read, the first of them."""
        async with item_run(Question(pair[0].when), self.runtime) as run:
            try:
                lesson = read_lesson(await _ask(prompts.merge_prompt(pair)))
            except ItemFailed:
                lesson = None
            return lesson or pair[0], run.root.usage

    async def _each(self, values: Sequence[T], work: Callable[[T], Awaitable[R]]) -> list[R]:
        """The work of all at once, each in an account of its own, opened in order."""
        most = _TESTED_CALLS if self.learning.writer == "tested" else _CALLS
        accounts = [None if self.ledger is None else self.ledger.account(most) for _ in values]

        async def within(value: T, account: Account | None) -> R:
            if account is not None:
                current_account.set(account)  # in this task's own context
            try:
                return await work(value)
            finally:
                if account is not None:
                    account.close()

        ended = await asyncio.gather(*map(within, values, accounts), return_exceptions=True)
        results: list[R] = []
        for result in ended:
            if isinstance(result, BaseException):
                raise result
            results.append(result)
        return results


def only_answers(what: str, target: str) -> bool:
    """Whether a lesson gives its own item's answer and nothing that leads to it: it solves that item alone.

    >>> [only_answers(what, "62") for what in ("charge 62", "add 3 to the price", "add 3, which gives 62")]
    [True, False, False]
    >>> [only_answers(what, "True") for what in ("The answer is True.", "two negations give True")]
    [True, False]
    """
    if numbers := re.findall(r"\d+(?:\.\d+)?", what):
        return set(numbers) == set(re.findall(r"\d+(?:\.\d+)?", target))
    return {*words(what)} <= {*words(target), *_SAYING}


async def _ask(prompt: Prompt, temperature: float = 0.0) -> str:
    return (await running().complete(prompt, temperature=temperature)).text


def recalled(root: Node) -> tuple[str, ...]:
    """The ids of the entries that the prompts of an item's trace showed, each once."""
    remarks = (node for node in root.walk() if node.name == prompts.RECALLED)
    return tuple(dict.fromkeys(entry_id for node in remarks for entry_id in str(node.output).split()))


def _of_design(outcome: ItemOutcome) -> list[MemoryEntry]:
    """The lessons that the design itself wrote."""
    steps = (node for node in outcome.trace.root.walk() if node.kind == "block" and node.name in _WRITTEN_BY)
    lessons = ((node.name, read_lesson(str(node.output))) for node in steps)
    return [replace(lesson, provenance=Provenance(writer=name)) for name, lesson in lessons if lesson]


def _drafts(outcome: ItemOutcome) -> list[Answer]:
    """The different answers to the whole question that steps of the item gave, in order."""
    question = outcome.trace.question
    drafts = (node.output for node in outcome.trace.root.walk() if _is_draft(node, question))
    return list({str(answer): answer for answer in drafts if isinstance(answer, Answer)}.values())


def _is_draft(node: Node, question: Question) -> bool:
    posed = next((value for _, value in node.inputs if isinstance(value, Question)), None)
    drawn = any(child.kind == "model" for child in node.children)
    answered = isinstance(node.output, Answer) and bool(node.output.text)
    return drawn and answered and posed is not None and posed.question == question.question
