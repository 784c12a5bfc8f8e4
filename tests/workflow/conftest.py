"""A tiny model, three blocks and a runtime: enough to run designs for real."""

import asyncio
from collections.abc import Callable

import pytest

from masdesign.types import Answer, Completion, Message, Question, Usage, Verdict
from masdesign.workflow import Design, MontySandbox, Runtime, block, gather, majority, run_item, running

QUESTION = Question("1 + 1 =", ("a passage",), ("2", "3"))


class TinyLM:
    """Replies with what ``reply`` makes of the request; notes every request."""

    window = 10_000

    def __init__(self, reply: Callable = lambda r: f"answer {r.sample}", model: str = "tiny"):
        self.reply, self.model, self.requests = reply, model, []

    async def complete(self, request):
        self.requests.append(request)
        await asyncio.sleep(0)
        said = self.reply(request)
        if isinstance(said, Exception):
            raise said
        return Completion(said, Usage(3, 4))

    async def aclose(self):
        pass


@block(reference="arXiv:2201.11903")
async def think(
    task: Question, *, instruction: str = "", temperature: float = 0.0, model: str = ""
) -> Answer:
    """Thinks. It helps now and then."""
    messages = [Message("user", task.question + instruction)]
    reply = await running().complete(messages, temperature=temperature, model=model)
    return Answer(reply.text.split()[-1] if reply.text else "", reply.text)


@block()
async def verify(task: Question, answer: Answer) -> Verdict:
    """Judges a solution."""
    reply = await running().complete([Message("user", f"{task.question} Is it {answer.text}?")])
    return Verdict(answer.text != "0", reply.text)


@block(cost="n calls", calls=lambda n=5, **_: n)
async def vote(task: Question, n: int = 5, *, temperature: float = 0.8) -> Answer:
    """Votes over n draws."""
    return majority(await gather(*[think(task, temperature=temperature) for _ in range(n)]))


@block()
async def ask(instruction: str, *inputs: Question | Answer | Verdict | str, role: str = "") -> Answer:
    """The free form."""
    reply = await running().complete([Message("user", instruction + repr(inputs))])
    return Answer(reply.text, reply.text)


BLOCKS = {b.name: b for b in (think, verify, vote, ask)}


@pytest.fixture
def blocks():
    return BLOCKS


@pytest.fixture
def tiny():
    """Makes a model of a function from a request to its reply, or to the error it raises."""
    return TinyLM


@pytest.fixture
async def sandbox():
    async with MontySandbox() as opened:
        yield opened


@pytest.fixture
def runtime(sandbox):
    return Runtime({"": TinyLM()}, BLOCKS, sandbox)


@pytest.fixture
def run(runtime):
    """Runs the source of a workflow on the question."""

    async def run(source: str, question: Question = QUESTION):
        return await run_item(Design(source), question, runtime)

    return run
