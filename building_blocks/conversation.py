"""One model in one conversation: the turns of a team, all by one that remembers what it said."""

import re
from collections.abc import Sequence
from dataclasses import replace

from masdesign.building_blocks._asking import as_asked, ending_of, read_stated, with_ending
from masdesign.building_blocks._prompt import render
from masdesign.building_blocks._step import kept_reply, labelled
from masdesign.building_blocks.read import read_answer, read_numbered
from masdesign.retrieval import bm25
from masdesign.types import Answer, Message, Question
from masdesign.workflow import block, running

MOST_PARTS = 8
"""Parts that one conversation takes up."""
EVIDENCE = re.compile(r"\{evidence(?: (\d))?\}")
PLACES = re.compile(r"\{(?:new|problem|findings|part|evidence(?: \d)?)\}")
"""What a turn may hold that is filled when it is asked."""


def most_calls(turns: Sequence[str]) -> int:
    """The most calls of a conversation."""
    return sum(MOST_PARTS if "{part}" in turn else 1 for turn in turns)


@block(
    cost="len(turns) calls",
    reference="arXiv:2601.12307",
    calls=lambda turns=None, **_: most_calls(turns or [""] * 2),
    templates=("conversation",),
)
async def conversation(
    task: Question,
    turns: list[str] | None = None,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Solves a problem in the turns of one conversation, each in sight of all before.

    It helps where the agents of a team share a model: what one of them found need not be told to the
    next, and a provider that caches the shared beginning of prompts charges it once. What was said
    earlier also misleads: a judge that has just solved the problem seldom finds its own mistake.
    Each of ``turns`` is one request, in order; by default to think, then to check and answer. The
    last should ask for a last line ``Answer: …``; of replies without one, the last answer given counts.
    An ``instruction`` replaces the first request. ``text`` is empty where no reply had an answer.

    A turn may show what its step needs. One with ``{part}`` is asked once for each question that the replies
    before list (``Question 1: …``), at most eight. ``{evidence}`` gives the passage that is closest to it
    in words (``{evidence 2}`` two); then the first request shows the problem without its passages.
    ``{findings}`` gives these questions with their answers, ``{problem}`` the problem without passages. A
    turn that begins with ``{new}`` begins a new conversation: nothing that was said before is shown.

    Cost: one call a turn, with a prompt that grows by each reply.

    The item fails where ``turns`` is empty.

    Reference: Rethinking the Value of Multi-Agent Workflow: A Strong Single Agent Baseline (OneFlow),
    2026, arXiv:2601.12307.

    Example::

        async def workflow(task):
            return await conversation(task, ["Think step by step.", "Check it. End with: Answer: ..."])
    """
    if turns is not None and not turns:
        raise running().failed("conversation: there is no turn", "give at least one request")
    requests = turns or ["", "Check each step. Then give the answer on the last line: Answer: ..."]
    task = as_asked(task)
    ending = ending_of(task)
    held = any(EVIDENCE.search(turn) for turn in requests)
    opening = render(
        "conversation",
        role=role,
        task=replace(task, context=()) if held else task,
        instruction=instruction or requests[0],
    )
    system, messages = opening[:-1], list(opening)
    problem = f"Problem: {labelled(replace(task, context=()))['text']}"
    questions: list[str] = []
    answer, findings = Answer(""), list[str]()
    for number, turn in enumerate(requests):
        asked = requests_of(turn, problem, task.context, questions, findings)
        for request in asked if number else (opening[-1].content,):
            whole = "Answer:" in request and "{part}" not in turn
            if number:
                messages = list(system) if turn.startswith("{new}") else messages
                messages.append(Message("user", with_ending(request, ending) if whole else request))
            completion = await running().complete(messages, model=model, temperature=temperature)
            text = kept_reply(completion, running().lm(model).window)
            messages.append(Message("assistant", text))
            if "{part}" in turn:
                findings.append(read_answer(text).text)
            else:
                questions = questions or read_numbered(text, "question")
                stated = read_stated(text, task)
                answer = stated if stated.text or not answer.text else answer
    return answer


def requests_of(
    turn: str, problem: str, passages: Sequence[str], questions: Sequence[str], findings: Sequence[str]
) -> list[str]:
    """What a turn asks: one request, or one for each question; ``problem`` is that without its passages.

    >>> passages = ("Oak: costs 34.", "Elm: sales 53.")
    >>> requests_of("{evidence}Problem: {part}", "Problem: Why?", passages, ["Elm: sales?"], [])
    ['Passage 1: Elm: sales 53.\\nProblem: Elm: sales?']
    """
    whole = problem.partition(": ")[2]
    parts = list(questions[:MOST_PARTS]) if questions and "{part}" in turn else [whole]
    pairs = "\n".join(
        f"Question {n}: {question}\nAnswer {n}: {answer}"
        for n, (question, answer) in enumerate(zip(questions, findings, strict=False), 1)
    )
    shown = {"{new}": "", "{problem}": problem, "{findings}": pairs}
    return [_filled(turn, {**shown, "{part}": part}, passages) for part in parts]


def _filled(turn: str, shown: dict[str, str], passages: Sequence[str]) -> str:
    def value(match: re.Match[str]) -> str:
        evidence = EVIDENCE.match(match[0])
        if evidence is None:
            return shown[match[0]]
        kept = [passages[place] for place in bm25(shown["{part}"], passages, int(evidence[1] or 1))]
        return "".join(f"Passage {number}: {passage}\n" for number, passage in enumerate(kept, 1))

    return PLACES.sub(value, turn)
