"""Training data from the design's runs on train: chat JSONL, a file a role, preference pairs, a card."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from masdesign.building_blocks._step import solution
from masdesign.distill._lessons import RIGHT, ROLES, credited, drafts_of, learnable, preferences, sampled
from masdesign.distill._requests import render
from masdesign.distill.job import Draft, Job, Method, Transcript
from masdesign.distill.outline import outline
from masdesign.distill.prompt import DistilledPrompt, plain_prompt
from masdesign.distill.wording import composed
from masdesign.errors import BudgetExhausted, InputError
from masdesign.types import Message, Question

MOST_PAIRS = 4
"""Pairs of one item: more would say the same again."""
Messages = list[dict[str, str]]
Row = Mapping[str, Any]


class Dataset(Method):
    """Writes what the design got right as examples to train on, and right against wrong as pairs.

    An answer that stands alone is an example of the plain step-by-step prompt. One that builds on other steps
    is written with all of them (`masdesign.distill.serialise`), under the prompt that asks for that
    (`transcribe`). A pair stands between two answers to the item's own question with its whole context.

    The design is then sampled, as many runs an item as there are ``candidates``: its steps become a file a
    role (splitter, solver, judge, merger). Two replies to the same prompt make a preference pair of that step
    where one leads mostly to right answers and the other mostly to wrong ones
    (`masdesign.distill._lessons`).

    Columns are those that TRL documents (``messages``; ``prompt``, ``chosen``, ``rejected``, conversational),
    beside the item. The files ``.openai.jsonl`` and ``.pairs.openai.jsonl`` hold the same as OpenAI's
    fine-tuning documents it (``messages``; ``input``, ``preferred_output``, ``non_preferred_output``).

    The row shows how the *untrained* model answers the prompt that most examples have. What training gains
    is not measured here (`weights` does, for the embedded model).

    Reference: Zelikman et al. 2022, STaR, arXiv:2203.14465 (training on one's own right solutions);
    Rafailov et al. 2023, Direct Preference Optimization, arXiv:2305.18290 (the pairs' use); Motwani et
    al. 2024, MALT, arXiv:2412.01928 (roles, and credit by outcome).
    """

    name = "dataset"
    summary = "chat JSONL of the design's right transcripts, a file a role, preference pairs, and a card"
    reference = "arXiv:2203.14465"

    async def drafts(self, job: Job) -> Sequence[Draft]:
        plain, steps = plain_prompt(), outline(job.teacher.source, job.runtime.blocks)
        whole = DistilledPrompt((composed(steps),)) if steps else plain
        transcripts = await job.transcripts()
        if not any(t.right for t in transcripts):
            raise InputError(
                f"design {job.teacher.id} solved none of {len(job.train)} train items: nothing to train on"
            )
        solved = [(t, learnable(t)) for t in transcripts if t.right]
        alone = [(t, text) for t, text in solved if text == solution(t.answer)]
        built = [(t, text) for t, text in solved if text != solution(t.answer)]
        made = [*chats(plain, alone), *chats(whole, built)]
        examples = _distinct(made)
        prompt = whole if len(built) > len(alone) else plain
        pairs = [pair for t in transcripts for pair in await _pairs(plain, t, job)]
        roles, of_steps = await _by_role(job)
        card = render(
            "card",
            design=job.teacher,
            description=job.description,
            model=job.runtime.models[""].model,
            items=len(transcripts),
            unscored=sum(t.score is None for t in transcripts),
            wrong=sum(t.score is not None and not t.right for t in transcripts),
            examples=len(examples),
            duplicates=len(made) - len(examples),
            overlap=job.reserved([t.item for t in transcripts]),
            pairs=len(pairs),
            paired=len({pair["item"] for pair in pairs}),
            step_pairs=len(of_steps),
            roles={role: len(rows) for role, rows in roles.items()},
            runs=job.candidates,
            tokens=sum(t.outcome.usage.tokens for t in transcripts),
        )
        all_pairs = [*pairs, *of_steps]
        files = {
            ".jsonl": lines(examples),
            ".openai.jsonl": lines({"messages": row["messages"]} for row in examples),
            ".pairs.jsonl": lines(pairs),
            ".steps.pairs.jsonl": lines(of_steps),
            ".pairs.openai.jsonl": lines(map(_for_openai, all_pairs)),
            **{f".{role}.jsonl": lines(rows) for role, rows in roles.items()},
            ".card.md": card + "\n",
        }
        job.note(
            f"{len(examples)} examples ({len(built)} with all their steps), {len(pairs)} pairs of answers, "
            f"{len(of_steps)} pairs of steps from {len(transcripts)} train items; the row is that of the "
            "model before it is trained on them"
        )
        return [Draft(prompt, "the prompt that most of the data set trains", files=files)]


def chats(prompt: DistilledPrompt, solved: Sequence[tuple[Transcript, str]]) -> list[Row]:
    """A row an item: the prompt, and the solution to learn."""
    return [
        {"item": t.item.id, "messages": [*_messages(prompt, t.question), _reply(text)]} for t, text in solved
    ]


async def _by_role(job: Job) -> tuple[dict[str, list[Row]], list[Row]]:
    """Right steps of sampled runs by role, and pairs of steps; empty where the budget ends before."""
    try:
        steps = credited(await sampled(job, job.candidates))
    except BudgetExhausted:
        job.note(
            "the budget ended before the design was sampled: there is no file a role, and no pair of steps"
        )
        return {}, []
    roles: dict[str, list[Row]] = {role: [] for role in ROLES}
    for step in steps:
        if step.value > RIGHT:
            chat = [*_shown(step.prompt), _reply(step.reply)]
            roles[step.role].append({"item": step.item, "value": step.value, "messages": chat})
    pairs: list[Row] = [
        {
            "item": best.item,
            "role": best.role,
            "prompt": _shown(best.prompt),
            "chosen": [_reply(best.reply)],
            "rejected": [_reply(worst.reply)],
            "values": [best.value, worst.value],
        }
        for best, worst in preferences(steps)
    ]
    return {role: _distinct(rows) for role, rows in roles.items() if rows}, pairs


async def _pairs(prompt: DistilledPrompt, transcript: Transcript, job: Job) -> list[dict[str, Any]]:
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


def _messages(prompt: DistilledPrompt, question: Question) -> Messages:
    return _shown(prompt.messages(question))


def _shown(messages: Sequence[Message]) -> Messages:
    return [{"role": m.role, "content": str(m.content)} for m in messages]


def _reply(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def _for_openai(pair: Row) -> Row:
    return {
        "input": {"messages": pair["prompt"]},
        "preferred_output": pair["chosen"],
        "non_preferred_output": pair["rejected"],
    }


def _distinct(rows: Sequence[Row]) -> list[Row]:
    """The rows without those whose messages an earlier one has."""
    return list({json.dumps(row["messages"]): row for row in reversed(rows)}.values())[::-1]


def lines(rows: Iterable[Row]) -> str:
    """Rows as JSON lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
