"""DSPy's optimisers on the plain prompt, with the design as teacher: BootstrapFewShot, GEPA, MIPROv2."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from masdesign.building_blocks._window import beginning
from masdesign.distill.bridge import dspy_lm, to_dspy
from masdesign.distill.bridge.host import Host, Stopped
from masdesign.distill.job import Draft, Job, Method, Transcript
from masdesign.distill.methods.demonstrate import COUNTS, that_fit_in
from masdesign.distill.prompt import DistilledPrompt
from masdesign.errors import InputError, ProviderError
from masdesign.types import Answer, Question

if TYPE_CHECKING:
    from masdesign.distill.bridge.program import DesignProgram

THREADS = 16
MINIBATCH = 4
"""Train items that GEPA reflects on at a time."""
CALLS_AN_ITEM = 5
"""Times that GEPA may score every train item, a call of the student each; prompts that MIPROv2 tries."""
FEEDBACK_SHARE = 1 / 32
"""Share of the writer's window that the design's solution may take in the feedback on one item."""


class Optimise(Method):
    """Compiles the plain step-by-step prompt with DSPy, on train alone; the best on val is taken.

    - BootstrapFewShot: the first train items that the design solves become demonstrations. It needs no
      second model.
    - GEPA (with a meta-model): reflects on what went wrong; the design's own solution of the item is in its
      feedback.
    - MIPROv2 (with a meta-model): proposes instructions and searches over them with the demonstrations
      that the design gives.

    What they compile is the very prompt that is deployed (`to_dspy`), not DSPy's own wording of it.

    Reference: Agrawal et al. 2025, GEPA, arXiv:2507.19457; Opsahl-Ong et al. 2024, Optimizing Instructions
    and Demonstrations for Multi-Stage Language Model Programs (MIPROv2), arXiv:2406.11695; Khattab et
    al. 2023, DSPy, arXiv:2310.03714.
    """

    name = "optimise"
    summary = "DSPy's BootstrapFewShot, and with a meta-model GEPA and MIPROv2, the design as teacher"
    reference = "arXiv:2507.19457"

    async def drafts(self, job: Job) -> Sequence[Draft]:
        if len(job.train) < 2:
            raise InputError(f"DSPy's optimisers need 2 train items, and the task has {len(job.train)}")
        transcripts = await job.transcripts()
        host = Host.within(job.runtime)
        compiling = _Compiling(job, host, transcripts)
        drafts: dict[DistilledPrompt, Draft] = {}
        try:
            for name, compiled in compiling.all():
                job.watch(name, 0, 0)
                try:
                    programs = await asyncio.to_thread(compiled)
                except Stopped:
                    break
                for program in programs:
                    prompt = _prompt_of(program)
                    drafts.setdefault(prompt, Draft(prompt, f"compiled by {name}"))
        finally:
            host.stop()
        if host.outages:
            raise ProviderError(
                f"the model failed {host.outages} times while DSPy optimised, which DSPy takes for wrong "
                "answers; try again later"
            )
        if not drafts:
            raise host.fatal or InputError("DSPy compiled nothing; take another method")
        if host.fatal is not None:
            job.note(f"optimising ended early ({host.fatal})")
        return list(drafts.values())


class _Compiling:
    """The optimisers of one job, each a function to be called in a thread."""

    def __init__(self, job: Job, host: Host, transcripts: Sequence[Transcript]) -> None:
        import dspy

        self.job, self.host = job, host
        self.by_question = {t.question: t for t in transcripts}
        self.examples = [
            dspy.Example(
                question=t.question.question, context=t.question.context, choices=t.question.choices,
                answer=t.item.target,
            ).with_inputs("question", "context", "choices")
            for t in transcripts
        ]  # fmt: skip
        self.seed = job.rng.randrange(2**31)
        self.student_lm = dspy_lm(job.runtime.models[""], host=host)
        self.writer = None if job.meta is None else dspy_lm(job.meta, host=host)

    def all(self) -> list[tuple[str, Callable[[], list[DesignProgram]]]]:
        """By name, in the order in which they are tried."""
        compilers = [("BootstrapFewShot", self._quiet(self.bootstrap))]
        if self.writer is not None:
            compilers += [("GEPA", self._quiet(self.gepa)), ("MIPROv2", self._quiet(self.mipro))]
        else:
            self.job.note("GEPA and MIPROv2 write instructions: give a meta-model to have them tried")
        return compilers

    def bootstrap(self) -> list[DesignProgram]:
        """Demonstrations of the design, in two sizes."""
        import dspy

        programs = []
        for count in [n for n in COUNTS if n <= self._most_examples()][-2:]:
            optimiser = dspy.BootstrapFewShot(
                metric=self._is_right, max_bootstrapped_demos=count, max_labeled_demos=0
            )
            programs.append(
                optimiser.compile(self._student(), teacher=self._teacher(), trainset=self.examples)
            )
        return programs

    def gepa(self) -> list[DesignProgram]:
        """Instructions by reflection; its own Pareto set is scored on train."""
        import dspy
        from dspy.teleprompt.gepa import InstructionProposer

        optimiser = dspy.GEPA(
            metric=self._with_feedback,
            max_metric_calls=CALLS_AN_ITEM * len(self.examples),
            reflection_lm=self.writer,
            reflection_minibatch_size=min(MINIBATCH, len(self.examples)),
            instruction_proposer=InstructionProposer(adapter=dspy.ChatAdapter()),
            num_threads=THREADS,
            seed=self.seed,
        )
        return [optimiser.compile(self._student(), trainset=self.examples, valset=self.examples)]

    def mipro(self) -> list[DesignProgram]:
        """Instructions and the design's demonstrations, searched together."""
        import dspy

        optimiser = dspy.MIPROv2(
            metric=self._is_right,
            prompt_model=self.writer,
            task_model=self.student_lm,
            auto=None,
            num_candidates=max(2, self.job.candidates),
            max_bootstrapped_demos=min(2, self._most_examples()),
            max_labeled_demos=0,
            num_threads=THREADS,
            seed=self.seed,
        )
        compiled = optimiser.compile(
            self._student(),
            teacher=self._teacher(),
            trainset=self.examples,
            valset=self.examples,
            num_trials=CALLS_AN_ITEM,
            minibatch=False,
        )
        return [compiled]

    def _student(self) -> DesignProgram:
        return to_dspy(DistilledPrompt(("",)).design("student", origin="distill", parents=()), host=self.host)

    def _teacher(self) -> DesignProgram:
        from masdesign.distill.bridge.program import Teacher

        return Teacher(self._student(), self.job.teacher)

    def _most_examples(self) -> int:
        solved = [t for t in self.by_question.values() if t.right]
        return max(1, that_fit_in(solved, self.job))

    def _is_right(self, gold: Any, prediction: Any, trace: object = None) -> bool:
        return self._score(gold, prediction) == 1.0

    def _with_feedback(
        self,
        gold: Any,
        prediction: Any,
        trace: object = None,
        pred_name: object = None,
        pred_trace: object = None,
    ) -> Any:
        import dspy

        score, transcript = self._score(gold, prediction), self._of(gold)
        feedback = f"Right is {gold.answer}; the reply's answer was {prediction.answer or 'not to be read'}."
        if transcript.right and score < 1.0:
            most = int((self.job.meta.window if self.job.meta else 4096) * FEEDBACK_SHARE)
            feedback += " A team that got it right said:\n" + beginning(transcript.answer.reasoning, most)
        return dspy.Prediction(score=score, feedback=feedback)

    def _score(self, gold: Any, prediction: Any) -> float:
        if not prediction.answer:
            return 0.0
        answers, item = [Answer(prediction.answer)], self._of(gold).item
        (score,) = self.host.run(lambda runtime: self.job.score(answers, item))
        return score or 0.0

    def _of(self, gold: Any) -> Transcript:
        """The transcript of an example; two items may ask the same of different passages."""
        question = Question(gold.question, tuple(gold.context), tuple(gold.choices))
        return self.by_question[question.asked(self.job.runtime.asking)]

    def _quiet(self, compiled: Callable[[], list[DesignProgram]]) -> Callable[[], list[DesignProgram]]:
        """With our model as DSPy's, and what DSPy prints kept off standard output."""

        def run() -> list[DesignProgram]:
            import dspy

            with contextlib.redirect_stdout(io.StringIO()), _hushed(), dspy.context(lm=self.student_lm):
                return compiled()

        return run


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """Keep DSPy's progress messages off standard error; its warnings stay."""
    logger = logging.getLogger("dspy")
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)


def _prompt_of(program: DesignProgram) -> DistilledPrompt:
    """The compiled student as a prompt."""
    additions = program.additions().get(program.sites[0].name)
    return (
        DistilledPrompt(("",))
        if additions is None
        else DistilledPrompt((additions.instruction or "",), examples=additions.examples)
    )
