"""A whole design behind one predictor: what BootstrapFewShot and MIPROv2 take for the student's teacher.

They ask for a teacher of the student's own form, predictor by predictor. So the teacher is a copy of
the student, which answers with the design and says so in DSPy's trace.
"""

from __future__ import annotations

from typing import Any

import dspy

from masdesign.building_blocks import blocks
from masdesign.building_blocks._step import labelled
from masdesign.distill.bridge.program import DesignProgram
from masdesign.errors import ProviderError
from masdesign.types import SCORED_FAILURES, Answer, Question
from masdesign.workflow import Design, ItemOutcome, Runtime, check, run_item


class Teacher(DesignProgram):
    """Looks like the student (a design of one predictor); answers as the teacher does."""

    def __init__(self, student: DesignProgram, teacher: Design) -> None:
        super().__init__(student.design, student.marked_source, student.sites, student.host)
        self._teaching = check(teacher, blocks())

    async def _run(self, question: Question, runtime: Runtime) -> ItemOutcome:
        outcome = await run_item(self._teaching, question, runtime)
        if outcome.failure is not None and outcome.failure.kind not in SCORED_FAILURES:
            raise ProviderError(outcome.failure.message)
        return outcome

    def _prediction(self, outcome: ItemOutcome) -> dspy.Prediction:
        answer = outcome.answer or Answer("")
        fields: dict[str, Any] = {"reasoning": answer.reasoning, "answer": answer.text}
        if dspy.settings.trace is not None:
            step = getattr(self, self.sites[0].name)
            prediction = dspy.Prediction.from_completions([fields], signature=step.signature)
            dspy.settings.trace.append(
                (step, {"question": labelled(outcome.trace.question)["text"]}, prediction)
            )
        return dspy.Prediction(**fields)
