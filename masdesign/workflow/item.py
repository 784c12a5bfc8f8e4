"""A design on one item: checked, run in the sandbox, its block calls served; the outcome a value."""

import hashlib
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from masdesign.errors import ContextOverflow, NotPlayable
from masdesign.types import Answer, Failure, ModelUse, Question, Usage, Verdict
from masdesign.workflow.answers import final_answer
from masdesign.workflow.block import item_bound
from masdesign.workflow.check import Checked, check_in_thread
from masdesign.workflow.design import Design
from masdesign.workflow.faults import ending, failure_of, is_refusal
from masdesign.workflow.guest import GuestCall, Outcome, Waiting
from masdesign.workflow.limits import ItemFailed, design_failure
from masdesign.workflow.run import Gate, ItemRun, current_run, gather
from masdesign.workflow.runtime import Runtime
from masdesign.workflow.trace import Node, Trace, by_model, current_node
from masdesign.workflow.values import check_arguments, from_guest, size, to_guest


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """What a design made of one item: an answer or a failure, and what it took."""

    answer: Answer | None
    failure: Failure | None
    usage: Usage
    """Deployment cost: every completion and priced tool in full, from the cache or not."""
    calls: int
    seconds: float
    trace: Trace
    by_model: Mapping[str, ModelUse] = field(default_factory=dict)
    """``usage`` and ``calls`` by the name of the model; empty where there is one only."""
    episode: Mapping[str, Any] = field(default_factory=dict)
    """What the item's episode has come to; empty where the task has no environment."""
    overhead: Usage = field(default_factory=Usage)
    """What the environment's own models used (a simulated user)."""


@asynccontextmanager
async def item_run(question: Question, runtime: Runtime, gate: Gate | None = None) -> AsyncIterator[ItemRun]:
    """An item's run in which blocks can be called from ordinary Python.

    async with item_run(Question("1 + 1 ="), runtime) as run:
        answer = await chain_of_thought(run.question)
    """
    run = ItemRun(question, runtime, Node("workflow", "workflow", clock=runtime.clock), gate)
    running, node = current_run.set(run), current_node.set(run.root)
    try:
        yield run
    finally:
        current_node.reset(node)
        current_run.reset(running)
        run.wave.close()


async def run_item(
    design: Design | Checked, question: Question, runtime: Runtime, gate: Gate | None = None
) -> ItemOutcome:
    """Run the design on the question. Its own faults and the provider's are failures, as values.

    Parameters:
        gate: the way to the item's episode, where the task has an environment.

    Raises:
        BudgetExhausted, CredentialsError, NotRecorded, InputError, InternalFault: these end the whole run
            (`masdesign.workflow.faults`).
    """
    start = runtime.clock()
    question = question.asked(runtime.asking)
    failure: Failure | None = None
    answer: Answer | None = None
    bound = runtime.limits.calls
    async with item_run(question, runtime, gate) as run:
        try:
            checked = design if isinstance(design, Checked) else await check_in_thread(design, runtime.blocks)
            bound = item_bound(checked.call_bound, bound)
            answer = await _drive(run, checked)
        except Exception as error:
            failure = failure_of(error)
            if failure is None:
                fault = ending(error, "the sandbox")
                if fault is error:
                    raise
                raise fault from error
        if gate is None and failure is None and answer is not None and not answer.text.strip():
            failure = unreadable([run.root])  # an episode may end without words: its outcome decides
        run.root.output = answer
        run.root.seconds = runtime.clock() - start
    asked = [node for node in run.root.walk() if node.completion is not None]
    root, trace = run.root, Trace(question, run.root, bound)
    return ItemOutcome(answer, failure, root.usage, len(asked), root.seconds, trace, by_model(asked))


def unreadable(nodes: Iterable[Node]) -> Failure:
    """Why the answer that these steps led to is empty: the last reply was cut, or could not be read."""
    replies = [n.completion for outer in nodes for n in outer.walk() if n.completion is not None]
    if replies and replies[-1].finish == "length":
        tokens = replies[-1].usage.completion_tokens
        return Failure(
            "cut",
            f"no answer could be read: the last reply was cut after {tokens} tokens",
            cure="allow more tokens (max_tokens)",
        )
    return Failure("parse", "no answer could be read from the reply", cure="see the trace")


async def _drive(run: ItemRun, checked: Checked) -> Answer:
    runtime = run.runtime
    seed = _seed(run.question, runtime.world)
    step = await runtime.sandbox.start(checked.program, run.question, seed, runtime.limits)
    while isinstance(step, Waiting):
        served = await run.charged(_serve_all(run, checked, step))
        if isinstance(run.fatal, ItemFailed):  # the last step took too long
            raise await _locate(run, checked, step, run.fatal)
        left = replace(runtime.limits, seconds=runtime.limits.seconds - run.worked)
        step = await runtime.sandbox.resume(checked.program, step, served, left)
    if run.calls == 0 and not runtime.allow_no_calls:
        raise design_failure(
            "answered without asking a model", "call a block, or allow designs without calls"
        )
    return final_answer(_answer(step.value, runtime.limits.text), run.question)


async def _serve_all(run: ItemRun, checked: Checked, step: Waiting) -> dict[int, Outcome]:
    """The results of all calls that the workflow waits for; the first error ends the item."""
    try:
        results = await gather(*[_serve(run, call) for call in step.calls])
        if run.fatal is not None:  # a block has caught what no block may
            raise run.fatal
    except (ItemFailed, ContextOverflow, NotPlayable) as error:
        raise await _locate(run, checked, step, error) from None
    return {call.id: Outcome(result) for call, result in zip(step.calls, results, strict=True)}


async def _serve(run: ItemRun, call: GuestCall) -> object:
    block = run.runtime.blocks.get(call.block) if isinstance(call.block, str) else None
    if block is None or not isinstance(call.args, list) or not isinstance(call.kwargs, dict):
        raise run.failed(f"unknown block {str(call.block)[:40]!r}", "use a block of the catalogue")
    run.text += size(call.args) + size(call.kwargs)
    if run.text > run.runtime.limits.text:
        raise run.failed(
            f"more than {run.runtime.limits.text} characters were passed to blocks", "pass less text on"
        )
    try:
        args = from_guest(call.args, run.question)
        kwargs = {str(k): from_guest(v, run.question) for k, v in call.kwargs.items()}
        check_arguments(block, args, kwargs, run.runtime.limits.calls)
        result = await block(*args, **kwargs)
        declared = block.hints.get("return")
        if declared in (Answer, Verdict, Question) and not isinstance(result, declared):
            raise TypeError(f"it gave {result!r:.60}, no {declared.__name__}; correct it")
        return to_guest(result)
    except Exception as error:
        fault = design_failure(str(error)) if is_refusal(error) else ending(error, f"block {block.name!r}")
        run.fatal = run.fatal or fault
        if fault is error:
            raise
        raise fault from error


async def _locate(run: ItemRun, checked: Checked, step: Waiting, error: Exception) -> ItemFailed:
    """The error with the line of the design that waited for the call."""
    failure = failure_of(error) or Failure("design", str(error))
    if failure.line is None:
        refused = {call.id: Outcome(error=failure.message[:200]) for call in step.calls}
        try:
            await run.runtime.sandbox.resume(checked.program, step, refused, run.runtime.limits)
        except ItemFailed as told:
            failure = Failure(failure.kind, failure.message, told.failure.line, failure.cure)
    return ItemFailed(failure)


def _answer(value: object, most: int) -> Answer:
    match value:
        case {"$": "Answer", "text": str(text), "reasoning": str(reasoning)}:
            if len(text) + len(reasoning) > most:
                raise design_failure(
                    f"the answer has {len(text) + len(reasoning)} characters (limit {most})", "answer briefly"
                )
            return Answer(text, reasoning)
        case {"$": "other", "type": "coroutine"}:
            raise design_failure(
                "the workflow returned a call that was not awaited", "write `return await …`"
            )
        case {"$": "other", "type": str(kind), "shown": str(shown)}:
            raise design_failure(f"the workflow returned {shown} ({kind})", "return an Answer or text")
    raise design_failure("the workflow returned something that is not an answer", "return an Answer or text")


def _seed(question: Question, world: int) -> int:
    """The seed of the guest's `random`: the same for the same question in the same world."""
    text = f"{world}\0{question.question}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(text).digest()[:6], "big")
