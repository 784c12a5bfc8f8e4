"""A stream of questions is answered ever more cheaply, by what its memory holds of workflows and kinds."""

from __future__ import annotations

import asyncio
import random
import re

import pytest

import masdesign as md
from masdesign.archive import Archive
from masdesign.errors import InputError
from masdesign.evaluation import session
from masdesign.lm import LM, Cached, Limited, Scripted
from masdesign.memory import Memory
from masdesign.memory.strategies import TrackRecord, choose, consolidated, kind_of, noted, standings
from masdesign.records.cache import Cache
from masdesign.search.solve.guided import Guided
from masdesign.search.solve.measuring import run_guided
from masdesign.tasks import Task
from masdesign.types import Item, Request


def reply(request: Request) -> str:
    """Sums need a step by step answer; the words are repeated at once. Its program can do both."""
    prompt = request.messages[-1].content
    if "Write a workflow for this one question" in prompt:
        assert "right 0% of the time" not in prompt
        code = "async def workflow(task):\n    return await ask('Be exact.', task)"
        return f"Thought: It is exact.\nName: exact\n```python\n{code}\n```"
    word = re.findall(r"Repeat the word (\w+)", prompt)
    if word:
        return f"{'I think and think. ' * 3 if 'step by step' in prompt else ''}Answer: {word[-1]}"
    first, second = re.findall(r"Add up (\d+) plus (\d+)", prompt)[-1]
    total = int(first) + int(second)
    if "Check the solution" in prompt:
        return f"Verdict: {'right' if f'Answer: {total}' in prompt else 'wrong'}"
    return f"Answer: {total if 'step by step' in prompt or 'Be exact' in prompt else 0}"


def questions(count: int, labels: bool = True) -> list[Item]:
    rng = random.Random(1)
    items = []
    for number in range(count):
        first, second = rng.randint(1, 50), rng.randint(1, 50)
        asked = (f"Add up {first} plus {second}.", str(first + second))
        asked = asked if number % 2 else (f"Repeat the word w{first}!", f"w{first}")
        items.append(Item(f"q{number}", asked[0], asked[1] if labels else ()))
    return items


@pytest.fixture
def solve(monkeypatch, tmp_path):
    """Runs a stream with a model that takes another time for each call."""

    def run(items: list[Item], guided: Guided, *, seed: int = 0, archive: str = "archive.db", **options):
        rng = random.Random(seed)

        class Slow(Scripted):
            async def complete(self, request):
                await asyncio.sleep(rng.random() / 500)
                return await super().complete(request)

        def load(name: str, *, cache: Cache, concurrency: int, **_: object) -> LM:
            return Cached(Limited(Slow(reply), concurrency), cache)

        monkeypatch.setattr(session, "load_lm", load)
        place = tmp_path / archive
        return md.run_solve(items, model=options.pop("model", "m"), guided=guided, archive=place, **options)

    return run


@pytest.mark.slow
def test_cost_falls_where_a_cheaper_workflow_suffices(solve) -> None:
    solved = solve(questions(80), Guided("desk", lag=2))
    assert solved.memory == "desk@1"
    first, last = solved.answers[:6], solved.answers[-6:]
    assert sum(a.spend.calls for a in last) == 6  # one call each,
    assert sum(a.spend.calls for a in first) > 18
    assert [a.score for a in last] == [1.0] * 6
    assert {a.item.question[:3]: a.solution.design.name for a in last} == {
        "Add": "step by step",  # which is what sums need
        "Rep": "at once",
    }


@pytest.mark.slow
def test_the_memory_is_the_same_at_any_concurrency_and_when_done_again(solve, tmp_path) -> None:
    memories = []
    for number, options in enumerate(({"concurrency": 1}, {"concurrency": 64}, {"seed": 7})):
        solve(questions(20), Guided("desk", lag=5), archive=f"{number}.db", **options)
        with Archive(str(tmp_path / f"{number}.db")) as archive:
            memories.append(archive.memory("desk").digest)
    assert len(set(memories)) == 1
    solve(questions(10), Guided("half", lag=5), archive="0.db")  # as a stream that was interrupted
    solve(questions(20), Guided("whole", lag=5), archive="0.db")
    with Archive(str(tmp_path / "0.db")) as archive:
        assert archive.memory("whole").digest == memories[0]


def test_a_question_of_a_block_does_not_read_what_the_block_teaches(solve) -> None:
    solved = solve(questions(8), Guided("desk", lag=8))
    assert {a.version for a in solved.answers} == {0}
    assert len({a.spend.calls for a in solved.answers if a.kind.startswith("Add")}) == 1


@pytest.mark.slow
def test_without_labels_the_model_judges_itself(solve) -> None:
    solved = solve(questions(40, labels=False), Guided("desk"))
    assert {a.score for a in solved.answers} == {None}
    assert sum(a.spend.calls for a in solved.answers[-6:]) < sum(a.spend.calls for a in solved.answers[:6])
    assert solved.answers[-1].solution.answer.text == questions(40)[-1].target


@pytest.mark.slow
def test_a_model_that_writes_is_shown_what_is_known_and_its_workflow_is_remembered(solve, tmp_path) -> None:
    solve(questions(12), Guided("desk"), model={"": "m", "meta": "m"})
    with Archive(str(tmp_path / "archive.db")) as archive:
        written = [entry for entry in archive.memory("desk") if entry.title == "exact"]
    assert written
    assert "Be exact" in written[0].what
    assert written[0].helped


@pytest.mark.slow
def test_a_frozen_memory_is_used_and_stays(solve) -> None:
    solve(questions(80), Guided("desk"))
    again = solve(questions(6), Guided("desk", learn=False))
    assert again.memory == ""
    assert [a.spend.calls for a in again.answers] == [1] * 6
    with pytest.raises(InputError, match="memory 'none' is not in this archive"):
        solve(questions(1), Guided("none", learn=False))


@pytest.mark.slow
def test_learning_is_measured_beside_a_frozen_memory(solve, tmp_path) -> None:
    solve(questions(1), Guided("other"))  # so that the model is the scripted one
    task = Task.of("desk", train=questions(150), val=questions(2), test=questions(2), scorer="exact")
    measured = run_guided(task, guided=Guided("new"), items=150, model="m", archive=":memory:").to_json()
    assert measured["saved"] > 1 / 3
    assert measured["learnt"]["calls"][-1] < 0.5 * measured["frozen"]["calls"][-1]
    assert measured["difference"]["mean"] >= 0
    assert measured["kinds"] == 2


def test_what_may_not_win_is_not_compared() -> None:
    memory = Memory()
    for number in range(12):
        for name, helped, tokens in (("cheap", True, 10), ("dear", True, 90), ("bad", number < 2, 5)):
            memory = noted(memory, "Add 1 and 2.", TrackRecord(name, name), helped=helped, tokens=tokens)
    known = standings(memory, "Add 1 and 2.", [("cheap", "cheap"), ("dear", "dear"), ("bad", "bad")])
    assert [s.name for s in choose(known, 3)] == ["cheap"]
    assert [s.name for s in choose([*known, TrackRecord("new", "new")], 3)] == ["cheap", "new"]


def test_kinds_that_are_alike_become_one() -> None:
    memory = Memory()
    for kind in ("Add 1 and 2.", "Add 5 and 7.", "Name a river!"):
        memory = noted(memory, kind, TrackRecord("cheap", "cheap"), helped=True, tokens=10)
    merged = consolidated(memory, 10)
    assert [(e.when, e.helped, e.tokens) for e in merged] == [
        ("Add 1 and 2.", 2, 20),
        ("Name a river!", 1, 10),
    ]
    assert kind_of(merged, "Add 8 and 9.") == "Add 1 and 2."
    assert len(consolidated(memory, 1)) == 1


@pytest.mark.parametrize("wrong", [{"lag": 0}, {"most": 0}, {"memory": ""}])
def test_what_makes_no_sense_is_refused(wrong) -> None:
    with pytest.raises(InputError):
        Guided(**wrong)
