"""`solve`: blocks on the whole question, a plan of its parts, reflection, self-verification."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from masdesign.building_blocks.split_question import split_question
from masdesign.errors import BudgetExhausted, CredentialsError, LMError, ProviderError, SourceError
from masdesign.evaluation.items import run_items
from masdesign.lm import repertoire_of
from masdesign.search.designer import Brief, Designer, Written
from masdesign.search.designer.shown import told
from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.nodes import Answer as Tree
from masdesign.search.grammar.nodes import Debate, Direct, Program, Repair, Samples, Steps, Vote
from masdesign.search.grammar.tree import design_of
from masdesign.search.several import other_models, repertoires
from masdesign.search.solve.plan import MOST_PARTS, Part, Plan
from masdesign.search.solve.reflect import Findings, findings, whole_drafts
from masdesign.search.solve.verify import VERDICTS, Judged, groups, judge, most_trusted
from masdesign.spending.ledger import Ledger
from masdesign.tasks.forms import form_named
from masdesign.types import SAMPLING_TEMPERATURE, Answer, Failure, Item, Question, Usage
from masdesign.workflow import Design, ItemOutcome, Node, Runtime, Trace, item_run, normalise
from masdesign.workflow.answers import AnswerClasses
from masdesign.workflow.failures import ItemFailed

PARTS = 4
"""Parts that a question is first split into, at most."""
ROUNDS = 3
"""Plans that are tried, each after reflection on the one before."""
APPROVED = 0.5
"""Share of the judge's verdicts from which the parts of a plan count as sufficient."""

APART = Design(
    "async def workflow(task):\n    return await isolate(task)\n",
    "isolate",
    "Splits the question, answers each part from its own passages alone, and merges.",
    origin="solve",
)

LONGEST = 3000
"""Characters of what a workflow's agents said that the designer is shown."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tried:
    """A workflow, and what came of it on the question. Nobody scored it: what it says may be right."""

    design: Design
    outcome: ItemOutcome
    findings: Findings | None = None
    """Of a plan: what its agents' words say of it."""

    @property
    def answer(self) -> Answer | None:
        """The readable answer, if there is one."""
        given = self.outcome.answer
        return given if given is not None and normalise(given.text) else None


@dataclass(frozen=True, slots=True)
class Solution:
    """The answer to a question, the workflow that gave it, and all that was tried."""

    chosen: Tried | None
    """The workflow whose answer was taken; ``None`` where no answer could be read from any."""
    failure: Failure | None
    """Why there is no answer."""
    tried: tuple[Tried, ...]
    judged: tuple[Judged, ...]
    """The different answers, with what speaks for each, in the order in which they were first given."""

    @property
    def answer(self) -> Answer | None:
        """The answer that was taken."""
        return self.chosen.answer if self.chosen else None

    @property
    def design(self) -> Design | None:
        """The workflow that gave it; where none gave one, the first that was tried."""
        given = self.chosen or next(iter(self.tried), None)
        return given.design if given else None


async def solve(
    question: Question,
    runtime: Runtime,
    ledger: Ledger,
    *,
    rounds: int = ROUNDS,
    designer: Designer | None = None,
    on_tried: Callable[[Tried], None] | None = None,
) -> Solution:
    """Design a workflow for one question, and answer it. No label is there, and none is guessed.

    1. Known blocks answer the whole question: step by step, a vote, a revised answer, a debate; where there
       are several passages, also each part from its own passages.
    2. The model splits the question; a plan gives each part to a block, and merges.
       Where there is a ``designer``, it writes that workflow instead, and every later one.
    3. The plan is run, and its agents' own words are reflected on: is each part solvable, do the parts
       suffice? A part that is too hard gets a stronger block, then is split further; parts that do not
       suffice are solved in order, each in sight of the answers before it. At most ``rounds`` plans.
    4. Of the different answers that were given, the one with the most support among all drafts is taken,
       weighted by the model's own judgement (`masdesign.search.solve.verify`), and of the
       workflows that gave it, the one with the fewest calls. Where no answer could be read from any, the
       model is asked for a guess.

    Where this departs from MAS-Zero: its code gave a candidate without a score a fitness of 0, and told
    the designer that 0 means wrong, so that right answers were disowned; here what nobody scored is
    unknown. Its judge saw the candidates sorted by frequency in one list; here each is judged alone, and
    frequency is counted, not suggested. Retries are bounded, and every call is in the budget.

    Parameters:
        runtime: opened with ``ledger``, so that its models charge it.
        designer: a model that writes workflows, charging ``ledger`` too; without one, plans are made from
            what the model itself splits the question into.
        on_tried: called with each workflow that was tried, in order.

    Raises:
        BudgetExhausted: the budget ended before the first workflow had run; later it ends the design,
            and what was found until then decides.
        CredentialsError: a key was refused.

    Reference: Z. Ke et al. 2025, MAS-ZERO: Designing Multi-Agent Systems with Zero Supervision,
    arXiv:2505.14996.
    """
    session = _Session(
        question, replace(runtime, asking=question.asking), ledger, on_tried or (lambda tried: None)
    )
    await session.try_all(whole_designs(question, runtime))
    await (session.plan(rounds) if designer is None else session.written(rounds, designer))
    if not any(tried.answer for tried in session.tried):
        await session.try_all(last_resorts(runtime))
    judged = await session.judge_answers()
    if not session.tried and session.cut is not None:
        raise session.cut
    return _solution(session.tried, judged, session.key_of)


def whole_designs(question: Question, runtime: Runtime) -> list[Design]:
    """The known blocks that answer the whole question, as far as the run's models and tools allow.

    One of them, where there are several passages, answers each part from its own passages alone.
    """
    trees: list[Tree] = [Steps(), *(Steps(model=name) for name in other_models(runtime.models))]
    trees += [Vote(Samples(5)), Repair(Steps(), 2), Vote(Debate(Samples(3)))]
    trees += [Program()] if "python" in runtime.tools else []
    apart = [APART] if len(question.context) > 1 and repertoire_of(runtime.models[""]) is None else []
    return [*_playable(trees, runtime), *apart]


def last_resorts(runtime: Runtime) -> list[Design]:
    """What is asked where nothing readable was said: a guess."""
    return _playable([Direct()], runtime)


def _playable(trees: Sequence[Tree], runtime: Runtime) -> list[Design]:
    grammar = Grammar(models=other_models(runtime.models), repertoires=repertoires(runtime.models))
    return [design_of(tree, origin="solve") for tree in trees if grammar.fits(tree)]


@dataclass
class _Session:
    """What was tried so far; ``cut`` is set once the budget refused a call."""

    question: Question
    runtime: Runtime
    ledger: Ledger
    on_tried: Callable[[Tried], None]
    tried: list[Tried] = field(default_factory=list)
    cut: BudgetExhausted | None = None
    classes: AnswerClasses = field(default_factory=AnswerClasses)

    async def try_all(self, designs: Sequence[Design]) -> None:
        """Run the designs at once; what the budget cuts, and what comes after it, is not tried."""
        for outcome, design in zip(await self._run(designs), designs, strict=False):
            self._keep(Tried(design, outcome))

    async def plan(self, rounds: int) -> None:
        """Plans of the question's parts, each after reflection on the one before."""
        plan = await self.first_plan() if rounds > 0 else None
        for _ in range(rounds):
            if plan is None or self.cut is not None:
                return
            plan = await self.next_plan(plan)

    async def written(self, rounds: int, designer: Designer) -> None:
        """Workflows that the designer writes, each in sight of what the agents of those before said.

        What it cannot write ends the design: what was found until then decides.
        """
        failed: list[Written] = []
        for _ in range(rounds):
            if self.cut is not None or any(t.findings and t.findings.settled for t in self.tried):
                return
            shown = [*map(_shown, self.tried), *map(_failed, failed)]
            parents = tuple(tried.design.id for tried in self.tried[-1:] if tried.findings)
            brief = Brief("mas_zero", {"question": self.question, "tried": shown}, (), parents, "solve")
            try:
                one = await designer.write(brief, {tried.design.id for tried in self.tried})
            except BudgetExhausted as error:
                self.cut = error
                return
            except ProviderError:
                return
            if one.failure is not None:
                failed.append(one)
                continue
            for outcome in await self._run([one.design]):
                found = findings(outcome.trace, await self._is_complete(outcome))
                self._keep(Tried(one.design, outcome, found))

    async def first_plan(self) -> Plan | None:
        """The question's parts as the model splits it; ``None`` where it has none."""
        parts = await self._split(self.question, PARTS)
        return Plan(tuple(Part(part) for part in parts)) if len(parts) > 1 else None

    async def next_plan(self, plan: Plan) -> Plan | None:
        """Run a plan, reflect on it, and give the next one; ``None`` where nothing is to be changed."""
        design = plan.design(tuple(tried.design.id for tried in self.tried[-1:] if tried.findings))
        outcomes = await self._run([design])
        if not outcomes:
            return None
        asked = [part.question for part in plan.parts]
        found = findings(outcomes[0].trace, await self._is_complete(outcomes[0]), asked)
        self._keep(Tried(design, outcomes[0], found))
        return await self._revised(plan, found)

    def key_of(self, answer: Answer) -> str:
        """The class of an answer to the whole question, among all that were given."""
        return self.classes.of(answer.text, form_named(self.question.form), self.question.choices)

    async def judge_answers(self) -> tuple[Judged, ...]:
        """The different answers, each judged; where there is but one, or no budget left, none is."""
        given = groups([tried.answer for tried in self.tried if tried.answer is not None], self.key_of)
        approvals: list[float | None] = [None] * len(given)
        if len(given) > 1 and self.cut is None:
            asked = [self._judged(answers[0]) for answers in given.values()]
            approvals = await asyncio.gather(*asked)
        drafted = groups(whole_drafts(tried.outcome.trace for tried in self.tried), self.key_of)
        return tuple(
            Judged(answers[0], max(1, len(drafted.get(key, ()))), approved)
            for (key, answers), approved in zip(given.items(), approvals, strict=True)
        )

    # Reflection

    async def _is_complete(self, outcome: ItemOutcome) -> bool | None:
        if outcome.failure is not None and outcome.failure.kind == "provider":
            return None
        if outcome.answer is None or not normalise(outcome.answer.text):
            return False
        approved = await self._judged(outcome.answer)
        return None if approved is None else approved >= APPROVED

    async def _revised(self, plan: Plan, found: Findings) -> Plan | None:
        parts, hard = list(plan.parts), found.hardest
        if hard is not None:
            parts[hard : hard + 1] = await self._easier(parts[hard], MOST_PARTS - len(parts) + 1)
        in_order = plan.in_order or found.complete is False
        if found.complete is False and plan.in_order and tuple(parts) == plan.parts:
            more = await self._split(self.question, min(MOST_PARTS, len(parts) + 1), anew=True)
            parts = [Part(part) for part in more] if len(more) > 1 else parts
        revised = Plan(tuple(parts), in_order)
        return None if revised == plan else revised

    async def _easier(self, part: Part, most: int) -> list[Part]:
        """The part with a stronger block, or where there is none, split further."""
        stronger = part.stronger()
        if stronger is not None:
            return [stronger]
        whole = self.question.context or (self.question.question,)
        smaller = await self._split(Question(part.question, whole), most) if most > 1 else []
        return [Part(question) for question in smaller] if len(smaller) > 1 else [part]

    # Calls

    async def _run(self, designs: Sequence[Design]) -> list[ItemOutcome]:
        """The outcomes of the first designs, up to the one that the budget cut."""
        outcomes: list[ItemOutcome] = []
        for ended in await asyncio.gather(*map(self._run_one, designs), return_exceptions=True):
            if isinstance(ended, BudgetExhausted):
                self.cut = ended
                break
            if isinstance(ended, BaseException):
                raise ended
            outcomes.append(ended)
        return outcomes

    async def _run_one(self, design: Design) -> ItemOutcome:
        item = Item("question", self.question.question, "", self.question.context, self.question.choices)
        kept: list[ItemOutcome] = []

        def keep(item: Item, outcome: ItemOutcome) -> None:
            kept.append(outcome)

        try:
            await run_items(design, [item], self.runtime, keep, ledger=self.ledger)
        except SourceError as error:
            return _refused(self.question, error)
        return kept[0]

    async def _split(self, question: Question, n: int, *, anew: bool = False) -> list[str]:
        """Different parts, none of them the question itself; none where the model cannot be asked."""
        known = repertoire_of(self.runtime.models[""])
        if known is not None and "split_question" not in known.templates:
            return []
        heat = SAMPLING_TEMPERATURE if anew else 0.0
        found = await self._ask(1, lambda: split_question(question, n, temperature=heat))
        whole = normalise(self.question.question)
        return list(dict.fromkeys(part for part in found or () if normalise(part) not in ("", whole)))

    async def _judged(self, answer: Answer) -> float | None:
        known = repertoire_of(self.runtime.models[""])
        if known is not None and "verify" not in known.templates:
            return None
        return await self._ask(VERDICTS, lambda: judge(self.question, answer))

    async def _ask(self, calls: int, ask: Callable[[], Awaitable[T]]) -> T | None:
        """What a block says outside any design; ``None`` where it could not be had."""
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

    def _keep(self, tried: Tried) -> None:
        self.tried.append(tried)
        self.on_tried(tried)


def _shown(tried: Tried) -> dict[str, str]:
    """A workflow and what came of it, as the designer's prompt shows it; a known block without its source."""
    outcome, found = tried.outcome, tried.findings
    return {
        "name": tried.design.name,
        "source": tried.design.source if found else "",
        "answer": tried.answer.text[:LONGEST] if tried.answer else "",
        "failure": told(outcome.failure) if outcome.failure else "",
        "said": outcome.trace.render()[:LONGEST] if found else "",
        "findings": found.told()[:LONGEST] if found else "",
    }


def _failed(written: Written) -> dict[str, str]:
    failure = told(written.failure) if written.failure else ""
    empty = dict.fromkeys(("answer", "said", "findings"), "")
    return {
        "name": written.design.name,
        "source": written.design.source[:LONGEST],
        "failure": failure,
        **empty,
    }


def _solution(tried: Sequence[Tried], judged: Sequence[Judged], key_of: Callable[[Answer], str]) -> Solution:
    best = most_trusted(judged)
    if best is None:
        failures = [one.outcome.failure for one in tried if one.outcome.failure is not None]
        return Solution(None, failures[0] if failures else None, tuple(tried), ())
    key = key_of(best.answer)
    givers = [one for one in tried if one.answer and key_of(one.answer) == key]
    chosen = min(givers, key=lambda one: one.outcome.calls)
    return Solution(chosen, None, tuple(tried), tuple(judged))


def _refused(question: Question, error: SourceError) -> ItemOutcome:
    """The outcome under a workflow that is not well-formed."""
    failure = Failure("design", error.reason, error.line, error.cure)
    return ItemOutcome(None, failure, Usage(), 0, 0.0, Trace(question, Node("workflow", "workflow"), bound=0))
