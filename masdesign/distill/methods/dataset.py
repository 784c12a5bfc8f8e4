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
from masdesign.distill.outline import outline
from masdesign.distill.prompt import Prompt, plain_prompt
from masdesign.distill.wording import composed
from masdesign.errors import InputError
from masdesign.types import Question

MOST_PAIRS = 4
"""Pairs of one item: more would say the same again."""
Messages = list[dict[str, str]]


class Dataset(Method):
    """Writes what the design got right as examples to train on, and right against wrong as pairs.

    An answer that stands alone is an example of the plain step-by-step prompt. One that builds on other steps
    is written with all of them (`masdesign.distill.serialise`), under the prompt that asks for that
    (`transcribe`). A pair stands between two answers to the item's own question with its whole context.

    The row shows how the *untrained* model answers the prompt that most examples have. What training gains
    is not measured here (`weights` does, for the embedded model).

    Reference: Zelikman et al. 2022, STaR, arXiv:2203.14465 (training on one's own right solutions);
    Rafailov et al. 2023, Direct Preference Optimization, arXiv:2305.18290 (the pairs' use).
    """

    name = "dataset"
    summary = "chat JSONL of the design's right transcripts, preference pairs, and a card"
    reference = "arXiv:2203.14465"

    async def drafts(self, job: Job) -> Sequence[Draft]:
        plain, steps = plain_prompt(), outline(job.teacher.source, job.runtime.blocks)
        whole = Prompt((composed(steps),)) if steps else plain
        transcripts = await job.transcripts()
        if not any(t.right for t in transcripts):
            raise InputError(
                f"design {job.teacher.id} solved none of {len(job.train)} train items: nothing to train on"
            )
        solved = [(t, learnable(t)) for t in transcripts if t.right]
        alone = [(t, text) for t, text in solved if text == solution(t.answer)]
        built = [(t, text) for t, text in solved if text != solution(t.answer)]
        examples = [*chats(plain, alone), *chats(whole, built)]
        prompt = whole if len(built) > len(alone) else plain
        pairs = [pair for t in transcripts for pair in await _pairs(plain, t, job)]
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
            f"{len(examples)} examples ({len(built)} with all their steps) and {len(pairs)} pairs from "
            f"{len(transcripts)} train items; the row is that of the model before it is trained on them"
        )
        return [Draft(prompt, "the prompt that most of the data set trains", files=files)]


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
    opening = _messages(prompt, transcript.question)
    return [
        {
            "item": transcript.item.id,
            "prompt": opening,
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
