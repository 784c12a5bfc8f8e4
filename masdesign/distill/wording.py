"""An outline in the words of a careful person: what is written down, and nothing of the code around it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from masdesign.building_blocks import blocks
from masdesign.distill._requests import default_instruction, render
from masdesign.distill.outline import STOP, Group, Outline, PromptStep, flat
from masdesign.distill.serialise import Piece

SPLIT_ALONE = default_instruction(blocks()["split_question"])
PART_ALONE = default_instruction(blocks()["chain_of_thought"])
MERGE_ALONE = default_instruction(blocks()["merge_answers"])
"""The blocks' own words, which a turn keeps that shows what its step saw."""
SPLIT = "Split the problem into at most {} simpler questions, in the order in which they have to be answered."
PARTS = "Answer each question on its own."
PARTS_APART = "Find for each question the passages that it needs, and answer it from them alone."
PARTS_IN_ORDER = "Answer the questions in this order, each with the findings before it."
MERGE = "Solve the problem with the findings, step by step."
SOLVE = "Solve the problem step by step."
DRAFTS = "Solve the problem {} times, each time anew, step by step."
CHECK = "Check the solution. Name the first wrong step, if there is one."
CHECKS = "Check each solution. Name the first wrong step, if there is one."
VOTES = {
    "majority": "Take the finding that was given most often.",
    "weighted_majority": "Take the finding to which the checks give most weight.",
}
_QUESTION, _EVIDENCE = "Question 1: the question", "Evidence 1: its passages, word for word"
_FINDING = "Finding 1: its answer"
_SOLUTION = ("Solution 1: the steps", _FINDING)
APART = (
    ("Find for each question the passages that it needs.", (_EVIDENCE,)),
    ("Answer each question from its evidence alone, step by step.", (_FINDING,)),
)
"""The turns in which a conversation finds and answers parts (`turns`)."""
_PLAIN = frozenset({"Think step by step.", "Solve the problem step by step."})
_NOT_YET = re.compile(r"^Do not solve the problem(?: yet| again)?\.\s*")
_CODE = re.compile(r"(?:there is (?:none|any) of )?`[^`]*`(?: and | or )?")
_ONLY_IN_CODE = re.compile(r"(?:If|Unless) there is (?:an|no) answer$|Up to 0 times$")


def composed(steps: Outline) -> str:
    """The outline as one request, whose reply holds the whole work and ends with the answer.

    >>> from masdesign.building_blocks import blocks
    >>> from masdesign.distill.outline import outline
    >>> source = "async def workflow(task):\\n    return await isolate(task, n=4)"
    >>> print(composed(outline(source, blocks())).partition("\\n3.")[0])
    Work in these steps, all in one reply:
    1. Split the problem into at most 4 simpler questions, in the order in which they have to be answered.
    2. Find for each question the passages that it needs, and answer it from them alone. Write for each:
       Question 1: the question
       Evidence 1: its passages, word for word
       Finding 1: its answer
    """
    return render("composed", steps=[_asked(entry) for entry in worded(steps)])


def told_to_agent(steps: Outline) -> str:
    """The outline as what one agent is told; the agent's own prompt says how to act and to answer.

    >>> told_to_agent((PromptStep("Look around."), PromptStep("Do the first part.")))
    'Work in these steps:\\n1. Look around.\\n2. Do the first part.'
    """
    request = render("composed", steps=[replace(s, lines=()) for s in flat(worded(steps))])
    asked = request.rpartition("\nGive the answer on the last line")[0]
    return asked.replace("Work in these steps, all in one reply:", "Work in these steps:")


def turns(steps: Outline) -> list[str]:
    """The outline as the requests of one conversation, in order; each says what its step is to look at.

    >>> from masdesign.building_blocks import blocks
    >>> from masdesign.distill.outline import outline
    >>> source = "async def workflow(task):\\n    return await isolate(task, n=4)"
    >>> [turn.splitlines()[-1] for turn in turns(outline(source, blocks()))][:3]
    ['Question 1: ...', 'Evidence 1: its passages, word for word', 'Finding 1: its answer']
    """
    told: list[PromptStep] = []
    for step in flat(worded(steps)):
        if step.text.lower().endswith(STOP.text.lower()):
            continue  # a conversation goes on to its last turn
        if step.block == "split_question":
            told.append(replace(step, lines=("Question 1: ...",)))
        elif step.lines == (_QUESTION, _EVIDENCE, _FINDING):
            told += [replace(step, text=text, lines=lines) for text, lines in APART]
        elif step.lines == (_QUESTION, _FINDING):
            told.append(replace(step, lines=(_FINDING,)))
        else:
            told.append(step)
    last = len(told) - 1
    return [turn_of(_asked(step), last=place == last) for place, step in enumerate(told)]


def turns_with_evidence(steps: Outline, *, alone: bool = False) -> list[str]:
    """The turns of a design whose parts see their own passages: each is given what its step saw.

    They are those that the block `conversation` fills; the first shows no passages. Empty where the design
    shows no part its own passages, or, with ``alone`` (each turn a conversation of its own), does more than
    to split, answer and merge.

    >>> from masdesign.building_blocks import blocks
    >>> from masdesign.distill.outline import outline
    >>> source = "async def workflow(task):\\n    return await isolate(task, n=4)"
    >>> split, part, merge = turns_with_evidence(outline(source, blocks()))
    >>> part.splitlines()[0]
    '{evidence}Problem: {part}'
    """
    told = flat(worded(steps))
    kinds = [s.block if s.block == "split_question" else "part" if _EVIDENCE in s.lines else "" for s in told]
    if kinds[:2] != ["split_question", "part"] or "part" in kinds[2:] or (alone and len(told) != 3):
        return []
    asked = []
    for step, kind in zip(told, kinds, strict=True):
        role = f'In this role: "{step.role}" ' if step.role else ""
        if kind == "split_question":
            asked.append(f"{role}{SPLIT_ALONE}\nWrite at most {step.n or 4} lines: Question 1: ...")
        elif kind == "part":
            evidence = "{evidence}" if step.n == 1 else f"{{evidence {min(step.n, 9)}}}"
            asked.append(f"{evidence}Problem: {{part}}\n\n{role}{PART_ALONE}")
        elif step.text == MERGE:
            asked.append(f"{{problem}}\n\n{{findings}}\n\n{role}{MERGE_ALONE}")
        else:
            asked.append(turn_of(_asked(step), last=False))
    if "Answer: ..." not in asked[-1]:
        asked[-1] += "\nGive the answer on the last line: Answer: ..."
    return [f"{{new}}{turn}" if alone and number else turn for number, turn in enumerate(asked)]


def turn_of(step: PromptStep | Group, *, last: bool, shown: Sequence[Piece] = ()) -> str:
    """One request of a conversation, below those lines of earlier replies that it is about."""
    return render("turn", step=step, last=last, shown=list(map(str, shown)))


def worded(steps: Outline) -> Outline:
    """The steps as they are to be told: without conditions that only code has, in one way of speaking."""
    kept = list(_without_code(steps))
    told = list(_in_patterns(kept))
    if told and isinstance(told[-1], PromptStep) and told[-1].lines == _SOLUTION and told[-1].times == 1:
        told[-1] = replace(told[-1], lines=())  # what the last step finds is the answer
    return tuple(told)


def _without_code(steps: Sequence[PromptStep | Group]) -> Iterator[PromptStep | Group]:
    """Fallbacks and guards are dropped: who writes knows whether there is anything to go on with."""
    dropped_if = False
    for entry in steps:
        if isinstance(entry, PromptStep):
            if "`" not in entry.text and entry.text.strip("… ") and "there is an answer" not in entry.text:
                yield entry
            continue
        head = _CODE.sub("", entry.head).strip()
        inner = tuple(_without_code(entry.steps))
        if head == "Otherwise" and dropped_if:
            dropped_if = False
            continue
        dropped_if = head in ("If", "Unless")
        if head == "For each of them":
            yield Group(head, inner)
        elif dropped_if or _ONLY_IN_CODE.match(head):
            fallback = bool(entry.steps) and entry.steps[-1] == PromptStep(
                "Answer with that, and leave out the rest."
            )
            if not fallback and "0 times" not in head and not head.startswith("Unless"):
                yield from inner
        elif head == "As long as":
            yield from inner
        elif inner:
            yield Group(head, inner)


def _in_patterns(steps: Sequence[PromptStep | Group]) -> Iterator[PromptStep | Group]:
    parts, shown = 0, 0  # shown: passages of a part
    for place, entry in enumerate(steps):
        in_order = isinstance(entry, Group) and entry.head == "For each of them"
        if isinstance(entry, Group) and in_order and len(entry.steps) == 1:
            (inner,) = entry.steps
            entry = replace(inner, each=True) if isinstance(inner, PromptStep) else entry
        if isinstance(entry, Group):
            yield Group(entry.head, tuple(_in_patterns(entry.steps)))
        elif entry.block == "split_question":
            parts = entry.n or 4
            yield replace(entry, text=SPLIT.format(parts), lines=())
        elif entry.block == "passages_for":
            shown = max(1, entry.n)
        elif parts and entry.each:
            text = PARTS_IN_ORDER if in_order else PARTS_APART if shown else PARTS
            lines = (_QUESTION, _EVIDENCE, _FINDING) if shown else (_QUESTION, _FINDING)
            yield replace(entry, text=text, lines=lines, n=shown)
        else:
            yield _worded(entry, last=place == len(steps) - 1)


def _worded(step: PromptStep, *, last: bool) -> PromptStep:
    step = replace(step, text=_NOT_YET.sub("", step.text))
    if step.block in VOTES:
        return replace(step, text=VOTES[step.block])
    if step.block == "merge_answers":
        return replace(step, text=MERGE if "these answers" in step.text else step.text)
    if step.block == "verify":
        text = step.text.replace(" Then say Verdict: right, or Verdict: wrong.", "")
        text = CHECKS if text == CHECK and step.each else text
        return replace(step, text=text, lines=("Verdict 1: right or wrong",))
    if step.lines or (step == STOP or step.text.startswith("Keep only")) or (step.role and last):
        return step
    if step.times > 1:
        text = DRAFTS if step.text in _PLAIN else f"{step.text} Do this {{}} times, each time anew."
        return replace(step, text=text.format(step.times), lines=_SOLUTION)
    return replace(step, text=SOLVE if step.text in _PLAIN else step.text, lines=() if last else _SOLUTION)


def _asked(entry: PromptStep | Group) -> PromptStep | Group:
    """A step with the words before its lines."""
    if isinstance(entry, Group):
        return replace(entry, steps=tuple(map(_asked, entry.steps)))
    if not entry.lines:
        return entry
    several = entry.each or entry.times > 1
    return replace(entry, text=f"{entry.text} Write{' for each' if several else ''}:")
