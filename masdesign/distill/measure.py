"""Measures the four ways of a `Row`: on val, where the draft is chosen, then once on test."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from masdesign.archive import Archive
from masdesign.distill.prompt import DistilledPrompt
from masdesign.distill.row import Row, fresh_cost
from masdesign.errors import BudgetExhausted, ProviderError
from masdesign.evaluation import Evaluation, EvaluationCut, evaluate
from masdesign.evaluation.evaluator import Where, model_label
from masdesign.experiments.baselines import KS, plain_agent, step_by_step
from masdesign.experiments.votes import evaluate_votes, self_consistency_design
from masdesign.lm import repertoire_of
from masdesign.session.opening import Opening
from masdesign.spending.budget import MAX_RESERVE
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import SAMPLING_TEMPERATURE, Item, Result
from masdesign.workflow import Design, Runtime

LEAST_TEST_ITEMS = 50
"""Fewest test items that are scored, where test has as many."""
TEACHER = "teacher"
PLAIN_AGENT = "the plain agent"
_STUDENT_STEPS = 2.0
"""Estimated cost of an unwritten prompt, as a multiple of a plain chain of thought."""


@dataclass
class Measure:
    """Evaluates designs for one run, keeps each evaluation, and remembers those of val."""

    task: Task
    runtime: Runtime
    ledger: Ledger
    archive: Archive
    run: str
    seed: int
    watch: Callable[[str, int, int], None]
    _val: dict[tuple[str, str], Evaluation] = field(default_factory=dict)
    """By design and model."""

    async def base(self, teacher: Design) -> None:
        """The teacher and step by step (cold and warm) on val.

        Raises:
            BudgetExhausted: before they were measured in full.
            ProviderError: the model failed on too many items.
            EvaluationEnded: most of the teacher's replies are of no use.
        """
        for name, design in ((TEACHER, teacher), *(("step by step", d) for d in self._steps())):
            try:
                evaluation = await self.on_val(design, name)
            except EvaluationCut as cut:
                raise BudgetExhausted(
                    f"the budget ran out before the {name} was measured on {len(self.task.val)} val items; "
                    "give a larger budget, or fewer items"
                ) from cut
            if not evaluation.complete:
                reason = next(
                    (r.failure.message for r in evaluation.results if r.score is None and r.failure), ""
                )
                raise ProviderError(
                    f"the model failed on {evaluation.unscored} of {evaluation.size} val items ({reason}); "
                    "try again later"
                )

    async def on_val(self, design: Design, name: str, runtime: Runtime | None = None) -> Evaluation:
        """The design on all of val, kept; with its own ``runtime``, if any. Raises `EvaluationCut`."""
        key = (design.id, model_label((runtime or self.runtime).models))
        if key not in self._val:
            evaluation = await evaluate(
                design, self.task, "val", runtime or self.runtime, probe=name == TEACHER,
                ledger=self.ledger, on_result=self._counted(f"{name} on val", len(self.task.val)),
            )  # fmt: skip
            self.archive.add_design(design)
            self.archive.add_evaluation(evaluation, self.run)
            self._val[key] = evaluation
        return self._val[key]

    def _known(self, design: Design) -> Evaluation:
        return self._val[design.id, model_label(self.runtime.models)]

    @property
    def step(self) -> Design:
        """Step by step at the temperature that did better on val; cold in a tie."""
        return max(self._steps(), key=lambda design: self._known(design).score)

    def limit(self, teacher: Design) -> float:
        """What making drafts and measuring them on val may bring the spending to, in the budget's unit.

        The rest is kept for the vote on val and the look at test: at most 40 % of the budget, and never so
        much that not one draft could be measured.
        """
        budget = self.ledger.budget
        if budget.limit == float("inf"):
            return budget.limit
        step = self._cost(self._known(self.step))
        prompt = _STUDENT_STEPS * step
        look = self.task.size("test") * (self._cost(self._known(teacher)) + step + 2 * prompt)
        kept = look + prompt * len(self.task.val) if budget.unit != "min" else budget.limit
        one_draft = self.ledger.spent + prompt * len(self.task.val)
        return min(budget.limit, max(budget.limit - min(MAX_RESERVE * budget.limit, kept), one_draft))

    async def val_row(
        self, teacher: Design, student: Design, evaluation: Evaluation, prompt: DistilledPrompt
    ) -> Row:
        """The row on val; the vote is chosen here that takes about as many tokens as the student.

        Raises BudgetExhausted.
        """
        step = self._known(self.step)
        if self.acts:
            return Row(self._known(teacher), evaluation, step, step, 1, self.seed, plain=PLAIN_AGENT)
        draw, tokens = self._known(self._steps()[-1]).tokens_per_item, evaluation.tokens_per_item
        k = min([k for k in KS if k <= self._draws] or [1], key=lambda k: abs(k * draw - tokens))
        count = self._counted(f"vote of {k} on val", len(self.task.val))
        votes = await self._votes("val", self.task.val, k, count)
        self._keep([votes], [self_consistency_design(k)])
        fresh = None
        if len(prompt.turns) > 1:
            fresh = await fresh_cost(student, self.task.val, self.runtime, self.ledger)
        return Row(self._known(teacher), evaluation, step, votes, k, self.seed, fresh=fresh)

    async def test_row(
        self, val: Row, teacher: Design, student: Design, runtime: Runtime | None = None
    ) -> Row | None:
        """The one look at test, on as many items as the budget still covers; ``None`` where too few.

        The opening is recorded before anything is scored.
        """
        affordable, whole = self._affordable(val), self.task.size("test")
        if affordable < min(LEAST_TEST_ITEMS, whole) or not affordable:
            return None
        designs, votes = [teacher, student, self.step], self_consistency_design(val.k)
        voted = [] if self.acts else [votes]
        opening = Opening.record(self.archive, self.run, self.task, [*designs, *voted], first=affordable)
        count = self._counted("test", affordable * len(opening.designs))

        async def vote(opening: Opening, items: Sequence[Item]) -> list[Evaluation]:
            return [await self._votes(opening, items, val.k, count)]

        own = {student.id: runtime} if runtime else None
        try:
            scores = await opening.score(
                designs, self.runtime, self.ledger,
                own=own, further=vote if voted else None, on_result=count,
            )  # fmt: skip
        except BudgetExhausted:
            return None
        taught, asked, step = (scores[design.id] for design in designs)
        matched = scores[votes.id] if voted else step
        self._keep([scores[d.id] for d in (*designs, *voted)], [*designs, *voted])
        return Row(taught, asked, step, matched, val.k, self.seed, plain=val.plain)

    def _affordable(self, val: Row) -> int:
        cost = sum(map(self._cost, (val.teacher, val.student, val.step_by_step, val.matched)))
        if not cost or self.ledger.limit == float("inf"):
            return self.task.size("test")
        return min(self.task.size("test"), int(self.ledger.remaining / cost))

    def _cost(self, evaluation: Evaluation) -> float:
        return evaluation.cost_per_item(self.ledger.budget.unit)

    def _steps(self) -> list[Design]:
        if self.acts:
            return [plain_agent()]
        warm = self._draws > 1
        return [step_by_step(0.0), *([step_by_step(SAMPLING_TEMPERATURE)] if warm else [])]

    @property
    def acts(self) -> bool:
        """Whether the task is acted on: a plain agent stands in for step by step, and there is no vote."""
        return self.task.environment is not None

    @property
    def _draws(self) -> int:
        repertoire = repertoire_of(self.runtime.models[""])
        return KS[-1] if repertoire is None else repertoire.draws

    async def _votes(
        self, where: Where, items: Sequence[Item], k: int, on_result: Callable[[Result], None]
    ) -> Evaluation:
        votes = await evaluate_votes(
            self.task, where, self.runtime, (k,), items=items, ledger=self.ledger, on_result=on_result
        )
        return votes[k]

    def _counted(self, phase: str, total: int) -> Callable[[Result], None]:
        done = 0

        def count(result: Result) -> None:
            nonlocal done
            done += 1
            self.watch(phase, done, total)

        return count

    def _keep(self, evaluations: Sequence[Evaluation], designs: Sequence[Design]) -> None:
        with self.archive.transaction():
            for design in designs:
                self.archive.add_design(design)
            for evaluation in evaluations:
                self.archive.add_evaluation(evaluation, self.run)
