"""How a task's own way of asking enters every prompt: its instruction, its options, and its answer form.

The one place that decides it, for all blocks, distilled prompts and exported scripts. A question that is
asked plainly (no instruction, form ``line``) leaves a prompt as the template says it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from masdesign.building_blocks.read import read_answer
from masdesign.tasks.forms import form_named
from masdesign.tasks.forms._options import with_letters
from masdesign.tasks.replies import find_statement
from masdesign.types import Answer, Example, Question
from masdesign.workflow.answers import AnswerClasses, answer_options
from masdesign.workflow.run import current_run

_LAST_LINE = re.compile(r",? on (?:the last|one) line: \w+: \.\.\.")
_ENDING = re.compile(r":? (?:Answer|Program|Result|Output): \.\.\.|\bon (?:the last|one) line: ")
_GIVE = re.compile(r"(?:, then give|\.? (?:Give|Write|End with)) (?:the|your) answer\.?$")
_OWN_WORDS = re.compile(r'instruction or "([^"]+)"')
_ASKS_ANSWER = "Answer: ..."
_PART = "What follows is one part of a larger task: {}"


def as_asked(task: Question) -> Question:
    """A question of this item's run with the task's way of asking.

    A design makes questions of text: one that holds the item's own text or options is the whole problem in
    other words, and is asked like it; any other is a part, asked plainly, under the task's instruction.
    """
    run = current_run.get()
    if run is None or task.form != "line" or task.instruction or task.labels:
        return task
    own = run.question
    if own.question in task.question or (own.choices and tuple(task.choices) == tuple(own.choices)):
        return replace(task, instruction=own.instruction, labels=own.labels, form=own.form)
    return replace(task, instruction=_PART.format(own.instruction)) if own.instruction else task


def asked_values(source: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a template with this source, as its question is asked.

    Options are lettered for the form ``choice``. Of a request that ends with the answer, the end is the
    form's; the rest is the request's own.
    """
    task = values.get("task")
    changed = {"ending": "", **values}
    if not isinstance(task, Question):
        return changed
    changed["task"] = shown_question(task)
    ending = ending_of(task)
    own_words = _OWN_WORDS.search(source)
    if ending and own_words is not None:
        changed["ending"] = ending
        if _ASKS_ANSWER in own_words.group(1):
            request = values.get("instruction") or own_words.group(1)
            changed["instruction"] = with_ending(request, ending)
    return changed


def ending_of(task: Question) -> str:
    """The sentence that says how the answer is to be given; empty where templates say it: on a line."""
    ending = form_named(task.form).instruction(answer_options(task))
    return "" if ending == form_named("line").instruction(()) else ending


def with_ending(request: str, ending: str) -> str:
    """A request that ends as the form says.

    >>> with_ending("Think, then give the answer on the last line: Answer: ...", "End with a fenced block.")
    'Think.\\nEnd with a fenced block.'
    """
    kept = without_ending(request) if ending else request
    return "\n".join(part for part in (kept, ending) if part)


def without_ending(request: str) -> str:
    """A request without what it says of a last line.

    >>> without_ending("Solve it by this plan. Give the answer on the last line: Answer: ...")
    'Solve it by this plan.'
    """
    text = _GIVE.sub("", _ENDING.sub("", _LAST_LINE.sub("", request)).strip()).strip()
    return text if text.endswith((".", "?", "!", "…")) or not text else f"{text}."


def shown_question(task: Question) -> Question:
    """A question with its options as a prompt shows them."""
    return replace(task, choices=with_letters(task.choices)) if task.form == "choice" else task


def under_instruction(task: object, text: str) -> str:
    """A prompt under the task's instruction, where there is one.

    >>> under_instruction(Question("1 + 1 =", instruction="Add."), "Problem: 1 + 1 =")
    'Add.\\n\\nProblem: 1 + 1 ='
    """
    instruction = task.instruction.strip() if isinstance(task, Question) else ""
    return f"{instruction}\n\n{text}" if instruction else text


def shown_example(example: Example) -> Example:
    """An example as a prompt shows it: its options lettered, without the instruction, which stands above."""
    return replace(example, question=replace(shown_question(example.question), instruction=""))


def read_reply(text: str, task: Question) -> Answer:
    """What a reply answers to a question, read in its answer form; ``text`` is empty where nothing could be.

    Within an item's run the answer is put in the class of those that it equals (`AnswerClasses`).
    """
    posed = as_asked(task)
    read = form_named(posed.form).read(text, answer_options(posed))
    return in_its_group(Answer(read or "", text), posed)


def read_stated(text: str, task: Question | None) -> Answer:
    """The same of a step that need not be the last: an answer only where the step says that it is one."""
    posed = Question("") if task is None else as_asked(task)
    if posed.form == "line":
        return in_its_group(read_answer(text), posed)
    marked = find_statement(text, bare=False) is not None or "```" in text or "<answer>" in text
    return read_reply(text, posed) if marked or posed.form == "code" else Answer("", text)


def read_value(value: str, reply: str, task: Question) -> Answer:
    """The value of a program that a reply gave, as an answer to the question."""
    posed = as_asked(task)
    if posed.form != "line":
        value = form_named(posed.form).read(value, answer_options(posed)) or value
    return in_its_group(Answer(value, reply), posed)


def are_equal(a: str, b: str, task: Question) -> bool:
    """Whether two answers to a question are equal, as votes compare them."""
    classes = AnswerClasses()
    form = form_named(as_asked(task).form)
    first = classes.of(a, form, task.choices)
    return bool(first) and first == classes.of(b, form, task.choices)


def in_its_group(answer: Answer, task: Question) -> Answer:
    """An answer in its class among this item's answers."""
    run = current_run.get()
    if run is None:
        return answer
    return replace(answer, group=run.classes.of(answer.text, form_named(task.form), task.choices))


def stated_answer(text: str) -> str:
    """An answer as the end of a solution states it, in the form of this item's run.

    >>> stated_answer("4")
    'Answer: 4'
    """
    run = current_run.get()
    match "line" if run is None else run.question.form:
        case "code" | "json":
            return f"```\n{text}\n```"
        case "text":
            return f"<answer>{text}</answer>"
        case "math":
            return rf"Answer: $\boxed{{{text}}}$"
    return f"Answer:\n{text}" if "\n" in text else f"Answer: {text}"


def answers_read(text: str, choices: Sequence[str] = ()) -> tuple[str, ...]:
    """What a solution states, read on a line and in the form of this item's run."""
    run = current_run.get()
    line = read_answer(text).text
    if run is None or run.question.form == "line":
        return (line,)
    return line, form_named(run.question.form).read(text, choices or answer_options(run.question)) or ""
