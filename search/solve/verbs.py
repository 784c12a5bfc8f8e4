"""`run_solve`: a workflow designed for one question, and its answer, in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Unpack

from masdesign.aio import blocking
from masdesign.brief import Brief
from masdesign.lm.table import Models
from masdesign.search.designer import Designer
from masdesign.search.solve.solving import ROUNDS, Solution, Tried, solve
from masdesign.session.session import Resources, Session
from masdesign.session.spec import Conduct, RunSpec
from masdesign.spending.spend import Spend
from masdesign.types import Item, Question

DEFAULT_BUDGET = "200calls"


class SolveOptions(Resources, total=False):
    """Further options of `run_solve`."""

    tools: Iterable[str]
    """Tools that designs may use."""
    on_tried: Callable[[Tried], None]
    """Called with each workflow that was tried, in order."""


@dataclass(frozen=True, repr=False)
class Solved(Brief):
    """A question, answered."""

    solution: Solution
    spend: Spend

    def facts(self) -> dict[str, str]:
        """What a short look shows."""
        return {
            "answer": str(self.answer()),
            "design": self.solution.design.id if self.solution.design else "none",
            "spent": f"{self.spend.calls} calls",
        }

    def answer(self) -> str | None:
        """The answer; ``None`` where there is none."""
        return None if self.solution.answer is None else self.solution.answer.text


async def run_solve_async(
    question: str | Item,
    *,
    model: Models = "abacus",
    budget: str = DEFAULT_BUDGET,
    rounds: int = ROUNDS,
    seed: int = 0,
    **options: Unpack[SolveOptions],
) -> Solved:
    """Design a workflow for one question, without labels, and answer it; the workflow is kept.

    Parameters:
        question: the question; an `Item` may hold context and choices, its targets are not looked at.
        model: a model, or a table of them by name and role; the role ``meta`` writes the workflows, which
            otherwise a grammar does.
        budget: where it ends, what was found until then decides.
        rounds: plans to try, each after reflection.
        seed: selects an independent replicate of all draws.
        options: see `SolveOptions` and `masdesign.session.session.Resources`.

    Raises:
        BudgetExhausted: the budget ended before the first workflow had run.
        InputError, CredentialsError: a name is wrong, or a key was refused.

    Example::

        solved = await run_solve_async("((1 + 2 * 4) - (3 * -2)) =")
        print(solved.solution.answer.text)
    """
    given: dict[str, Any] = dict(options)
    tools, on_tried = given.pop("tools", ()), given.pop("on_tried", None)
    item = question if isinstance(question, Item) else Item("question", question, "")
    async with Session.open(**given) as session:
        spec = RunSpec("solve", None, model, seed, seed, conduct=Conduct(budget))
        async with session.run(spec, tools=tools) as run:
            meta = run.runtime.roles.get("meta")
            designer = None if meta is None else Designer(meta, run.runtime, run.ledger)
            solution = await solve(
                Question.of(item, run.runtime.asking), run.runtime, run.ledger,
                rounds=rounds, designer=designer, on_tried=on_tried,
            )  # fmt: skip
        if solution.design is not None and solution.answer is not None:
            session.archive.add_design(solution.design)
        return Solved(solution, run.spend)


run_solve = blocking(run_solve_async)
