"""EGuR: questions in a stream, each answered by workflows that a memory of earlier ones has chosen.

The *guide* chooses, and where the run has a model in the role ``meta`` writes, the workflows that answer a
question; the *consolidator* notes what each one came to. Question t reads version ⌊t / lag⌋ of the memory.

Reference: A. Stein et al. 2025, Experience-Guided Adaptation of Inference-Time Reasoning Strategies,
arXiv:2511.11519 (EGuR). Where this departs: its memory is text that a model writes and reads; here it is
counts and costs by kind of problem, so that a model that cannot write code is guided, too. A strategy is
compared with others only as long as that may still change the choice, which is what lets the cost fall.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from masdesign.errors import BudgetExhausted, InputError, ProviderError
from masdesign.memory import MOST_ENTRIES, Memory
from masdesign.memory.strategies import TrackRecord, choose, consolidated, kind_of, noted, standings
from masdesign.search.designer import Brief, Designer
from masdesign.search.solve.attempts import Attempts, TriedWorkflow, guesses, known_workflows, of_passages
from masdesign.search.solve.choice import Opinion
from masdesign.search.solve.solving import SolvedQuestion, Solver, solution_of
from masdesign.session.run import Run
from masdesign.spending.spend import Spend
from masdesign.tasks.forms import form_named
from masdesign.types import Item, Question
from masdesign.workflow import Design, ItemOutcome
from masdesign.workflow.answers import AnswerClasses

ENOUGH = 0.5
"""The score from which an answer counts as right."""
GOOD = 0.9
"""Nothing further is written where the trusted workflow is right this often."""
WRITTEN = 3
"""Most workflows that a model writes for one kind of problem."""

Judge = Callable[[Run, Item, ItemOutcome], Awaitable[float | None]]
"""The score of an outcome, 0 to 1, once it is recorded; ``None`` where nobody can say."""


@dataclass(frozen=True, slots=True)
class Guided:
    """How questions are answered from a memory of strategies."""

    memory: str = "solve"
    """``NAME`` or ``NAME@VERSION`` in the archive; what is learnt is NAME's next version."""
    learn: bool = True
    """Whether the memory advances; else it is read as it is."""
    lag: int = 1
    """Questions of a block: they read the same version, and run at once."""
    most: int = 3
    """Workflows that a question is answered by, at most."""
    labels: bool = True
    """Whether a question's target, if there is one, is told after the answer; else the model judges."""

    def __post_init__(self) -> None:
        if self.lag < 1 or self.most < 1:
            raise InputError(f"lag is {self.lag}, most is {self.most}; give each a value of 1 or more")
        if not self.memory.partition("@")[0]:
            raise InputError("a memory of strategies needs a name")


@dataclass(frozen=True, slots=True)
class GuidedAnswer:
    """What became of one question."""

    item: Item
    solution: SolvedQuestion
    spend: Spend
    kind: str
    """The kind of problem it was taken for, named by the first question of it."""
    version: int
    """The number of the memory that it read, from 0."""
    score: float | None = None
    """Of the answer that was taken; ``None`` where the item has no target, or it could not be scored."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    answer: GuidedAnswer
    used: tuple[tuple[TrackRecord, float, int], ...]
    """Each workflow that was tried: its score, and its tokens."""


async def guided_stream(
    items: Sequence[Item],
    guided: Guided,
    memory: Memory,
    open_run: Callable[[], AbstractAsyncContextManager[Run]],
    judge: Judge,
) -> AsyncIterator[tuple[GuidedAnswer, Memory]]:
    """Answer questions in order; yield each with the memory after its block.

    Parameters:
        open_run: a run of its own for each question, with its budget.
        judge: asked for each workflow's outcome after the answer is taken, where the item has a target.

    Raises:
        BudgetExhausted: a question's budget ended before a first workflow had run.
        ProviderError: no workflow could be asked; the same stream again goes on, since calls are remembered.
    """
    for version, start in enumerate(range(0, len(items), guided.lag)):
        block = items[start : start + guided.lag]
        answering = (_answer(item, guided, memory, version, open_run, judge) for item in block)
        ended = list[_Outcome]()
        for result in await asyncio.gather(*answering, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result
            ended.append(result)
        if guided.learn:
            for outcome in ended:
                for strategy, score, tokens in outcome.used:
                    helped = score >= ENOUGH
                    memory = noted(memory, outcome.answer.kind, strategy, helped=helped, tokens=tokens)
            memory = consolidated(memory, MOST_ENTRIES)
        for outcome in ended:
            yield outcome.answer, memory


async def _answer(
    item: Item,
    guided: Guided,
    memory: Memory,
    version: int,
    open_run: Callable[[], AbstractAsyncContextManager[Run]],
    judge: Judge,
) -> _Outcome:
    async with open_run() as run:
        question = Question.of(item, run.runtime.asking)
        solver = Solver(Attempts(question, run.runtime, run.ledger, lambda tried: None))
        kind = kind_of(memory, question.question)
        chosen = await _guide(run, solver, memory, kind, guided.most)
        outcomes = await solver.attempts.run([design for design, _ in chosen])
        for (design, standing), outcome in zip(chosen, outcomes, strict=False):
            solver.attempts.keep(TriedWorkflow(design, outcome, group=standing.name))
        tried = solver.attempts.tried
        if not tried and solver.attempts.cut is not None:
            raise solver.attempts.cut
        if all(_is_unasked(one.outcome) for one in tried):
            raise ProviderError(f"item {item.id}: no workflow could be asked; the same stream again goes on")
        opinions = [
            Opinion(one.design.id, (one.answer,), standing.mean)
            for one, (_, standing) in zip(tried, chosen, strict=False)
            if one.answer is not None
        ]
        labelled = guided.labels and bool(item.targets)
        judged = await solver.judge_answers(opinions, verdicts=not labelled)
        solution = solution_of(tried, judged, solver.key_of)
        scores = [await judge(run, item, one.outcome) if item.targets else None for one in tried]
        evidence = scores if labelled else [_by_itself(one, solution, solver) for one in tried]
        used = tuple(
            (standing, score, one.outcome.usage.tokens)
            for one, score, (_, standing) in zip(tried, evidence, chosen, strict=False)
            if score is not None and not _is_unasked(one.outcome)
        )
        score = None
        if item.targets:
            score = next((s for one, s in zip(tried, scores, strict=True) if one is solution.chosen), 0.0)
    return _Outcome(GuidedAnswer(item, solution, run.spend, kind, version, score), used)


async def _guide(
    run: Run, solver: Solver, memory: Memory, kind: str, most: int
) -> list[tuple[Design, TrackRecord]]:
    """The workflows for a question, the trusted one first; the last one may be written for it."""
    known = [*guesses(run.runtime), *known_workflows(run.runtime)]
    if len(solver.attempts.question.context) > 1:
        known += of_passages(run.runtime)
    candidates = [(workflow.design.name, workflow.design.source) for workflow in known]
    standing = standings(memory, kind, candidates)
    chosen = [(Design(s.source, s.name, origin="solve"), s) for s in choose(standing, most)]
    own = [s for s in standing if s.source not in {source.strip() for _, source in candidates}]
    meta = run.runtime.roles.get("meta")
    if meta is None or most < 2 or len(own) >= WRITTEN or chosen[0][1].mean >= GOOD:
        return chosen
    values = {"question": solver.attempts.question, "tried": [_shown(s) for s in standing if s.uses]}
    brief = Brief("mas_zero", values, (), (), "solve")
    try:
        designer = Designer(meta, run.runtime, run.ledger)
        written = await designer.write(brief, {Design(s.source).id for s in standing})
    except (BudgetExhausted, ProviderError):
        return chosen
    if written.failure is None:
        design = written.design
        chosen = [*chosen[: most - 1], (design, TrackRecord(design.name, design.source.strip()))]
    return chosen


def _shown(standing: TrackRecord) -> dict[str, str]:
    """A remembered workflow as the designer's template shows one that was tried."""
    evidence = (
        f"On {standing.uses} questions of this kind it was right {standing.mean:.0%} of the time, "
        f"at {standing.tokens or 0:.0f} tokens each."
    )
    unknown = {"answer": "not asked for on this question", "failure": "", "said": ""}
    return {"name": standing.name, "source": standing.source, "findings": evidence, **unknown}


def _is_unasked(outcome: ItemOutcome) -> bool:
    return outcome.failure is not None and outcome.failure.kind in ("provider", "refused", "environment")


def _by_itself(tried: TriedWorkflow, solution: SolvedQuestion, solver: Solver) -> float | None:
    """Whether a workflow gave the trusted answer; nobody can say where nothing stood beside it."""
    if len(solver.attempts.tried) < 2 or solution.answer is None:
        return None
    if tried.answer is None:
        return 0.0
    return float(solver.key_of(tried.answer) == solver.key_of(solution.answer))


async def equal_to_target(run: Run, item: Item, outcome: ItemOutcome) -> float | None:
    """1 where the answer equals a target under the question's answer form, 0 where not."""
    question = outcome.trace.question
    if outcome.answer is None:
        return 0.0
    classes, form = AnswerClasses(), form_named(question.form)
    targets = {classes.of(target, form, question.choices) for target in item.targets}
    return float(classes.of(outcome.answer.text, form, question.choices) in targets)
