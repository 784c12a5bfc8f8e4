"""Training data from the design's transcripts on train: chat JSONL, preference pairs, and a card."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from masdesign.building_blocks._step import solution
from masdesign.distill._lessons import drafts_of, learnable
from masdesign.distill._templates import render
from masdesign.distill.job import Job, Transcript
from masdesign.distill.method import Draft, Method
from masdesign.distill.prompt import Prompt, plain_prompt
from masdesign.errors import InputError
from masdesign.types import Question

MOST_PAIRS = 4
"""Pairs of one item: more would say the same again."""
Messages = list[dict[str, str]]


class Dataset(Method):
    """Writes what the design got right as examples to train on, and right against wrong as pairs.

    An answer that was put together from parts is written with the parts and the passages that each was shown;
    one that builds on other steps in another way is left out. A pair stands between two answers to the
    item's own question with its whole context.

    The prompt of every example is the plain step-by-step one, which is what the trained model will be
    asked with; the row shows how the *untrained* model answers it. What training gains is not
    measured here (`weights` does, for the embedded model).

    Reference: Zelikman et al. 2022, STaR, arXiv:2203.14465 (training on one's own right solutions);
    Rafailov et al. 2023, Direct Preference Optimization, arXiv:2305.18290 (the pairs' use).
    """

    name = "dataset"
    summary = "chat JSONL of the design's right transcripts, preference pairs, and a card"
    reference = "arXiv:2203.14465"

    async def drafts(self, job: Job) -> Sequence[Draft]:
        prompt = plain_prompt()
        transcripts = await job.transcripts()
        solved = [(t, text) for t in transcripts if (text := learnable(t))]
        examples = chats(prompt, solved)
        apart = sum(t.right for t in transcripts) - len(solved)
        if not any(t.right for t in transcripts):
            raise InputError(
                f"design {job.teacher.id} solved none of {len(job.train)} train items: nothing to train on"
            )
        if not examples:
            raise InputError(
                f"design {job.teacher.id}: no right answer can stand alone as a reply to the question, since "
                "each builds on other steps; train on a design that drafts or splits"
            )
        pairs = [pair for t in transcripts for pair in await _pairs(prompt, t, job)]
        card = render(
            "card",
            design=job.teacher,
            description=job.description,
            model=job.runtime.models[""].model,
            items=len(transcripts),
            unscored=sum(t.score is None for t in transcripts),
            examples=len(examples),
            pairs=len(pairs),
            paired=len({pair["item"] for pair in pairs}),
            tokens=sum(t.outcome.usage.tokens for t in transcripts),
        )
        files = {".jsonl": "".join(examples), ".pairs.jsonl": _lines(pairs), ".card.md": card + "\n"}
        job.note(
            f"{len(examples)} examples and {len(pairs)} pairs from {len(transcripts)} train items"
            f"{f' ({apart} right answers left out: they build on other steps)' if apart else ''}; the row "
            "is that of the model before it is trained on them"
        )
        return [Draft(prompt, "the step-by-step prompt that the data set trains", files=files)]


def chats(prompt: Prompt, solved: Sequence[tuple[Transcript, str]]) -> list[str]:
    """A line an item: the prompt, and the solution to learn."""
    return [
        _line({"item": t.item.id, "messages": [*_messages(prompt, t.question), _reply(text)]})
        for t, text in solved
    ]


async def _pairs(prompt: Prompt, transcript: Transcript, job: Job) -> list[dict[str, Any]]:
    """Right drafts of the design beside wrong ones of the same item, each text once."""
    if transcript.score is None:
        return []
    drafts = list(drafts_of(transcript))
    scores = await job.score(drafts, transcript.item)
    right = [draft for draft, score in zip(drafts, scores, strict=True) if score == 1.0]
    wrong = [draft for draft, score in zip(drafts, scores, strict=True) if score == 0.0]
    told = _messages(prompt, transcript.question)
    return [
        {
            "item": transcript.item.id,
            "prompt": told,
            "chosen": [_reply(solution(chosen))],
            "rejected": [_reply(solution(rejected))],
        }
        for chosen, rejected in list(zip(right, wrong, strict=False))[:MOST_PAIRS]
    ]


def _messages(prompt: Prompt, question: Question) -> Messages:
    return [{"role": m.role, "content": m.content} for m in prompt.messages(question)]


def _reply(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def _lines(rows: Sequence[Mapping[str, Any]]) -> str:
    return "".join(map(_line, rows))


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"
