"""What every block does: ask with a template, and show one value to another prompt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from masdesign.building_blocks._asking import (
    answers_read,
    as_asked,
    shown_example,
    shown_question,
    stated_answer,
)
from masdesign.building_blocks._prompt import render
from masdesign.building_blocks._structured import shape_of
from masdesign.types import Answer, Completion, Example, Question, Verdict
from masdesign.workflow import running
from masdesign.workflow.run import takes


async def reply(
    template: str, *, role: str, temperature: float, model: str, stop: tuple[str, ...] = (), **values: Any
) -> str:
    """The model's reply to the template, rendered with the values, up to the first of ``stop``; one call."""
    run = running()
    if isinstance(values.get("task"), Question):
        values["task"] = as_asked(values["task"])
    messages = render(template, role=role, **values)
    shape = shape_of(template, values) if takes(run.lm(model), "schema") and not stop else None
    if shape is None:
        completion = await run.complete(messages, model=model, temperature=temperature, stop=stop)
        return kept_reply(completion, run.lm(model).window)
    completion = await run.complete(
        shape.asked(messages), model=model, temperature=temperature, schema=shape.schema
    )
    return shape.read(kept_reply(completion, run.lm(model).window), cut=completion.finish == "length")


def kept_reply(completion: Completion, window: int) -> str:
    """What a model with such a window has said.

    Of a reply that filled the window only the beginning is kept: it has lost its way, and no later prompt
    could show the whole of it.

    >>> from masdesign.types import Usage
    >>> kept_reply(Completion("and " * 500, Usage(12, 500), "length"), 512)
    'and and and and and and and and '
    """
    filled = completion.finish == "length" and completion.usage.tokens >= window
    return completion.text[: window // 16] if filled else completion.text


def solution(answer: Answer) -> str:
    """An answer as the next prompt shows it: its whole reasoning, which ends with what it answers.

    >>> solution(Answer("4"))
    'Answer: 4'
    >>> solution(Answer("4", "2 + 2 = 4. Answer: 4"))
    '2 + 2 = 4. Answer: 4'
    """
    reasoning = answer.reasoning.strip()
    if not reasoning:
        return stated_answer(answer.text)
    if not answer.text or answer.text in answers_read(reasoning):
        return reasoning
    return f"{reasoning}\n{stated_answer(answer.text)}"


def demonstrations(examples: Iterable[Example]) -> list[dict[str, Any]]:
    """Examples as a prompt shows them: the question, and a solution that ends with its answer.

    >>> demonstrations([Example(Question("2 + 2 ="), "4")])[0]["solution"]
    'Answer: 4'
    """
    shown = map(shown_example, examples)
    return [{"question": e.question, "solution": solution(Answer(e.answer, e.solution))} for e in shown]


def labelled(value: Question | Answer | Verdict | str) -> dict[str, str]:
    """A value as an input of `ask`: its label and its text.

    >>> labelled("Be brief.")
    {'label': 'Input', 'text': 'Be brief.'}
    """
    match value:
        case Question():
            return {"label": "Problem", "text": _problem(shown_question(as_asked(value)))}
        case Answer():
            return {"label": "Solution", "text": solution(value)}
        case Verdict():
            return {"label": "Critique", "text": value.critique or ("right" if value.ok else "wrong")}
        case _:
            return {"label": "Input", "text": str(value)}


def _problem(task: Question) -> str:
    passages = (f"Passage {i}: {passage}" for i, passage in enumerate(task.context, 1))
    return "\n".join((*passages, task.wording))
