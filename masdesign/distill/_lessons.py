"""Which of a design's drafts on train are worth learning: right ones, begun in a way that does well."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from masdesign.building_blocks._step import solution
from masdesign.distill.job import Job, Transcript
from masdesign.distill.serialise import read_pieces, serialise
from masdesign.types import Answer, Item, Question, Verdict
from masdesign.workflow import Node

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
    found = []
    for transcript, of_item in zip(scored, drafts, strict=True):
        whole = learnable(transcript)
        if any(piece.label == "Question" for piece in read_pieces(whole)):
            found.append((transcript, whole))
            continue
        right = [text for text, score in of_item if score == 1.0 and advantage[_first(text)] > -_NONE]
        best = sorted(right, key=lambda text: -advantage[_first(text)])[:MOST]
        found += [(transcript, text) for text in best]
    return found


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
    return {first: sum(found) / (len(found) + PRIOR) for first, found in gains.items()}


def _first(text: str) -> str:
    return text.split(maxsplit=1)[0]
