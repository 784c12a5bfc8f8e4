"""What went wrong: `train` items with what every step said, where a run departed, what is to blame.

And what a designer may look up within a conversation: designs, their scores, traces of `train` items.

All of it is there already: a look-up asks no model, and changes nothing. Of `val` it tells aggregates, of
`test` nothing.
"""

import re
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from itertools import takewhile

from masdesign.archive.view import ArchiveView, Entry
from masdesign.errors import SourceError
from masdesign.evaluation.items import run_each
from masdesign.evaluation.scoring import Scoring
from masdesign.search.designer.acting import NO_TARGET
from masdesign.search.designer.brief import shown
from masdesign.search.designer.talk import render
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Answer, Item, Question, Verdict
from masdesign.workflow import Design, ItemOutcome, Node, Runtime

ITEMS = 8
"""Train items that a design is run on."""
COMBINING = ""
"""In the place of a block: what the design does with the answers of its steps is to blame."""
STEPS, LONGEST = 12, 400
"""Steps of an item, and characters of what one said, that a prompt shows."""
DEEDS, DEED = 8, 100
"""Actions of a step, and characters of what one came to, that a prompt shows."""


@dataclass(frozen=True, slots=True)
class SeenStep:
    """A block call, as a prompt shows it."""

    block: str
    text: str
    """What it gave, in a line."""
    right: bool | None
    """Whether it answered the whole question right, or judged such an answer right; ``None`` for a part."""
    tokens: int
    judges: bool = False
    """Whether what it gave is a verdict on an answer."""


@dataclass(frozen=True, slots=True)
class SeenItem:
    """A `train` item under the design."""

    question: str
    target: str
    answer: str
    right: bool
    feedback: str
    """Of the scorer, or the reason why there is no answer."""
    steps: tuple[SeenStep, ...]

    @property
    def departed(self) -> str:
        """Where the run departed from right, in words; empty where it did not, or no step shows it."""
        whole, after = self._known()
        if self.right or not whole:
            return ""
        if not after:
            return f"{self.blamed or whole[0].block} was wrong already"
        last = whole[after - 1].block
        if self.blamed == COMBINING:
            return f"{last} was right, and its answer was not taken"
        return f"{last} was right, and {self.blamed} after it was not"

    @property
    def blamed(self) -> str:
        """The block that departed from right: the first that was wrong after the last right answer.

        `COMBINING` where no step was wrong after it: its answer was not taken.
        """
        whole, after = self._known()
        wrong = [step.block for step in whole[after:] if not step.right]
        return next(iter(wrong), COMBINING)

    @property
    def suspects(self) -> tuple[str, ...]:
        """The blocks that may be at fault: `blamed`, and the steps before it that have no score.

        Answers to parts of a question, or what was retrieved, may have misled it. Then, and where the same
        block was right in another draw, how the steps are put together may also be at fault (`COMBINING`).
        """
        last = max((n for n, step in enumerate(self.steps, 1) if step.right and not step.judges), default=0)
        was_right = {step.block for step in self.steps[:last] if step.right and not step.judges}
        before = takewhile(lambda step: step.right is not False, self.steps[last:])
        unscored = {step.block for step in before if step.right is None}
        shared = {COMBINING} if unscored or self.blamed in was_right else set[str]()
        return tuple(sorted({*unscored, self.blamed} | shared))

    def _known(self) -> tuple[list[SeenStep], int]:
        """The steps known to be right or wrong, and how many there are up to the last right answer."""
        whole = [step for step in self.steps if step.right is not None]
        return whole, max((n for n, step in enumerate(whole, 1) if step.right and not step.judges), default=0)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a design does on `train` items; nothing of `val` or `test` is in it."""

    seen: tuple[SeenItem, ...]
    costs: tuple[tuple[str, int], ...]
    """Tokens an item by block, the dearest first."""

    @property
    def items(self) -> int:
        """The items that it was run on."""
        return len(self.seen)

    @property
    def failing(self) -> tuple[SeenItem, ...]:
        """Those that it does not answer right."""
        return tuple(item for item in self.seen if not item.right)

    @property
    def right(self) -> int:
        """How many it answers right."""
        return self.items - len(self.failing)

    @property
    def blame(self) -> dict[str, float]:
        """Share of the failing items by the block that departed from right; suspects share an item alike."""
        shares = defaultdict[str, float](float)
        for item in self.failing:
            for block in item.suspects:
                shares[block] += 1 / len(item.suspects) / len(self.failing)
        return dict(sorted(shares.items()))


class Diagnoses:
    """The diagnoses of a run's designs, each made once: what designers are shown and where mutation aims.

    The calls are charged to ``ledger``.
    """

    def __init__(self, task: Task | None, runtime: Runtime, ledger: Ledger) -> None:
        self.task, self.runtime, self.ledger = task, runtime, ledger
        self.made: dict[str, Diagnosis | None] = {}
        """By the design's id, in the order in which they were made."""

    async def of(self, design: Design) -> Diagnosis | None:
        """What goes wrong on `train` items under a design.

        Raises:
            BudgetExhausted: the ledger does not cover these items.
            CredentialsError: a key was refused.
        """
        if self.task is not None and design.id not in self.made:
            self.made[design.id] = await diagnose(design, self.task, self.runtime, self.ledger)
        return self.made.get(design.id)

    def blame(self, design_id: str) -> dict[str, float]:
        """Share of its failing items by the block to blame; empty where it was not looked at."""
        diagnosis = self.made.get(design_id)
        return diagnosis.blame if diagnosis is not None else {}


async def diagnose(design: Design, task: Task, runtime: Runtime, ledger: Ledger) -> Diagnosis | None:
    """Run the design on the first train items, and see what its steps said where it fails.

    The calls are charged to ``ledger``; what the design was asked before is on file. ``None`` where there
    are no train items, or the design is not well-formed under the run's bounds.

    Raises:
        BudgetExhausted, CredentialsError: as evaluating it would.
    """
    scoring = Scoring(task, runtime, "train")
    seen: list[tuple[SeenItem, Counter[str]]] = []

    async def judge(item: Item, outcome: ItemOutcome) -> tuple[SeenItem, Counter[str]]:
        steps = [step async for step in _steps(item, outcome, scoring)]
        result = await scoring.result(item, outcome)
        costs = Counter[str]()
        for step in steps:
            costs[step.block] += step.tokens
        reason = result.feedback or (result.failure.message if result.failure else "")
        answer = outcome.answer.text if outcome.answer else ""
        target = " | ".join(map(str, item.targets[:3])) or NO_TARGET
        right = result.score is None or result.score >= 1
        return SeenItem(item.question, target, answer, right, reason, tuple(steps[:STEPS])), costs

    try:
        await run_each(
            design,
            task.train[:ITEMS],
            runtime,
            judge,
            lambda _, item: seen.append(item),
            ledger=ledger,
            judge_calls=scoring.calls,
        )
    except SourceError:
        return None
    if not seen:
        return None
    total = sum((costs for _, costs in seen), Counter[str]())
    by_block = tuple((block, tokens // len(seen)) for block, tokens in total.most_common())
    return Diagnosis(tuple(item for item, _ in seen), by_block)


async def _steps(item: Item, outcome: ItemOutcome, scoring: Scoring) -> AsyncIterator[SeenStep]:
    """The block calls of the design itself, in the order of issue."""

    async def score(answer: object) -> bool | None:
        scored = (await scoring.score(answer, item)).score if isinstance(answer, Answer) else None
        return None if scored is None else scored.value >= 1

    offered = (
        {tool.name for tool in scoring.runtime.acting.environment.tools} if scoring.runtime.acting else ()
    )
    for node in outcome.trace.root.children:
        if node.kind != "block":
            continue
        right = None
        if _question(node) == item.question and not scoring.calls:
            right = await score(node.output)
            if isinstance(node.output, Verdict):
                judged = [answer for _, answer in node.inputs if isinstance(answer, Answer)]
                truth = await score(judged[0]) if len(judged) == 1 else None
                right = None if truth is None else truth == node.output.ok
        judges = isinstance(node.output, Verdict)
        text = "; ".join(filter(None, (_line(node.output), _deeds(node, offered))))
        yield SeenStep(node.name, text, right, _tokens(node), judges)


def _deeds(node: Node, offered: Collection[str]) -> str:
    """The last actions of a block, each with the beginning of what was observed."""
    done = [
        f"{n.name}[{' | '.join(str(value) for _, value in n.inputs)}] -> {_line(n.output)[:DEED]}"
        for n in node.walk()
        if n is not node and n.kind == "tool" and n.name in offered
    ]
    gap = [f"{len(done) - DEEDS} actions"] if len(done) > DEEDS else []
    return ", ".join([*gap, *done[-DEEDS:]])


def _question(node: Node) -> str:
    questions = (value.question for _, value in node.inputs if isinstance(value, Question))
    return next(questions, "")


def _line(output: object) -> str:
    match output:
        case Answer():
            text = output.text or output.reasoning
        case Verdict():
            text = f"{'right' if output.ok else 'wrong'} {output.critique}"
        case Question():
            text = " ".join([output.question, *output.context])
        case list() | tuple():
            text = "; ".join(_line(part) for part in output)
        case _:
            text = str(output)
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _tokens(node: Node) -> int:
    own = node.completion.usage.tokens if node.completion is not None else 0
    return own + sum(_tokens(child) for child in node.children)


LOOKS = 4
"""Look-ups in one conversation."""
LISTED = 40
"""Designs that a list names, the best first."""
LONGEST_LOOK = 12_000
"""Characters of what one look-up tells."""

_REQUEST = re.compile(r"^[\s*>`-]*look up:\s*(designs|design|training)\b[\s:]*(.*?)[\s`*.]*$", re.I | re.M)
_ITEM = re.compile(r",?\s*(?:item|question)\s*(\d+)$", re.I)


@dataclass(frozen=True)
class Lookup:
    """Answers ``designs``, ``design NAME``, ``training NAME`` and ``training NAME, item K``."""

    view: ArchiveView
    diagnoses: Diagnoses

    def answer(self, reply: str) -> str | None:
        """What a reply asks for; ``None`` where it asks for nothing, or brings code already."""
        request = None if "```" in reply else _REQUEST.search(reply)
        if request is None:
            return None
        kind, name = request[1].casefold(), request[2].strip()
        if kind == "designs":
            return self._list()[:LONGEST_LOOK]
        item = _ITEM.search(name)
        wanted = name[: item.start()] if item else name
        named = (e for e in self.view.entries if wanted in (e.design.id, e.design.name))
        entry = next(named, None) if wanted else None
        if entry is None:
            return f"There is no design {wanted[:80]!r}. {self._list()}"[:LONGEST_LOOK]
        if kind == "design":
            return render("_design", {"entry": shown(entry)})[:LONGEST_LOOK]
        diagnosis = self.diagnoses.made.get(entry.design.id)
        if diagnosis is None:
            return "Its answers to training questions are not on file; * marks designs whose answers are."
        return _trace(diagnosis, int(item[1]) if item else 0)[:LONGEST_LOOK]

    def _list(self) -> str:
        scored = sorted(self.view.entries, key=lambda e: -1.0 if e.score is None else e.score, reverse=True)
        return "The designs:\n" + "\n".join(map(self._line, scored[:LISTED]))

    def _line(self, entry: Entry) -> str:
        mark = "*" if self.diagnoses.made.get(entry.design.id) else ""
        score = "failed" if entry.score is None else f"{entry.score:.3f} on {entry.items} questions"
        tokens = "" if entry.tokens_per_item is None else f", {entry.tokens_per_item:.0f} tokens a question"
        return f"- {entry.design.id}{mark} {entry.design.name}: {score}{tokens}"


def _trace(diagnosis: Diagnosis, number: int) -> str:
    """One training question with all steps, or a line for each."""
    if not 1 <= number <= diagnosis.items:
        return "\n".join(_lines(diagnosis))
    item = diagnosis.seen[number - 1]
    marks = {True: " (right)", False: " (wrong)", None: ""}
    steps = [f"- {step.block}{marks[step.right]}, {step.tokens} tokens: {step.text}" for step in item.steps]
    feedback = f" ({item.feedback})" if item.feedback else ""
    end = f"Its answer: {item.answer or 'none'}, {'right' if item.right else 'wrong'}{feedback}"
    lines = [f"Question: {item.question}", f"Right answer: {item.target}", *steps, end, item.departed]
    return "\n".join(filter(None, lines))


def _lines(diagnosis: Diagnosis) -> Sequence[str]:
    return [
        f"{number}. {'right' if item.right else 'wrong'}: {' '.join(item.question.split())[:200]}"
        for number, item in enumerate(diagnosis.seen, start=1)
    ]
