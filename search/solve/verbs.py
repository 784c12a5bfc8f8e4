"""`run_solve`: a workflow designed for one question, and its answer, in one call."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Unpack

from masdesign.aio import blocking
from masdesign.brief import ShortRepr
from masdesign.errors import InputError
from masdesign.lm.table import Models
from masdesign.memory import EMPTY
from masdesign.search.designer import Designer
from masdesign.search.solve.attempts import TriedWorkflow
from masdesign.search.solve.guided import Guided, GuidedAnswer, Judge, equal_to_target, guided_stream
from masdesign.search.solve.solving import ROUNDS, SolvedQuestion, solve
from masdesign.session.run import Run
from masdesign.session.session import Resources, Session
from masdesign.session.spec import Conduct, RunSpec
from masdesign.spending.spend import Spend, total
from masdesign.types import Item, Question

DEFAULT_BUDGET = "200calls"


class SolveOptions(Resources, total=False):
    """Further options of `run_solve`."""

    tools: Iterable[str]
    """Tools that designs may use."""
    on_tried: Callable[[TriedWorkflow], None]
    """Called with each workflow that was tried, in order."""
    on_solution: Callable[[Item, SolvedQuestion, Spend], None]
    """Called with each question, its solution and what it cost, as soon as it is there."""
    guided: Guided
    """Answer from a memory of which workflow worked on which kind of question, and let it learn."""


@dataclass(frozen=True, repr=False)
class Solved(ShortRepr):
    """Questions, answered."""

    solutions: tuple[SolvedQuestion, ...]
    """In the order of the questions."""
    spend: Spend
    """Of all questions."""
    answers: tuple[GuidedAnswer, ...] = ()
    """With a memory of strategies: kind, score and cost of each question."""
    memory: str = ""
    """``NAME@VERSION`` of what was learnt; empty where nothing was."""

    @property
    def solution(self) -> SolvedQuestion:
        """The solution of the first question."""
        return self.solutions[0]

    def facts(self) -> dict[str, str]:
        """What a short look shows."""
        return {
            "answers": ", ".join(str(text) for text in self.texts[:5]),
            "design": self.solution.design.id if self.solution.design else "none",
            "spent": f"{self.spend.calls} calls",
        }

    @property
    def texts(self) -> tuple[str | None, ...]:
        """The answers; ``None`` where there is none."""
        return tuple(None if s.answer is None else s.answer.text for s in self.solutions)

    def answer(self) -> str | None:
        """The answer to the first question; ``None`` where there is none."""
        return self.texts[0]


async def run_solve_async(
    questions: str | Item | Sequence[str | Item],
    *,
    model: Models = "abacus",
    budget: str = DEFAULT_BUDGET,
    rounds: int = ROUNDS,
    seed: int = 0,
    **options: Unpack[SolveOptions],
) -> Solved:
    """Design a workflow for each question, without labels, and answer it; the workflows are kept.

    Parameters:
        questions: one or several; an `Item` may hold context and choices, its targets are not looked at.
        model: a model, or a table of them by name and role; the role ``meta`` writes the workflows, which
            otherwise are plans of the parts that the model splits a question into.
        budget: of each question; where it ends, what was found until then decides.
        rounds: plans to try, each after reflection; with ``guided`` there are none.
        seed: selects an independent replicate of all draws.
        options: see `SolveOptions` and `masdesign.session.session.Resources`.

    Raises:
        BudgetExhausted: the budget ended before the first workflow had run.
        InputError, CredentialsError: a name is wrong, or a key was refused.

    Example::

        solved = await run_solve_async("((1 + 2 * 4) - (3 * -2)) =")
        print(solved.answer())
    """
    given: dict[str, Any] = dict(options)
    tools, on_tried = given.pop("tools", ()), given.pop("on_tried", None)
    on_solution = given.pop("on_solution", lambda item, solution, spend: None)
    guided: Guided | None = given.pop("guided", None)
    several = [questions] if isinstance(questions, str | Item) else list(questions)
    items = [q if isinstance(q, Item) else Item(f"q{i}", q, "") for i, q in enumerate(several, 1)]
    if not items:
        raise InputError("there is no question to solve; give at least one")
    solutions, spends = list[SolvedQuestion](), list[Spend]()
    async with Session.open(**given) as session:
        spec = RunSpec("solve", None, model, seed, seed, conduct=Conduct(budget))
        if guided is not None:
            answers = list[GuidedAnswer]()

            def keep(answer: GuidedAnswer) -> None:
                answers.append(answer)
                on_solution(answer.item, answer.solution, answer.spend)

            version = await solve_guided(
                session, items, guided, lambda: session.run(spec, tools=tools), equal_to_target, keep
            )
            solved = tuple(answer.solution for answer in answers)
            return Solved(solved, total([answer.spend for answer in answers]), tuple(answers), version)
        for item in items:
            async with session.run(spec, tools=tools) as run:
                meta = run.runtime.roles.get("meta")
                designer = None if meta is None else Designer(meta, run.runtime, run.ledger)
                solution = await solve(
                    Question.of(item, run.runtime.asking), run.runtime, run.ledger,
                    rounds=rounds, designer=designer, on_tried=on_tried,
                )  # fmt: skip
            if solution.design is not None and solution.answer is not None:
                session.archive.add_design(solution.design)
            solutions.append(solution)
            spends.append(run.spend)
            on_solution(item, solution, run.spend)
    return Solved(tuple(solutions), total(spends))


async def solve_guided(
    session: Session,
    items: Sequence[Item],
    guided: Guided,
    open_run: Callable[[], AbstractAsyncContextManager[Run]],
    judge: Judge,
    on_answer: Callable[[GuidedAnswer], None],
) -> str:
    """Answer questions from the session's memory of strategies, and keep what is learnt and each workflow.

    Return ``NAME@VERSION`` of what was learnt, empty where nothing was. Raises as `guided_stream`.
    """
    name, archive = guided.memory.partition("@")[0], session.archive
    new = guided.learn and not archive.memories(name)
    learnt = start = EMPTY if new else archive.memory(guided.memory)
    async for answer, memory in guided_stream(items, guided, start, open_run, judge):
        learnt = memory
        if answer.solution.design is not None and answer.solution.answer is not None:
            archive.add_design(answer.solution.design)
        on_answer(answer)
    return f"{name}@{archive.save_memory(name, learnt)}" if guided.learn and len(learnt) else ""


run_solve = blocking(run_solve_async)
