"""`Plan`: a question's parts, who solves each, and how their answers come together; and its design."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from masdesign.workflow import Design

LADDER = ("vote", "checked", "debated")
"""Ways to solve a part, the dearest last: a vote, a vote of the drafts judged right, a debate and a vote."""
MOST_PARTS = 6
"""More are not asked for: each has to be told apart from the others."""

_CALLS = {"vote": "self_consistency({}, n=3)", "checked": "checked({})", "debated": "debated({})"}
_HELPERS = {
    "vote": "",
    "checked": """\
async def checked(part):
    drafts = await gather(*[chain_of_thought(part, temperature=0.8) for _ in range(4)])
    verdicts = await gather(*[verify(part, draft) for draft in drafts])
    kept = [draft for draft, verdict in zip(drafts, verdicts) if verdict.ok]
    return majority(kept or drafts)
""",
    "debated": """\
async def debated(part):
    drafts = await gather(*[chain_of_thought(part, temperature=0.8) for _ in range(3)])
    drafts = await gather(*[
        debate_round(part, own, drafts[:i] + drafts[i + 1:]) for i, own in enumerate(drafts)
    ])
    return majority(drafts)
""",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A simpler question, and how it is solved."""

    question: str
    way: str = LADDER[0]
    """One of `LADDER`."""

    def stronger(self) -> Part | None:
        """The same with the next way; ``None`` where there is none."""
        rest = LADDER[LADDER.index(self.way) + 1 :]
        return replace(self, way=rest[0]) if rest else None


@dataclass(frozen=True, slots=True)
class Plan:
    """Parts, in the order in which they have to be solved."""

    parts: tuple[Part, ...]
    in_order: bool = False
    """Whether each part is shown the answers to those before it; otherwise all are solved at once."""

    def design(self, parents: tuple[str, ...] = ()) -> Design:
        """The plan as a workflow.

        >>> print(Plan((Part("How many?"), Part("How dear?"))).design().source, end="")
        QUESTIONS = [
            "How many?",
            "How dear?",
        ]
        <BLANKLINE>
        <BLANKLINE>
        async def workflow(task):
            whole = task.context or (task.question,)
            answers = await gather(
                self_consistency(Question(QUESTIONS[0], whole), n=3),
                self_consistency(Question(QUESTIONS[1], whole), n=3),
            )
            return await merge_answers(Question(task.question, (), task.choices), QUESTIONS, answers)
        """
        questions = "".join(f"    {json.dumps(part.question)},\n" for part in self.parts)
        ways = [way for way in LADDER if any(part.way == way for part in self.parts)]
        helpers = [_HELPERS[way] for way in ways if _HELPERS[way]]
        body = _in_order(self.parts) if self.in_order else _at_once(self.parts)
        workflow = "".join(f"    {line}\n" for line in body)
        source = "\n\n".join(
            [f"QUESTIONS = [\n{questions}]\n", *helpers, f"async def workflow(task):\n{workflow}"]
        )
        return Design(source, self.name, self.thought, parents, "solve")

    @property
    def name(self) -> str:
        """What the plan is, in a few words."""
        ways = ", ".join(part.way for part in self.parts)
        return f"{len(self.parts)} parts {'in order' if self.in_order else 'at once'} ({ways})"

    @property
    def thought(self) -> str:
        """How it works, in a sentence."""
        how = "one after another, each in sight of the answers so far" if self.in_order else "apart"
        return f"Solves {len(self.parts)} parts of the question {how}, and merges their answers."


def _at_once(parts: tuple[Part, ...]) -> list[str]:
    calls = [_CALLS[part.way].format(f"Question(QUESTIONS[{i}], whole)") for i, part in enumerate(parts)]
    return [
        "whole = task.context or (task.question,)",
        "answers = await gather(",
        *[f"    {call}," for call in calls],
        ")",
        _MERGE,
    ]


def _in_order(parts: tuple[Part, ...]) -> list[str]:
    lines = ["known = task.context or (task.question,)", "answers = []"]
    for i, part in enumerate(parts):
        lines.append(f"answers.append(await {_CALLS[part.way].format(f'Question(QUESTIONS[{i}], known)')})")
        if i < len(parts) - 1:
            lines.append(f'known = (*known, f"{{QUESTIONS[{i}]}} {{answers[{i}].text}}")')
    return [*lines, _MERGE]


_MERGE = "return await merge_answers(Question(task.question, (), task.choices), QUESTIONS, answers)"
