"""A designer on a scripted model: what is asked, read, sent back, repaired, charged; and what never is an
exception."""

from __future__ import annotations

import asyncio
import random
import re
from contextlib import asynccontextmanager

import pytest

from masdesign.building_blocks import blocks
from masdesign.errors import BudgetExhausted, CredentialsError, ProviderError
from masdesign.lm import Budgeted, Cached, Scripted
from masdesign.records.cache import Cache
from masdesign.search.designer import Brief, Designer
from masdesign.search.designer.brief import told
from masdesign.search.designer.talk import render
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Completion, Item
from masdesign.workflow import Design, MontySandbox, Runtime

TASK = Task.of(
    "sums",
    train=[Item(f"t{i}", f"train: {i} + 1 =", str(i + 1)) for i in range(5)],
    val=[Item("v", "val: 7 + 1 =", "8")],
    test=[Item("e", "test: 8 + 1 =", "9")],
    description="Add two numbers.",
)
GOOD = "async def workflow(task):\n    return await direct(task, role='{}')"
VALUES = {"shown": [], "failed": []}
BRIEF = Brief("propose", VALUES, origin="tests", parents=("p1",))


def fenced(code: str, name: str = "a design") -> str:
    return f"Thought: It helps.\nName: {name}\n```python\n{code}\n```"


def answers(request):
    found = re.search(r"(\d+) \+ 1 =", request.messages[-1].content)
    return f"Answer: {int(found[1]) + 1}"


@pytest.fixture(scope="module")
def sandbox():
    with MontySandbox() as sandbox:
        yield sandbox


@pytest.fixture
def opened(sandbox):
    """``async with opened(script, budget, task_model) as designer``; its ``lm`` is the model that designs."""

    @asynccontextmanager
    async def opened(script, budget=None, answering=answers, **options):
        ledger = Ledger(Budget.parse(budget))
        meta = Scripted(script, "meta", window=100_000)
        with Cache.memory() as cache:
            lm = Budgeted(Cached(Scripted(answering), cache), ledger)
            runtime = Runtime({"": lm}, blocks(), sandbox)
            designer = Designer(Budgeted(meta, ledger), runtime, ledger, TASK, **options)
            designer.scripted = meta
            yield designer

    return opened


def in_turn(*replies):
    """A model that gives the replies by the turn of the conversation, the last for ever."""

    def reply(request):
        return replies[min(sum(m.role == "assistant" for m in request.messages), len(replies) - 1)]

    return reply


async def test_a_good_reply_is_a_design(opened):
    async with opened(in_turn(fenced(GOOD.format("a"), "once"))) as designer:
        written = await designer.write(BRIEF)
    assert written.design == Design(GOOD.format("a"), "once", "It helps.", ("p1",), "tests")
    assert (written.failure, written.replies) == (None, 1)
    assert written.proposal.design is written.design
    (request,) = designer.scripted.requests
    prompt = request.messages[1].content
    for part in ("Add two numbers.", "train: 0 + 1 =", "Right answer: 1", "async def debate(", "64 calls"):
        assert part in prompt
    assert "write_program" not in prompt  # for the task declares no tool
    assert "val:" not in prompt


async def test_reflections_replace_the_design_and_a_reply_without_one_leaves_it(opened):
    brief = Brief("propose", VALUES, then=("reflect_novelty", "reflect_mistakes"))
    script = in_turn(
        fenced(GOOD.format("a"), "first"), f"```\n{GOOD.format('b')}\n```", "It is fine as it is."
    )
    async with opened(script) as designer:
        written = await designer.write(brief)
    assert (written.design.source, written.design.name) == (GOOD.format("b"), "first")
    assert written.replies == 3
    asked = [request.messages[-1].content for request in designer.scripted.requests]
    assert "Is it new?" in asked[1]
    assert "mistakes that are made most often" in asked[2]


BROKEN = {
    "no Python": ("async def workflow(task)\n    return 1", "line 1: not valid Python"),
    "no workflow": ("async def forwards(task):\n    return 1", "holds no code"),
    "what the interpreter lacks": ("async def workflow(task):\n    yield 1", "line 2: yield"),
    "a forbidden import": ("import os\nasync def workflow(task):\n    return 'a'", "line 1: import of os"),
    "a wrong keyword": (
        "async def workflow(task):\n    return await direct(task, n=3)", "line 2: .*'n'",
    ),
    "a missing await": ("async def workflow(task):\n    return direct(task)", "write `await`"),
    "an unknown block": ("async def workflow(task):\n    return await vote(task)", "line 2: .*'vote'"),
    "an unknown model": (
        "async def workflow(task):\n    return await direct(task, model='gpt-9')", "unknown model 'gpt-9'",
    ),
    "an error at the run": (
        "async def workflow(task):\n    a = await direct(task)\n    return [a][3]", "line 3: IndexError",
    ),
    "no call": ("async def workflow(task):\n    return 'four'", "without asking a model"),
    "too many calls": (
        "async def workflow(task):\n    while True:\n        await direct(task, temperature=0.8)",
        "more than 64 calls",
    ),
    "no answer": ("async def workflow(task):\n    a = await direct(task)\n    return [a]", "returned"),
    "the dialect of ADAS, wrongly": (
        "def forward(self, taskInfo):\n    return LLMAgentBase(['answer'], 'S')([taskInfo], 'Go').content",
        "line 2: .*content",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("kind", BROKEN)
async def test_what_fails_a_check_is_sent_back_with_the_reason_and_repaired(kind, opened):
    code, says = BROKEN[kind]
    async with opened(in_turn(fenced(code), fenced(GOOD.format("a")))) as designer:
        written = await designer.write(BRIEF)
    assert (written.failure, written.design.source, written.replies) == (None, GOOD.format("a"), 2)
    sent = designer.scripted.requests[1].messages[-1].content
    assert re.search(says, sent)
    assert "2 more attempts" in sent


@pytest.mark.slow
@pytest.mark.parametrize("kind", BROKEN)
async def test_what_cannot_be_repaired_is_a_value_with_the_last_reason(kind, opened):
    code, says = BROKEN[kind]
    async with opened(in_turn(fenced(code))) as designer:
        written = await designer.write(BRIEF)
    assert written.replies == 4
    assert written.failure.kind == "design"
    assert re.search(says, told(written.failure))
    assert "last attempt" in designer.scripted.requests[3].messages[-1].content


@pytest.mark.parametrize("reply", ["", "   \n", "I am sorry, I cannot help with that.", "{", '{"code": ""}'])
async def test_a_reply_without_code_is_asked_for_again_and_then_recorded(reply, opened):
    async with opened(in_turn(reply)) as designer:
        several = await designer.write_all([BRIEF, BRIEF])
        written = [await designer.write(BRIEF), *several]
    assert [one.replies for one in written] == [4, 4, 4]
    assert len({one.design.id for one in written}) == 3
    assert all("no code" in one.failure.message for one in written)
    async with opened(in_turn(reply, fenced(GOOD.format("a")))) as designer:
        assert (await designer.write(BRIEF)).failure is None


async def test_a_reply_that_was_cut_is_told_to_be_shorter(opened):
    cut = Completion(fenced(GOOD.format("a"))[:-30], finish="length")
    async with opened(in_turn(cut, fenced(GOOD.format("b")))) as designer:
        written = await designer.write(BRIEF)
    assert written.failure is None
    assert "write less" in designer.scripted.requests[1].messages[-1].content


async def test_a_design_that_was_tried_before_is_sent_back(opened):
    old, new = GOOD.format("a"), GOOD.format("b")
    known = {Design(old).id}
    async with opened(in_turn(fenced(old), fenced(old + "  # again"), fenced(new))) as designer:
        written = await designer.write(BRIEF, known)
        assert (written.design.source, written.replies) == (new, 3)
    async with opened(in_turn(fenced(old))) as designer:
        assert await designer.write_all([BRIEF], known) == []


async def test_a_forward_of_adas_is_a_design(opened):
    code = "def forward(self, taskInfo):\n    return LLMAgentBase(['answer'], 'S')([taskInfo], 'Go.')[0]"
    async with opened(
        in_turn(f'{{"thought": "t", "name": "n", "code": "{code}"}}'.replace("\n", "\\n"))
    ) as d:
        written = await d.write(BRIEF)
    assert written.failure is None
    assert written.design.source.startswith(code)
    assert "run_forward" in written.design.source


async def test_an_outage_of_the_answering_model_is_no_fault_of_the_design(opened):
    down = lambda request: ProviderError("down")  # noqa: E731
    async with opened(in_turn(fenced(GOOD.format("a"))), answering=down) as designer:
        written = await designer.write(BRIEF)
    assert (written.failure, written.replies) == (None, 1)


async def test_further_fields_come_with_the_design(opened):
    said = fenced(GOOD.format("a")).replace("Name:", "Modification: fewer calls\nName:")
    async with opened(in_turn("nothing", said)) as designer:
        written = await designer.write(Brief("propose", VALUES, fields=("modification",)))
    assert written.fields == {"modification": "fewer calls"}
    assert "Modification: ..." in designer.scripted.requests[0].messages[1].content


async def test_a_structured_reply_is_asked_for_until_it_is_whole(opened):
    script = in_turn("Insight: vote", "{", '{"insight": "vote", "when": "sums"}')
    async with opened(script) as designer:
        found = await designer.ask("propose", VALUES, ("insight", "when"))
        assert found == {"insight": "vote", "when": "sums"}
        assert "does not say when" in designer.scripted.requests[1].messages[-1].content
    async with opened(in_turn("no")) as designer:
        assert await designer.ask("propose", VALUES, ("insight",)) is None
        assert len(designer.scripted.requests) == 4


def by_draw(request):
    """Draw 0 needs two repairs, draw 1 is never right, the others are good at once."""
    turn = sum(m.role == "assistant" for m in request.messages)
    if request.sample == 1 or (request.sample == 0 and turn < 2):
        return fenced(f"async def workflow(task):\n    return await nothing{turn}(task)", str(request.sample))
    return fenced(GOOD.format(request.sample // 2), str(request.sample))


class Late(Scripted):
    """Replies come back in an order of chance."""

    rng = random.Random(0)

    async def complete(self, request):
        await asyncio.sleep(self.rng.random() / 100)
        return await super().complete(request)


async def test_several_are_written_at_once_in_order_and_none_twice(opened):
    outcomes = []
    for _ in range(3):
        async with opened(by_draw) as designer:
            designer.lm.inner = Late(by_draw, "meta", window=100_000)
            outcomes.append(await designer.write_all([BRIEF] * 5))
            again = await designer.write_all([BRIEF] * 2)
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert [one.design.name for one in outcomes[0]] == ["0", "1", "2", "4"]  # 3 wrote what 2 wrote
    assert [one.replies for one in outcomes[0]] == [3, 4, 1, 1]
    assert [one.design.name for one in again] == ["5", "6"]


async def test_calls_are_charged_and_the_budget_ends_in_order(opened):
    async with opened(by_draw) as designer:
        await designer.write_all([BRIEF] * 5)
        whole = designer.ledger.spend.calls
    assert whole == (3 + 4 + 1 + 1 + 1) + 3  # replies, and a dry run for each different prompt
    found = {}
    for calls in (1, 4, 8, whole):
        async with opened(by_draw, f"{calls}calls") as designer:
            designer.lm.inner = Late(by_draw, "meta", window=100_000)
            try:
                found[calls] = [one.design.name for one in await designer.write_all([BRIEF] * 5)]
            except BudgetExhausted:
                found[calls] = None
            assert designer.ledger.spend.calls <= calls
    assert found == {1: None, 4: ["0"], 8: ["0", "1"], whole: ["0", "1", "2", "4"]}


async def test_a_providers_failure_leaves_one_out_and_of_all_is_raised(opened):
    some = lambda r: ProviderError("down") if r.sample == 1 else fenced(GOOD.format(r.sample))  # noqa: E731
    async with opened(some) as designer:
        assert [one.replies for one in await designer.write_all([BRIEF] * 3)] == [1, 1]
    async with opened(lambda request: ProviderError("down")) as designer:
        with pytest.raises(ProviderError, match="down"):
            await designer.write_all([BRIEF] * 3)
    async with opened(lambda request: CredentialsError("no key")) as designer:
        with pytest.raises(CredentialsError):
            await designer.write_all([BRIEF] * 3)


async def test_its_record_names_model_sampling_and_prompts(opened):
    async with opened(in_turn("")) as designer:
        record = designer.record()
    assert (record["model"], record["temperature"]) == ("meta", 0.8)
    assert set(record["prompts"]) >= {"system", "propose", "repair", "_task", "_language"}
    assert all(re.fullmatch(r"\d+:[0-9a-f]{8}", version) for version in record["prompts"].values())


def test_a_template_shows_values_and_never_interprets_them():
    hostile = "{{ 7 * 7 }}{% include 'repair.j2' %}"
    text = render("repair", {"failure": hostile, "left": 0, "fields": ()})
    assert hostile in text
    assert "49" not in text


def test_a_designer_is_told_how_the_task_asks(sandbox):
    asked = Task.of(
        "sums", train=TASK.train, val=TASK.val, description="Sums.", instruction="Add.", answer="code"
    )
    ledger = Ledger(Budget.parse("9calls"))
    runtime = Runtime({"": Scripted(answers)}, blocks(), sandbox)
    told = Designer(Budgeted(Scripted(answers), ledger), runtime, ledger, asked).common["description"]
    assert told.splitlines()[0] == "Sums."
    assert "Add." in told
    assert asked.form.instruction(()) in told
    assert Designer(Budgeted(Scripted(answers), ledger), runtime, ledger, TASK).common["description"] == (
        "Add two numbers."
    )
