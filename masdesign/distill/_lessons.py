"""What runs of a design on train teach: whole runs, and single steps by the outcome that each led to.

Of whole runs those are worth learning that are right and begun in a way that does well.

Runs of one item share their prompts up to the step at which they part, so together they are a tree: the value
of a reply is the mean score of the runs that go through it, and two replies to one prompt whose values lie
on either side of `RIGHT` are a preference pair.

Reference: Motwani et al. 2024, MALT: Improving Reasoning with Multi-Agent LLM Training, arXiv:2412.01928
(sampled trees, the value of a node as the mean of its leaves, one threshold).
"""

import ast
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from masdesign.building_blocks._step import solution
from masdesign.distill.job import Job, Transcript
from masdesign.distill.serialise import read_pieces, serialise
from masdesign.syntax import named_calls, tree_of
from masdesign.types import SAMPLING_TEMPERATURE, Answer, Item, Message, Question, Verdict
from masdesign.workflow import Design, Node

MOST = 4
"""Drafts of one item: an easy one has many, and need not outweigh the others."""
PRIOR = 20
"""So many drafts without any advantage stand beside each beginning's own: a rare one proves little."""
_NONE = 1e-9
"""An advantage below this is none, whatever the rounding."""


def drafts_of(transcript: Transcript) -> list[Answer]:
    """The answers that a step gave to the item's own question, from it alone; each text once, in order.

    What answers a part of the question, or builds on other steps' answers (a merge, a revision), is no draft:
    under the whole question it would be a wrong answer, or speak of figures from nowhere.
    """
    drafts: dict[str, Answer] = {}
    for node in transcript.outcome.trace.root.walk():
        if isinstance(node.output, Answer) and node.output.text and _answers_alone(node, transcript.item):
            drafts.setdefault(solution(node.output), node.output)
    return list(drafts.values())


def learnable(transcript: Transcript) -> str:
    """A right answer as one reply to the item's question; empty where it is wrong.

    A draft that stands alone is learnt as it is; what builds on other steps, with all of them (`serialise`).
    """
    if not transcript.right:
        return ""
    final = solution(transcript.answer)
    return final if final in map(solution, drafts_of(transcript)) else serialise(transcript.outcome.trace)


def _answers_alone(node: Node, item: Item) -> bool:
    """Whether a block was given the whole question, and no other step's work, and asked the model itself."""
    given = [value for _, value in node.inputs]
    questions = [value for value in given if isinstance(value, Question)]
    texts = [
        value for name, value in node.inputs if not name and not isinstance(value, Question | int | float)
    ]
    return (
        node.kind == "block"
        and all(child.kind == "model" for child in node.children)
        and not texts
        and not any(isinstance(value, Answer | Verdict | list | tuple) for value in given)
        and [(q.question, q.context) for q in questions] == [(item.question, item.context)]
    )


async def lessons(transcripts: Sequence[Transcript], job: Job) -> list[tuple[Transcript, str]]:
    """Train items with solutions to be learnt, in their order; at most `MOST` an item.

    A model has several ways to set about a problem, and the first word tells which it takes. Some end right
    more often than others on the same items, and the one that it takes by itself, at temperature 0, need
    not be the best: that is a habit, and one that can be taught. So of the design's right drafts those are
    left out whose first word does worse than the other drafts of the same items do.

    Of an item that the design took apart, the parts are learnt with the whole (`serialise`).

    Reference: Yuan et al. 2023, Scaling Relationship on Learning Mathematical Reasoning, arXiv:2308.01825
    (training on several right drafts an item); Wang and Zhou 2024, Chain-of-Thought Reasoning without
    Prompting, arXiv:2402.10200 (the first word decides how a model reasons, and how well).
    """
    scored = [t for t in transcripts if t.score is not None]
    drafts = [await _scored(transcript, job) for transcript in scored]
    advantage = _advantages(drafts)
    lessons = []
    for transcript, of_item in zip(scored, drafts, strict=True):
        whole = learnable(transcript)
        if any(piece.label == "Question" for piece in read_pieces(whole)):
            lessons.append((transcript, whole))
            continue
        right = [text for text, score in of_item if score == 1.0 and advantage[_first(text)] > -_NONE]
        best = sorted(right, key=lambda text: -advantage[_first(text)])[:MOST]
        lessons += [(transcript, text) for text in best]
    return lessons


async def _scored(transcript: Transcript, job: Job) -> list[tuple[str, float]]:
    """The drafts of an item as solutions, each with its score."""
    drafts = list(drafts_of(transcript))
    scores = await job.score(drafts, transcript.item)
    return [(solution(d), score) for d, score in zip(drafts, scores, strict=True) if score is not None]


def _advantages(drafts: Sequence[Sequence[tuple[str, float]]]) -> dict[str, float]:
    """By first word: how much better than the mean of their items its drafts are, drawn towards 0."""
    gains = defaultdict[str, list[float]](list)
    for of_item in drafts:
        mean = sum(score for _, score in of_item) / max(1, len(of_item))
        for text, score in of_item:
            gains[_first(text)].append(score - mean)
    return {first: sum(gained) / (len(gained) + PRIOR) for first, gained in gains.items()}


def _first(text: str) -> str:
    return text.split(maxsplit=1)[0]


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
    for name, call in named_calls(tree):
        takes = name in known and "temperature" in known[name].signature.parameters
        if takes and all(keyword.arg != "temperature" for keyword in call.keywords):
            call.keywords.append(ast.keyword("temperature", ast.Constant(temperature)))
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
    return [CreditedStep(*step, sum(runs) / len(runs), len(runs)) for step, runs in scores.items()]


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
