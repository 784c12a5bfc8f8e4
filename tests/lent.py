"""What an evaluator lends an environment, for tests of environments alone: the real programs and processes,
and a model in each role that answers what the test gives it."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from masdesign.evaluation.workers import workers
from masdesign.types import Completion, Message, ProgramResult
from masdesign.workflow import MontySandbox
from masdesign.workflow.programs import Programs


class Lent:
    """`masdesign.protocols.Services`; ``reply`` stands for the model in any role."""

    def __init__(self, reply: Callable[[Sequence[Message]], str] | None = None) -> None:
        self.reply = reply
        self.asked: list[tuple[str, Sequence[Message]]] = []

    async def complete(self, role: str, messages: Sequence[Message], **options: Any) -> Completion:
        self.asked.append((role, messages))
        assert self.reply is not None, "no model is expected to be asked"
        return Completion(self.reply(messages))

    async def run_program(self, source: str, *, stdin: str = "", seconds: float = 5.0) -> ProgramResult:
        return await _programs().run(source, stdin=stdin, seconds=seconds)

    async def in_process(self, function: Callable[..., Any], *arguments: Any, seconds: float = 10.0) -> Any:
        return await workers().run(function, *arguments, seconds=seconds)


@cache
def _programs() -> Programs:
    return Programs(MontySandbox())
