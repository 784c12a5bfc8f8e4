"""`load`: a design as a function, sync and async, from many threads, with all that it was evaluated with."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from masdesign.archive import RunRecord
from masdesign.errors import InputError, ProviderError, SourceError
from masdesign.evaluation import session
from masdesign.evaluation.evaluation import Evaluation
from masdesign.lm import Cached, Limited, Scripted
from masdesign.session.resolve import models_chosen_with
from masdesign.session.runnable import load
from masdesign.tasks import load_task
from masdesign.types import Answer, Result
from masdesign.workflow import Design

VOTE = Design(
    "async def workflow(task):\n"
    "    drafts = await gather(*[direct(task, temperature=0.8) for _ in range(3)])\n"
    "    return majority(drafts)\n",
    name="vote",
)
SHOWN = Design("async def workflow(task):\n    return await few_shot(task)\n", name="shown")


@pytest.fixture
def asked(monkeypatch):
    """The requests that were made; the model answers with the question's last word."""
    requests = []

    def reply(request):
        requests.append(request)
        prompt = request.messages[-1].content
        if "unreachable" in prompt:
            return ProviderError("the server is down")
        question = prompt.rpartition("Problem: ")[2].splitlines()[0]
        return "Answer: " + question.split()[-1]

    def load_lm(name, *, cache, concurrency, **_):
        return Cached(Limited(Scripted(reply, name.model), concurrency), cache)

    monkeypatch.setattr(session, "load_lm", load_lm)
    return requests


def test_sync_async_and_many_threads_give_the_same(archive, asked):
    archive.add_design(VOTE)
    with load("vote", archive=archive) as answer:
        assert answer.design == VOTE
        assert answer("say 1").text == "1"
        with ThreadPoolExecutor(8) as pool:
            assert [a.text for a in pool.map(answer, [f"say {n}" for n in range(40)])] == [
                str(n) for n in range(40)
            ]

        async def together():
            return await asyncio.gather(*[answer.acall(f"say {n}") for n in range(10)])

        assert [a.text for a in asyncio.run(together())] == [str(n) for n in range(10)]
    assert len(asked) == 3 * 40


def test_examples_are_those_of_the_task_it_was_found_on(archive, asked):
    task = load_task("arithmetic")
    archive.add_design(SHOWN)
    result = Result("i0", Answer("4"), 1.0)
    archive.add_evaluation(
        Evaluation(SHOWN.id, task.name, task.version, "val", "abacus-1@aa", 0, "f", 1, (result,))
    )
    with load("shown", archive=archive) as answer:
        answer("say 1")
    assert task.train[0].question in asked[-1].messages[-1].content
    with load("shown", archive=archive, examples=False) as answer:
        answer("say 1")
    assert task.train[0].question not in asked[-1].messages[-1].content
    with load("shown", archive=archive, task="boolean") as answer:
        answer("say 1")
    assert load_task("boolean").train[0].question in asked[-1].messages[-1].content


def test_failures_are_errors_with_their_reason(archive, asked):
    broken = "async def workflow(task):\n    return str(1 // len(task.choices))\n"
    archive.add_design(Design(broken, name="broken"))
    with load("broken", archive=archive) as answer, pytest.raises(SourceError, match=r"line 2: ZeroDivision"):
        answer("say 1")
    archive.add_design(VOTE)
    with load("vote", archive=archive) as answer, pytest.raises(ProviderError, match="server is down"):
        answer("unreachable 1")
    with pytest.raises(InputError, match="no design 'none'"):
        load("none", archive=archive)


def test_a_design_at_hand_needs_no_archive(tmp_path, monkeypatch, asked):
    monkeypatch.chdir(tmp_path)
    with load(VOTE) as answer:
        assert answer("say 7").text == "7"
    with load(SHOWN) as answer:
        assert "worked examples" in answer.note
    assert list(tmp_path.iterdir()) == []


def test_it_answers_with_the_models_that_it_was_chosen_with(archive, asked):
    archive.add_design(VOTE)
    record = RunRecord("", "sums", "1", "toy-1", "random", facts={"models": {"": "toy", "small": "tiny"}})
    run = archive.start_run(record)
    archive.finish_run(run, {"best": {"id": VOTE.id}})
    assert models_chosen_with(archive, VOTE) == {"": "toy", "small": "tiny"}
    assert models_chosen_with(archive, SHOWN) is None
    with load("best", archive=archive) as answer:
        assert answer("say 1").text == "1"
    assert {request.model for request in asked} == {"toy"}
    with load("best", archive=archive, model="other") as answer:
        answer("say 2")
    assert asked[-1].model == "other"
