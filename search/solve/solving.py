"""`solve`: known workflows on the whole question, a plan of its parts, reflection, and a choice."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from masdesign.building_blocks._by_need import needed
from masdesign.errors import BudgetExhausted, ProviderError
from masdesign.search.designer import Brief, Designer, Written
from masdesign.search.designer.brief import told
from masdesign.search.solve.attempts import Attempts, Known, TriedWorkflow, guesses, known_workflows
from masdesign.search.solve.choice import Judged, Opinion, groups, most_trusted, weigh
from masdesign.search.solve.plan import MOST_PARTS, Plan, SubQuestion, closest
from masdesign.search.solve.reflect import (
    APPROVED,
    Findings,
    PartFindings,
    confidence,
    findings,
    whole_drafts,
)
from masdesign.spending.ledger import Ledger
from masdesign.tasks.forms import form_named
from masdesign.types import Answer, Failure, Question
from masdesign.workflow import Design, ItemOutcome, Runtime, agreement, normalise
from masdesign.workflow.answers import AnswerClasses

PARTS = 4
"""Parts that a question is first split into, at most."""
ROUNDS = 3
"""Plans that are tried, each after reflection on the one before."""
LONGEST = 3000
"""Characters of what a workflow's agents said that the designer is shown."""
BY_PARTS, WRITTEN = "parts", "written"
"""Groups of the plans, and of the workflows that a designer wrote."""


@dataclass(frozen=True, slots=True)
class SolvedQuestion:
    """The answer to a question, the workflow that gave it, and all that was tried."""

    chosen: TriedWorkflow | None
    """The workflow whose answer was taken; ``None`` where no answer could be read from any."""
    failure: Failure | None
    """Why there is no answer."""
    tried: tuple[TriedWorkflow, ...]
    judged: tuple[Judged, ...]
    """The different answers, with what speaks for each, in the order in which they were first given."""

    @property
    def answer(self) -> Answer | None:
        """The answer that was taken."""
        return self.chosen.answer if self.chosen else None

    @property
    def design(self) -> Design | None:
        """The workflow that gave it; where none gave one, the first that was tried."""
        tried = self.chosen or next(iter(self.tried), None)
        return tried.design if tried else None


async def solve(
    question: Question,
    runtime: Runtime,
    ledger: Ledger,
    *,
    rounds: int = ROUNDS,
    designer: Designer | None = None,
    on_tried: Callable[[TriedWorkflow], None] | None = None,
) -> SolvedQuestion:
    """Design a workflow for one question, and answer it. No label is there, and none is guessed.

    1. Known workflows answer the whole question: step by step, a vote, a revised answer, a debate; each
       further model, and a program where the task declares ``python``.
    2. The model splits the question; a plan gives each part its own passages, the answers that its wording
       refers to, and a block, and merges. Where there is a ``designer``, it writes that workflow instead, and
       every later one.
    3. The plan is run, and its agents' own words are reflected on: is each part solvable (drafts agree, and
       the answer is not judged wrong in the part's own context), do the parts suffice? A part that is too
       hard gets a stronger block, then is split further; parts that do not suffice are solved in order, each
       in sight of the answers before it. At most ``rounds`` plans.
    4. Of the different answers that were given, the one with the most support is taken. An independent
       workflow counts once, by its own agreement (`masdesign.search.solve.choice`): many drafts from one
       prompt share their errors. The model's judgement weighs in where answers differ. Of the workflows that
       gave the answer, the one with the fewest calls is kept. Where no answer could be read from any, the
       model is asked for a guess.

    Where this departs from MAS-Zero: its code gave a candidate without a score a fitness of 0, and told
    the designer that 0 means wrong, so that right answers were disowned; here what nobody scored is
    unknown. Its judge saw the candidates sorted by frequency in one list; here each is judged alone, and
    frequency is counted once a workflow. Retries are bounded, and every call is in the budget.

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
    runtime = replace(runtime, asking=question.asking)
    solver = Solver(Attempts(question, runtime, ledger, on_tried or (lambda tried: None)))
    await solver.try_known(known_workflows(runtime))
    await (solver.plan(rounds) if designer is None else solver.write(rounds, designer))
    attempts = solver.attempts
    if not any(tried.answer for tried in attempts.tried):
        await solver.try_known(guesses(runtime))
    judged = await solver.judge_answers()
    if not attempts.tried and attempts.cut is not None:
        raise attempts.cut
    return solution_of(attempts.tried, judged, solver.key_of)


@dataclass
class Solver:
    """One question's plans, reflections and choice."""

    attempts: Attempts
    classes: AnswerClasses = field(default_factory=AnswerClasses)

    async def try_known(self, known: Sequence[Known]) -> None:
        """Run known workflows at once; what the budget cuts, and what comes after it, is not tried."""
        outcomes = await self.attempts.run([workflow.design for workflow in known])
        for outcome, workflow in zip(outcomes, known, strict=False):
            self.attempts.keep(TriedWorkflow(workflow.design, outcome, group=workflow.group))

    # Plans

    async def plan(self, rounds: int) -> None:
        """Try plans of the question's parts, each after reflection on the one before."""
        plan = await self._first_plan() if rounds > 0 else None
        for _ in range(rounds):
            if plan is None or self.attempts.cut is not None:
                return
            plan = await self._next_plan(plan)

    async def _first_plan(self) -> Plan | None:
        """The question's parts as the model splits it; ``None`` where it has none."""
        parts = self._parts(await self.attempts.split(self.attempts.question, PARTS))
        return Plan(tuple(parts)) if len(parts) > 1 else None

    def _parts(self, questions: Sequence[str]) -> list[SubQuestion]:
        """Parts with the passage that each needs, and the answers that its wording refers to."""
        passages = self.attempts.question.context
        return [
            SubQuestion(question, passages=closest(question, passages), needs=needed(question, i))
            for i, question in enumerate(questions)
        ]

    async def _next_plan(self, plan: Plan) -> Plan | None:
        """Run a plan, reflect on it, and give the next one; ``None`` where nothing is to be changed."""
        attempts = self.attempts
        design = plan.design(tuple(tried.design.id for tried in attempts.tried[-1:] if tried.findings))
        outcomes = await attempts.run([design])
        if not outcomes:
            return None
        (outcome,) = outcomes
        questions = [part.question for part in plan.parts]
        first = findings(outcome.trace, None, questions)
        complete, *approvals = await asyncio.gather(
            self._is_complete(outcome), *self._part_approvals(plan, first)
        )
        reflected = findings(
            outcome.trace,
            None if complete is None else complete >= APPROVED,
            questions,
            dict(zip(questions, approvals, strict=True)),
        )
        attempts.keep(TriedWorkflow(design, outcome, reflected, BY_PARTS))
        return await self._revised(plan, reflected)

    def _part_approvals(self, plan: Plan, first: Findings) -> list[asyncio.Task[float | None]]:
        """One verdict on the leading answer of each part, in the part's own context."""
        leaders = [_leader(part.answers, self.key_of) for part in first.parts]
        texts = [leader.text if leader else "" for leader in leaders]

        async def approve(place: int) -> float | None:
            leader = leaders[place]
            if leader is None:
                return None
            question = plan.question_of(place, self.attempts.question, texts)
            return await self.attempts.approval(question, leader, draws=1)

        return [asyncio.ensure_future(approve(place)) for place in range(len(plan.parts))]

    async def _is_complete(self, outcome: ItemOutcome) -> float | None:
        """Approval of the merged answer, 0 to 1; 0 where there is none, ``None`` where nobody can say."""
        if outcome.failure is not None and outcome.failure.kind == "provider":
            return None
        if outcome.answer is None or not normalise(outcome.answer.text):
            return 0.0
        return await self.attempts.approval(self.attempts.question, outcome.answer)

    async def _revised(self, plan: Plan, reflected: Findings) -> Plan | None:
        revised, hard = plan, reflected.hardest
        if hard is not None:
            easier = await self._easier(plan.parts[hard], reflected.parts[hard], MOST_PARTS - len(plan.parts))
            revised = plan.replaced(hard, easier)
        elif reflected.complete is False and not plan.in_order:
            revised = plan.chained()
        elif reflected.complete is False:
            count = min(MOST_PARTS, len(plan.parts) + 1)
            parts = self._parts(await self.attempts.split(self.attempts.question, count, anew=True))
            revised = Plan(tuple(parts)).chained() if len(parts) > 1 else plan
        return None if revised == plan else revised

    async def _easier(self, part: SubQuestion, reflected: PartFindings, room: int) -> list[SubQuestion]:
        """The part with more context or a stronger block; else split further into ``room`` more."""
        question = self.attempts.question
        changed = (part.wider(question.context) if reflected.unknown else None) or part.stronger()
        if changed is not None:
            return [changed]
        whole = question.context or (question.question,)
        smaller = await self.attempts.split(Question(part.question, whole), room + 1) if room > 0 else []
        return self._parts(smaller) if len(smaller) > 1 else [part]

    # Written workflows

    async def write(self, rounds: int, designer: Designer) -> None:
        """Try workflows that the designer writes, each in sight of what the agents of those before said.

        What it cannot write ends the design: what was found until then decides.
        """
        attempts, failed = self.attempts, list[Written]()
        for _ in range(rounds):
            if attempts.cut is not None or any(t.findings and t.findings.settled for t in attempts.tried):
                return
            shown = [*map(_shown, attempts.tried), *map(_describe_failed, failed)]
            parents = tuple(tried.design.id for tried in attempts.tried[-1:] if tried.findings)
            values = {"question": attempts.question, "tried": shown}
            brief = Brief("mas_zero", values, (), parents, "solve")
            try:
                written = await designer.write(brief, {tried.design.id for tried in attempts.tried})
            except BudgetExhausted as error:
                attempts.cut = error
                return
            except ProviderError:
                return
            if written.failure is not None:
                failed.append(written)
                continue
            for outcome in await attempts.run([written.design]):
                complete = await self._is_complete(outcome)
                reflected = findings(outcome.trace, None if complete is None else complete >= APPROVED)
                attempts.keep(TriedWorkflow(written.design, outcome, reflected, WRITTEN))

    # Choice

    def key_of(self, answer: Answer) -> str:
        """The class of an answer to the whole question, among all that were given."""
        question = self.attempts.question
        return self.classes.of(answer.text, form_named(question.form), question.choices)

    def opinions(self) -> list[Opinion]:
        """What each group of workflows says: of the plans, the most reliable one speaks."""
        by_group: dict[str, list[TriedWorkflow]] = {}
        for tried in self.attempts.tried:
            by_group.setdefault(tried.group, []).append(tried)
        return [_opinion(group, members) for group, members in by_group.items()]

    async def judge_answers(
        self, opinions: Sequence[Opinion] | None = None, *, verdicts: bool = True
    ) -> tuple[Judged, ...]:
        """The different answers, each judged; where there is but one, or no budget left, none is.

        ``opinions``: of the workflows, where more is known of them than how much their own drafts agree.
        """
        answers = [tried.answer for tried in self.attempts.tried if tried.answer is not None]
        given = groups(answers, self.key_of)
        support = weigh(self.opinions() if opinions is None else opinions, self.key_of)
        approvals: list[float | None] = [None] * len(given)
        if verdicts and len(given) > 1 and self.attempts.cut is None:
            question = self.attempts.question
            asks = [self.attempts.approval(question, members[0]) for members in given.values()]
            approvals = await asyncio.gather(*asks)
        return tuple(
            Judged(members[0], support.get(key, (0.0, 0))[0], approved, support.get(key, (0.0, 1))[1])
            for (key, members), approved in zip(given.items(), approvals, strict=True)
        )


def _opinion(group: str, members: Sequence[TriedWorkflow]) -> Opinion:
    reflected = [tried for tried in members if tried.findings is not None]
    if not reflected:
        drafts = tuple(whole_drafts(tried.outcome.trace for tried in members))
        drafts = drafts or tuple(tried.answer for tried in members if tried.answer is not None)
        return Opinion(group, drafts, confidence(agreement(drafts)) if drafts else 0.0)
    spoken = [tried for tried in reflected if tried.answer is not None] or reflected
    speaker = max(spoken, key=_standing)
    reliability = speaker.findings.reliability if speaker.findings else 0.0
    return Opinion(group, () if speaker.answer is None else (speaker.answer,), reliability)


def _standing(tried: TriedWorkflow) -> tuple[bool, float]:
    """A plan stands above others where its parts suffice, then where its agents agree on them."""
    reflected = tried.findings
    return (False, 0.0) if reflected is None else (reflected.complete is not False, reflected.reliability)


def _leader(answers: Sequence[Answer], key_of: Callable[[Answer], str]) -> Answer | None:
    """The first answer of the largest class; ``None`` where none is readable."""
    classes = groups(answers, key_of)
    return max(classes.values(), key=len)[0] if classes else None


def _shown(tried: TriedWorkflow) -> dict[str, str]:
    """A workflow and what came of it, as the designer's prompt shows it; a known block without its source."""
    outcome, reflected = tried.outcome, tried.findings
    return {
        "name": tried.design.name,
        "source": tried.design.source if reflected else "",
        "answer": tried.answer.text[:LONGEST] if tried.answer else "",
        "failure": told(outcome.failure) if outcome.failure else "",
        "said": outcome.trace.render()[:LONGEST] if reflected else "",
        "findings": reflected.render()[:LONGEST] if reflected else "",
    }


def _describe_failed(written: Written) -> dict[str, str]:
    failure = told(written.failure) if written.failure else ""
    empty = dict.fromkeys(("answer", "said", "findings"), "")
    source = written.design.source[:LONGEST]
    return {"name": written.design.name, "source": source, "failure": failure, **empty}


def solution_of(
    tried: Sequence[TriedWorkflow], judged: Sequence[Judged], key_of: Callable[[Answer], str]
) -> SolvedQuestion:
    """The answer that is trusted most, and of the workflows that gave it the one with the fewest calls."""
    best = most_trusted(judged)
    if best is None:
        failures = [attempt.outcome.failure for attempt in tried if attempt.outcome.failure is not None]
        return SolvedQuestion(None, failures[0] if failures else None, tuple(tried), ())
    key = key_of(best.answer)
    givers = [attempt for attempt in tried if attempt.answer and key_of(attempt.answer) == key]
    chosen = min(givers, key=lambda attempt: attempt.outcome.calls)
    return SolvedQuestion(chosen, None, tuple(tried), tuple(judged))
