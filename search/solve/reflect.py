"""What the agents' own words say of a plan: is each part solvable, do the parts suffice?

MAS-Zero asks a large model to judge this. Here it is read from what the agents really answered: a part
on which independent drafts disagree, or give nothing readable, is too hard as it stands; a plan whose merged
answer the judge rejects, or which gives none, does not hold all that is needed. Where nothing was said
on a matter it is unknown, which asks for no change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from masdesign.types import Answer, Question, Request
from masdesign.workflow import Node, Trace, agreement

AGREED = 0.6
"""A part is solved where at least this share of its drafts gives one answer."""


@dataclass(frozen=True, slots=True)
class PartFound:
    """What the agents said of one part."""

    question: str
    answers: tuple[Answer, ...]
    """Of each draft, in order; after a debate, those that came last."""

    @property
    def agreement(self) -> float:
        """The share of the largest group, 0 to 1; 0 where nothing readable was said."""
        return agreement(self.answers) if self.answers else 0.0

    @property
    def solvable(self) -> bool | None:
        """Whether the drafts agree; ``None`` (unknown) where there are not two to compare."""
        return self.agreement >= AGREED if len(self.answers) > 1 else None


@dataclass(frozen=True, slots=True)
class Findings:
    """What a run of a plan showed."""

    parts: tuple[PartFound, ...]
    complete: bool | None
    """Whether the parts suffice for the whole; ``None`` where nobody could say."""

    @property
    def settled(self) -> bool:
        """Whether nothing asks for a change."""
        return self.complete is not False and self.hardest is None

    @property
    def hardest(self) -> int | None:
        """The place of the part that its agents agree on least, of those that are not solvable."""
        hard = [i for i, part in enumerate(self.parts) if part.solvable is False]
        return min(hard, key=lambda i: self.parts[i].agreement, default=None)

    def told(self) -> str:
        """The findings in words, a line each."""
        lines = [f"part {i} ({part.question}): {_said(part)}" for i, part in enumerate(self.parts, 1)]
        whole = {True: "the parts suffice", False: "the parts do not suffice", None: "not known"}
        return "\n".join([*lines, f"completeness: {whole[self.complete]}"])


def findings(trace: Trace, complete: bool | None, questions: Sequence[str] | None = None) -> Findings:
    """What the trace of a workflow says of its parts; ``complete`` is the judge's word on the whole answer.

    The parts are ``questions``; where these are not given, whatever was asked beside the question itself.
    """
    asked = _questions(trace) if questions is None else questions
    return Findings(tuple(PartFound(q, tuple(drafts(trace.root, q))) for q in asked), complete)


def _questions(trace: Trace) -> list[str]:
    """The different questions that steps were asked, in order, but for the whole one."""
    values = (value for node in trace.root.walk() if node.kind == "block" for _, value in node.inputs)
    asked = dict.fromkeys(value.question for value in values if isinstance(value, Question))
    return [question for question in asked if question != trace.question.question]


def whole_drafts(traces: Iterable[Trace]) -> list[Answer]:
    """The answers to the whole question that were drafted anywhere; one that several designs share, once."""
    found: dict[Request, Answer] = {}
    for trace in traces:
        for step in _steps(trace.root, trace.question.question):
            asked = [child.request for child in step.children if child.request is not None]
            if asked and isinstance(step.output, Answer):
                found.setdefault(asked[-1], step.output)
    return list(found.values())


def drafts(node: Node, question: str) -> list[Answer]:
    """The answers of the steps that were asked exactly this question and asked no other step; of steps with
    different names, only those of the last name (a debate's last round, not its first drafts)."""
    found = [(step.name, step.output) for step in _steps(node, question) if isinstance(step.output, Answer)]
    last = found[-1][0] if found else ""
    return [answer for name, answer in found if name == last]


def _steps(node: Node, question: str) -> Iterator[Node]:
    blocks = [child for child in node.children if child.kind == "block"]
    asked = next((value for _, value in node.inputs if isinstance(value, Question)), None)
    if not blocks and asked is not None and asked.question == question:
        yield node
    for child in blocks:
        yield from _steps(child, question)


def _said(part: PartFound) -> str:
    if not part.answers:
        return "nothing readable"
    answers: Sequence[str] = [answer.text or "?" for answer in part.answers]
    verdict = {True: "solvable", False: "too hard as it stands", None: "not known"}[part.solvable]
    return f"answers {', '.join(answers)}; {verdict}"
