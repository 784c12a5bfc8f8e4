"""`Plan`: a question's parts as a dependency graph, who solves each in which context; and its design."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from masdesign.building_blocks._by_need import layers
from masdesign.retrieval import bm25
from masdesign.types import Question
from masdesign.workflow import Design

LADDER = ("voted", "checked", "debated")
"""Ways to solve a part, from cheap to expensive: a vote, a vote of the drafts judged right, a debate."""
MOST_PARTS = 6
"""Most parts that a plan is asked for: each has to be told apart from the others."""

_HELPERS: dict[str, str] = tomllib.loads(Path(__file__).with_name("ladder.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class SubQuestion:
    """A simpler question, the context that it is shown, and how it is solved."""

    question: str
    way: str = LADDER[0]
    """One of `LADDER`."""
    passages: tuple[int, ...] | None = None
    """Places of the question's passages that it is shown, from 0; ``None``: all."""
    needs: tuple[int, ...] = ()
    """Places of the earlier parts whose answers it is shown."""

    def wider(self, passages: Sequence[str]) -> SubQuestion | None:
        """Return the part with the next closest of the passages, too; ``None`` where it is shown all."""
        if self.passages is None or len(self.passages) >= len(passages):
            return None
        return replace(self, passages=closest(self.question, passages, len(self.passages) + 1))

    def stronger(self) -> SubQuestion | None:
        """Return the same part with the next way; ``None`` where there is none."""
        rest = LADDER[LADDER.index(self.way) + 1 :]
        return replace(self, way=rest[0]) if rest else None


@dataclass(frozen=True, slots=True)
class Plan:
    """Parts of a question; each needs earlier ones only."""

    parts: tuple[SubQuestion, ...]

    @property
    def in_order(self) -> bool:
        """Whether every part is shown the answers to all before it."""
        return all(part.needs == tuple(range(i)) for i, part in enumerate(self.parts))

    def chained(self) -> Plan:
        """Return the plan in which every part is shown the answers to all before it."""
        return Plan(tuple(replace(part, needs=tuple(range(i))) for i, part in enumerate(self.parts)))

    def replaced(self, place: int, smaller: Sequence[SubQuestion]) -> Plan:
        """Return the plan with one part replaced by others; who needed it needs all of those.

        >>> plan = Plan((SubQuestion("a"), SubQuestion("b", needs=(0,))))
        >>> [part.needs for part in plan.replaced(0, [SubQuestion("c"), SubQuestion("d")]).parts]
        [(), (), (0, 1)]
        """
        shift = len(smaller) - 1

        def moved(needs: Sequence[int]) -> tuple[int, ...]:
            places = [[need] if need < place else [need + shift] for need in needs if need != place]
            own = [list(range(place, place + len(smaller)))] if place in needs else []
            return tuple(sorted(chain.from_iterable(places + own)))

        later = [replace(part, needs=moved(part.needs)) for part in self.parts[place + 1 :]]
        first = self.parts[place].needs
        return Plan((*self.parts[:place], *(replace(part, needs=first) for part in smaller), *later))

    def question_of(self, place: int, whole: Question, answers: Sequence[str]) -> Question:
        """Return a part as it is asked: with its own passages, and the answers that it needs."""
        part = self.parts[place]
        kept = whole.context if part.passages is None else tuple(whole.context[i] for i in part.passages)
        known = tuple(f"{self.parts[need].question} {answers[need]}" for need in part.needs)
        return Question(part.question, (*(kept or (whole.question,)), *known))

    def design(self, parents: tuple[str, ...] = ()) -> Design:
        """Return the plan as a workflow.

        >>> parts = (SubQuestion("How many?", passages=(1,)), SubQuestion("How much in all?", needs=(0,)))
        >>> print(Plan(parts).design().source.partition("async def workflow")[2], end="")
        (task):
            whole = task.context or (task.question,)
            answer_1 = await voted(Question(QUESTIONS[0], task.context[1:2]))
            known_2 = (*whole, f"{QUESTIONS[0]} {answer_1.text}")
            answer_2 = await voted(Question(QUESTIONS[1], known_2))
            answers = [answer_1, answer_2]
            return await merge_answers(Question(task.question, (), task.choices), QUESTIONS, answers)
        """
        questions = "".join(f"    {json.dumps(part.question)},\n" for part in self.parts)
        helpers = [_HELPERS[way] for way in LADDER if any(part.way == way for part in self.parts)]
        workflow = "".join(f"    {line}\n" for line in self._body())
        source = "\n\n".join(
            [f"QUESTIONS = [\n{questions}]\n", *helpers, f"async def workflow(task):\n{workflow}"]
        )
        return Design(source, self.name, self.thought, parents, "solve")

    @property
    def name(self) -> str:
        """What the plan is, in a few words."""
        how = "in order" if len(self.parts) > 1 and self.in_order else "by need"
        return f"{len(self.parts)} parts {how} ({', '.join(part.way for part in self.parts)})"

    @property
    def thought(self) -> str:
        """How it works, in a sentence."""
        return (
            f"Solves {len(self.parts)} parts of the question, each from its own passages and the answers "
            "that it needs, and merges their answers."
        )

    def _body(self) -> list[str]:
        whole = any(part.passages is None for part in self.parts)
        lines = ["whole = task.context or (task.question,)"] if whole else []
        for layer in layers([part.needs for part in self.parts]):
            calls = []
            for i in layer:
                context = self._context(i)
                if self.parts[i].needs:
                    lines.append(f"known_{i + 1} = {context}")
                    context = f"known_{i + 1}"
                calls.append(f"{self.parts[i].way}(Question(QUESTIONS[{i}], {context}))")
            if len(calls) == 1:
                lines.append(f"answer_{layer[0] + 1} = await {calls[0]}")
            else:
                names = ", ".join(f"answer_{i + 1}" for i in layer)
                lines += [f"{names} = await gather(", *[f"    {call}," for call in calls], ")"]
        answers = ", ".join(f"answer_{i + 1}" for i in range(len(self.parts)))
        return [*lines, f"answers = [{answers}]", _MERGE]

    def _context(self, place: int) -> str:
        part = self.parts[place]
        own = part.passages
        pieces = ["whole"] if own is None else [f"task.context[{i}:{i + 1}]" for i in own]
        if len(pieces) == 1 and not part.needs:
            return pieces[0]
        known = [f'f"{{QUESTIONS[{i}]}} {{answer_{i + 1}.text}}"' for i in part.needs]
        return f"({', '.join([*(f'*{piece}' for piece in pieces), *known])})"


def closest(question: str, passages: Sequence[str], n: int = 1) -> tuple[int, ...] | None:
    """Return the places of the ``n`` passages closest to a question by words (BM25); ``None``: all of them.

    >>> closest("What did Acme earn?", ["Bolt lost 3.", "Acme did earn 5."])
    (1,)
    """
    return None if len(passages) <= n else tuple(bm25(question, passages, n))


_MERGE = "return await merge_answers(Question(task.question, (), task.choices), QUESTIONS, answers)"
