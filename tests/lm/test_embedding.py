"""The embedding model against a real HTTP server, alone and as what a design retrieves with."""

import json
from dataclasses import replace

import pytest
from openai_server import Reply, fails, says, serving

from masdesign.errors import InputError, LMError
from masdesign.evaluation import evaluate
from masdesign.evaluation.blank import blank_control
from masdesign.evaluation.session import open_runtime
from masdesign.lm import Embedding, ModelSpec
from masdesign.memory import Memory, MemoryEntry
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Item, Message, Question, Request
from masdesign.workflow import Design, run_item

KEY = "sk-canary-9c1d40e27b56aa13"
PASSAGES = ("A dog barks.", "Prices rise.", "A cat purrs.")
VECTORS = {"dog": [1.0, 0.2], "cat": [0.9, 0.0], "pet": [2.0, 0.0]}
REACT = "async def workflow(task):\n    return await react(task)"


def vectors(request):
    """An embedding of each text: of those about animals, close to each other; in the reverse order."""
    rows = [
        next((vector for word, vector in VECTORS.items() if word in text), [0.0, 1.0])
        for text in request["input"]
    ]
    data = [{"object": "embedding", "index": i, "embedding": row} for i, row in enumerate(rows)]
    usage = {"prompt_tokens": 9, "total_tokens": 9}
    return Reply(body=json.dumps({"object": "list", "data": data[::-1], "model": "m", "usage": usage}))


def messages(*texts):
    return Request(tuple(Message("user", text) for text in texts), max_tokens=1)


@pytest.fixture
async def make(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    made = []

    def new(url, **options):
        made.append(Embedding(ModelSpec("openai/test-embedding", url).with_options(options)))
        return made[-1]

    yield new
    for lm in made:
        await lm.aclose()


async def test_its_completion_is_the_closeness_of_each_text_to_the_last(make):
    with serving(answer=vectors) as server:
        completion = await make(server.url, price="2/0").complete(messages(*PASSAGES, "Which pet?", ""))
        again = await make(server.url).complete(messages(*PASSAGES, "Which pet?"))
    assert [float(word) for word in again.text.split()] == pytest.approx([0.980581, 0, 1])
    assert len(completion.text.split()) == 4
    assert (completion.usage.prompt_tokens, completion.usage.usd) == (9, pytest.approx(18e-6))
    assert server.requests[0]["input"] == [*PASSAGES, "Which pet?", " "]
    assert server.requests[0]["model"] == "test-embedding"


@pytest.mark.slow
@pytest.mark.parametrize(
    "reply",
    [
        fails(500), fails(401), Reply(body="no JSON"), Reply(body="{}"), Reply(body='{"data": []}'),
        Reply(body='{"data": [{"index": 0, "embedding": [1, 2]}], "usage": {"prompt_tokens": 1}}'),
    ],
)  # fmt: skip
async def test_a_fault_is_the_provider_s(reply, make):
    with serving(reply) as server, pytest.raises(LMError) as caught:
        await make(server.url, timeout=2.0).complete(messages(*PASSAGES, "Which pet?"))
    assert KEY not in str(caught.value)


def chat(request):
    if "input" in request:
        return vectors(request)
    prompt = request["messages"][-1]["content"]
    answer = "Answer: a cat" if "Observation" in prompt else "Action: retrieval[Which pet?]"
    return says(answer, prompt_tokens=120)


async def test_a_design_retrieves_with_it_and_it_is_counted(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    ledger = Ledger(Budget.parse("50calls"))
    with serving(answer=chat) as server:
        async with open_runtime(
            {"": "openai/large", "embedding": "openai/test-embedding"},
            tools={"retrieval"},
            base_url=server.url,
            ledger=ledger,
        ) as runtime:
            outcome = await run_item(Design(REACT), Question("Is there a pet?", PASSAGES), runtime)
    assert outcome.failure is None
    assert outcome.answer.text == "a cat"
    assert "Observation: A cat purrs." in outcome.answer.reasoning
    assert (outcome.calls, outcome.usage.prompt_tokens) == (3, 120 + 9 + 120)
    assert ledger.spend.calls == 3


async def test_a_lesson_is_recalled_by_its_meaning(monkeypatch):
    """The lesson shares no word with the problem; without an embedding model nothing is recalled."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    lessons = Memory(
        (MemoryEntry("prices rise", "sell"), MemoryEntry("it is about a cat", "say that it purrs, if asked"))
    )
    design = Design("async def workflow(task):\n    return await recall(task, n=1, check=False)")
    shown = []
    for roles in ({}, {"embedding": "openai/test-embedding"}):
        with serving(
            answer=lambda request: vectors(request) if "input" in request else says("Answer: yes")
        ) as server:
            models = {"": "openai/large", **roles}
            async with open_runtime(models, base_url=server.url) as opened:
                runtime = replace(opened, memory=lessons)
                outcome = await run_item(design, Question("What does a pet do?"), runtime)
        assert outcome.answer.text == "yes"
        shown.append((outcome.calls, "say that it purrs" in json.dumps(server.requests[-1])))
    assert shown == [(1, False), (2, True)]


async def test_a_budget_in_usd_needs_its_price(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with serving(answer=chat) as server, pytest.raises(InputError, match="test-embedding"):
        async with open_runtime(
            {"": "openai/large", "embedding": "openai/test-embedding"},
            base_url=server.url,
            price="1/2",
            ledger=Ledger(Budget.parse("1usd")),
        ):
            pass


@pytest.mark.slow
async def test_scores_with_it_stand_apart_and_the_blank_control_does_not_ask_it(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    item = Item("a", "Is there a pet?", "a cat", PASSAGES)
    task = Task.of("pets", val=[item], scorer="label", tools={"retrieval"})
    options = {"tools": task.tools, "price": "1/2"}
    fingerprints = []
    with serving(answer=chat) as server:
        for roles in ({}, {"embedding": "openai/test-embedding"}):
            models = {"": "openai/large", **roles}
            async with open_runtime(models, base_url=server.url, **options) as runtime:
                fingerprints.append((await evaluate(Design(REACT), task, "val", runtime)).fingerprint)
                asked = len(server.requests)
                await blank_control(Design(REACT), task, "val", runtime)
                assert len(server.requests) == asked
    assert fingerprints[1].startswith(f"{fingerprints[0]}+embedding=openai/test-embedding")
