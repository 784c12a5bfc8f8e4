"""What an evaluator lends an environment, for tests of environments alone: real programs and processes,
and a model in each role that answers with what the test gives it."""

import asyncio
import multiprocessing
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

from masdesign.types import Completion, Message, ProgramResult


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
        return await asyncio.to_thread(_run_program, source, stdin, seconds)

    async def in_process(self, function: Callable[..., Any], *arguments: Any) -> Any:
        context = multiprocessing.get_context("spawn")
        mine, theirs = context.Pipe()
        process = context.Process(target=_answer, args=(theirs, function, arguments), daemon=True)
        process.start()
        theirs.close()
        try:
            # The pipe is read in a thread, which the end of the process wakes.
            return await asyncio.to_thread(mine.recv)
        finally:
            process.kill()
            process.join()
            mine.close()


def _answer(pipe: Any, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    pipe.send(function(*arguments))


def _run_program(source: str, stdin: str, seconds: float) -> ProgramResult:
    command = [sys.executable, "-I", "-c", source]
    try:
        run = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return ProgramResult("", "", "timeout")
    return ProgramResult(run.stdout, run.stderr, "ok" if run.returncode == 0 else "error")
