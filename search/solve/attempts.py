"""The known workflows, and `Attempts`: what was tried on one question within a budget."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from masdesign.building_blocks.fingerprint import templates
from masdesign.building_blocks.split_question import split_question
from masdesign.errors import BudgetExhausted, CredentialsError, LMError, SourceError
from masdesign.evaluation.items import run_items
from masdesign.lm import Repertoire, repertoire_of
from masdesign.search.models import other_models, repertoires
from masdesign.search.solve.choice import VERDICTS, judge
from masdesign.search.solve.reflect import Findings
from masdesign.spending.ledger import Ledger
from masdesign.types import SAMPLING_TEMPERATURE, Answer, Item, Question, Usage
from masdesign.workflow import Design, ItemOutcome, Node, Runtime, Trace, item_run, normalise
from masdesign.workflow.faults import failure_of
from masdesign.workflow.limits import ItemFailed

WHOLE = "whole"
"""Group of the workflows that draw their drafts from the same prompt by the default model."""


@dataclass(frozen=True, slots=True)
class Known:
    """A known workflow, with the group that it counts in.

    Workflows of one group share drafts or prompts, so their errors are correlated: a group has one vote.
    """

    design: Design
    group: str = WHOLE
    draws: int = 1
    """Different solutions of one question that it asks a model for."""


def known_workflows(runtime: Runtime) -> list[Known]:
    """Return the known workflows that the run's models and tools can play."""
    workflows = [
        _known("step by step", "chain_of_thought(task)"),
        _known("vote of 5", "self_consistency(task, n=5)", draws=5),
        _known("revised", "self_refine(task, rounds=2)", draws=2),
        _known("debate of 3", "debate(task, n=3)", draws=6),
    ]
    for name in other_models(runtime.models):
        call = f"self_consistency(task, n=3, model={json.dumps(name)})"
        workflows.append(_known(f"vote of 3 on {name}", call, group=f"whole on {name}", draws=3))
    if "python" in runtime.tools:
        workflows.append(_known("program", "write_program(task)", group="program"))
    return [known for known in workflows if _playable(known, repertoires(runtime.models))]


def guesses(runtime: Runtime) -> list[Known]:
    """Return what is asked where no workflow gave a readable answer: a guess."""
    guess = _known("at once", "direct(task)")
    return [guess] if _playable(guess, repertoires(runtime.models)) else []


def of_passages(runtime: Runtime) -> list[Known]:
    """Return what answers each part of a question from its own passages."""
    known = [
        _known("each part alone", "isolate(task, n=4)"),
        _known("search by search", "iterative_retrieval(task, n=3)"),
    ]
    return [workflow for workflow in known if _playable(workflow, repertoires(runtime.models))]


def _known(name: str, call: str, *, group: str = WHOLE, draws: int = 1) -> Known:
    source = f"async def workflow(task):\n    return await {call}\n"
    return Known(Design(source, name, origin="solve"), group, draws)


def _playable(known: Known, limited: Mapping[str, Repertoire]) -> bool:
    """Whether every model that answers some prompts only can answer those of the workflow."""
    asked = {name for name in templates(known.design.source) if not name.startswith("_")}
    return all(asked <= model.templates and known.draws <= model.draws for model in limited.values())


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TriedWorkflow:
    """A workflow, and what came of it on the question. Nobody scored it: its answer may be right."""

    design: Design
    outcome: ItemOutcome
    findings: Findings | None = None
    """Of a plan or a written workflow: what its agents' words say of it."""
    group: str = WHOLE
    """Workflows of one group count once (see `masdesign.search.solve.attempts.Known`)."""

    @property
    def answer(self) -> Answer | None:
        """The readable answer, if there is one."""
        answer = self.outcome.answer
        return answer if answer is not None and normalise(answer.text) else None


@dataclass
class Attempts:
    """What was tried on a question so far; ``cut`` is set once the budget refused a call."""

    question: Question
    runtime: Runtime
    ledger: Ledger
    on_tried: Callable[[TriedWorkflow], None]
    tried: list[TriedWorkflow] = field(default_factory=list)
    cut: BudgetExhausted | None = None

    def keep(self, tried: TriedWorkflow) -> None:
        """Add a workflow and what came of it."""
        self.tried.append(tried)
        self.on_tried(tried)

    async def run(self, designs: Sequence[Design]) -> list[ItemOutcome]:
        """Run the designs at once; return the outcomes of the first, up to the one that the budget cut."""
        outcomes: list[ItemOutcome] = []
        for ended in await asyncio.gather(*map(self._run_one, designs), return_exceptions=True):
            if isinstance(ended, BudgetExhausted):
                self.cut = ended
                break
            if isinstance(ended, BaseException):
                raise ended
            outcomes.append(ended)
        return outcomes

    async def split(self, question: Question, n: int, *, anew: bool = False) -> list[str]:
        """Return different parts, none of them the question itself; none where the model cannot be asked."""
        if not self._plays("split_question"):
            return []
        heat = SAMPLING_TEMPERATURE if anew else 0.0
        parts = await self._ask(1, lambda: split_question(question, n, temperature=heat))
        whole = normalise(question.question)
        return list(dict.fromkeys(part for part in parts or () if normalise(part) not in ("", whole)))

    async def approval(self, question: Question, answer: Answer, draws: int = VERDICTS) -> float | None:
        """Return the share of the verdicts that call the answer right; ``None``: unknown."""
        if not self._plays("verify"):
            return None
        return await self._ask(draws, lambda: judge(question, answer, draws))

    def _plays(self, template: str) -> bool:
        limited = repertoire_of(self.runtime.models[""])
        return limited is None or template in limited.templates

    async def _run_one(self, design: Design) -> ItemOutcome:
        item = Item("question", self.question.question, "", self.question.context, self.question.choices)
        outcomes: list[ItemOutcome] = []

        def keep(item: Item, outcome: ItemOutcome) -> None:
            outcomes.append(outcome)

        try:
            await run_items(design, [item], self.runtime, keep, ledger=self.ledger)
        except SourceError as error:
            return _refused(self.question, error)
        return outcomes[0]

    async def _ask(self, calls: int, ask: Callable[[], Awaitable[T]]) -> T | None:
        """Return what a block says outside any design; ``None`` where it could not be had."""
        if self.cut is not None:
            return None
        try:
            with self.ledger.account(calls) as account:
                async with item_run(self.question, self.runtime):
                    reply = await ask()
            await account.retired()
            return reply
        except BudgetExhausted as error:
            self.cut = error
        except CredentialsError:
            raise
        except (LMError, ItemFailed):
            pass  # unknown, not wrong
        return None


def _refused(question: Question, error: SourceError) -> ItemOutcome:
    """The outcome under a workflow that is not well-formed."""
    return ItemOutcome(
        None, failure_of(error), Usage(), 0, 0.0, Trace(question, Node("workflow", "workflow"), bound=0)
    )
