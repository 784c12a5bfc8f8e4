"""Which of a design's drafts on train are worth learning: right ones, begun in a way that does well."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from masdesign.building_blocks._step import solution
from masdesign.distill.job import Job, Transcript
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
    """A right answer as one reply to the item's question; empty where it is wrong, or cannot stand alone."""
    if not transcript.right:
        return ""
    whole, final = in_one_reply(transcript), solution(transcript.answer)
    return whole or (final if final in map(solution, drafts_of(transcript)) else "")


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


def in_one_reply(transcript: Transcript) -> str:
    """A right answer that was put together from parts, as one reply; empty where the design knew no parts.

    Each part stands with what it asked, the passages that it was shown alone, and its solution, in the order
    in which the design asked; then the last solution. What was apart in several calls is apart in the text.
    """
    parts = dict.fromkeys(_parts(transcript.outcome.trace.root, transcript.item))
    if not parts or not transcript.right:
        return ""
    return "\n".join((*parts, solution(transcript.answer)))


def _parts(node: Node, item: Item) -> Iterator[str]:
    """The answered questions below a node that are not the item's own; what is within a part is not told."""
    asked = node.inputs[0][1] if node.inputs else None
    if isinstance(asked, Question) and asked.question != item.question and isinstance(node.output, Answer):
        shown = asked.context if len(asked.context) < len(item.context) else ()
        if node.output.text:
            yield " ".join((asked.question, *shown)) + "\n" + _without_last_line(node.output)
        return
    for child in node.children:
        yield from _parts(child, item)


def _without_last_line(answer: Answer) -> str:
    """A part's solution as it stands within a longer one: only the whole ends in ``Answer: ...``."""
    lines = solution(answer).splitlines()
    return "\n".join(lines[:-1]) if len(lines) > 1 else answer.text


async def lessons(transcripts: Sequence[Transcript], job: Job) -> list[tuple[Transcript, str]]:
    """Train items with solutions to be learnt, in their order; at most `MOST` an item.

    A model has several ways to set about a problem, and the first word tells which it takes. Some end right
    more often than others on the same items, and the one that it takes by itself, at temperature 0, need
    not be the best: that is a habit, and one that can be taught. So of the design's right drafts those are
    left out whose first word does worse than the other drafts of the same items do.

    Of an item that the design took apart, the parts are learnt with the whole (`in_one_reply`).

    Reference: Yuan et al. 2023, Scaling Relationship on Learning Mathematical Reasoning, arXiv:2308.01825
    (training on several right drafts an item); Wang and Zhou 2024, Chain-of-Thought Reasoning without
    Prompting, arXiv:2402.10200 (the first word decides how a model reasons, and how well).
    """
    scored = [t for t in transcripts if t.score is not None]
    drafts = [await _scored(transcript, job) for transcript in scored]
    advantage = _advantages(drafts)
    found = []
    for transcript, of_item in zip(scored, drafts, strict=True):
        if whole := in_one_reply(transcript):
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
