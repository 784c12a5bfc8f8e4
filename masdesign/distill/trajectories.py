"""Steps of a design over several runs of the same items, each with the outcome that it is credited with.

Runs of one item share their prompts up to the step at which they part, so together they are a tree: the value
of a reply is the mean score of the runs that go through it, and two replies to one prompt whose values lie
on either side of `RIGHT` are a preference pair.

Reference: Motwani et al. 2024, MALT: Improving Reasoning with Multi-Agent LLM Training, arXiv:2412.01928
(sampled trees, the value of a node as the mean of its leaves, one threshold).
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace

from masdesign.distill.job import Job, Transcript
from masdesign.syntax import tree_of
from masdesign.types import SAMPLING_TEMPERATURE, Message
from masdesign.workflow import Design, Node

RIGHT = 0.5
"""A reply is right whose runs score more than this on the mean, and wrong whose score less."""
ROLES = ("splitter", "solver", "judge", "merger")
_ROLE = {
    "split_question": "splitter", "todo": "splitter", "merge_answers": "merger",
    "verify": "judge", "rate": "judge", "choose": "judge", "discriminate": "judge", "appraise": "judge",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CreditedStep:
    """A reply of one step, and the mean score of the runs that go through it."""

    item: str
    role: str
    prompt: tuple[Message, ...]
    reply: str
    value: float
    """In 0..1."""
    runs: int


def warm(design: Design, temperature: float = SAMPLING_TEMPERATURE) -> Design:
    """The design with every step sampled that leaves its temperature open.

    >>> print(warm(Design("async def workflow(task):\\n    return await direct(task)")).source)
    async def workflow(task):
        return await direct(task, temperature=0.8)
    """
    from masdesign.building_blocks import blocks

    tree, known = tree_of(design.source), blocks()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in known:
            takes = "temperature" in known[node.func.id].signature.parameters
            if takes and all(keyword.arg != "temperature" for keyword in node.keywords):
                node.keywords.append(ast.keyword("temperature", ast.Constant(temperature)))
    return replace(design, source=ast.unparse(tree), name=f"{design.name or design.id}, sampled")


async def sampled(job: Job, runs: int) -> list[Transcript]:
    """Runs of the warm design on each train item, each with draws of its own.

    Raises:
        BudgetExhausted, CredentialsError: as the run ends.
    """
    design, transcripts = warm(job.teacher), list[Transcript]()
    for world in range(runs):
        runtime = replace(job.runtime, world=job.runtime.world + world)
        transcripts += await replace(job, runtime=runtime, _transcripts={}).transcripts(design)
    return transcripts


def credited(transcripts: Sequence[Transcript]) -> list[CreditedStep]:
    """Every reply of a step once, with the mean score of the runs that hold it, in the order of the first."""
    scores: dict[tuple[str, str, tuple[Message, ...], str], list[float]] = {}
    for transcript in transcripts:
        if transcript.score is not None:
            for step in dict.fromkeys(_steps(transcript)):
                scores.setdefault((transcript.item.id, *step), []).append(transcript.score)
    return [CreditedStep(*step, sum(found) / len(found), len(found)) for step, found in scores.items()]


def preferences(steps: Sequence[CreditedStep]) -> list[tuple[CreditedStep, CreditedStep]]:
    """The best and the worst reply to each prompt whose replies lie on both sides of `RIGHT`.

    Both answer the same prompt, word for word: the same question with the same context.
    """
    by_prompt: dict[tuple[str, tuple[Message, ...]], list[CreditedStep]] = {}
    for step in steps:
        by_prompt.setdefault((step.item, step.prompt), []).append(step)
    ends = [(max(s, key=lambda x: x.value), min(s, key=lambda x: x.value)) for s in by_prompt.values()]
    return [(best, worst) for best, worst in ends if best.value > RIGHT > worst.value]


def _steps(transcript: Transcript) -> list[tuple[str, tuple[Message, ...], str]]:
    return [
        (_ROLE.get(node.name, "solver"), call.request.messages, call.completion.text.strip())
        for node in transcript.outcome.trace.root.walk()
        if node.kind == "block"
        for call in _calls(node)
        if call.request is not None and call.completion is not None and call.completion.text.strip()
    ]


def _calls(node: Node) -> list[Node]:
    return [child for child in node.children if child.kind == "model"]
