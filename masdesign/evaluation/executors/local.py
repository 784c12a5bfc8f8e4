"""Items run here, in this process, the sandbox beside it."""

from contextlib import nullcontext
from pathlib import Path

from masdesign.evaluation.executors import LOCAL, Place
from masdesign.lm.abacus.provider import AbacusLM
from masdesign.types import Question
from masdesign.workflow import Checked, ItemOutcome, Runtime, run_item
from masdesign.workflow.run import Gate


class Local:
    """The `Executor` of one machine."""

    async def run(
        self, design: Checked, question: Question, runtime: Runtime, gate: Gate | None = None
    ) -> ItemOutcome:
        """The design on one question."""
        return await run_item(design, question, runtime, gate)

    def abacus(self, folder: Path) -> AbacusLM:
        """The embedded model, on this machine's cores."""
        return AbacusLM(folder=folder)


PLACE = Place(LOCAL, lambda _: nullcontext(Local()))
