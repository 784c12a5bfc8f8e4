"""A stream learns in its own order, from what may be told, and from nothing else."""

import asyncio
import json
import random
import re

import pytest

from masdesign.building_blocks import blocks
from masdesign.errors import InputError, ProviderError
from masdesign.evaluation import evaluate
from masdesign.experiments.stream import stream
from masdesign.experiments.writing import DRAWN, Learning
from masdesign.lm import Budgeted
from masdesign.lm.providers.scripted import Scripted
from masdesign.memory import Memory, MemoryEntry
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Item
from masdesign.workflow import Design, MontySandbox, Runtime

AGREED = {"Bolt": 3, "Acme": -2, "Elm": 7}
RECALL = Design("async def workflow(task):\n    return await recall(task)")


def orders(count, seed=0, prefix="t"):
    """Items that only a customer's agreement answers."""
    rng = random.Random(seed)
    for number in range(count):
        name, price = rng.choice(list(AGREED)), rng.randint(20, 90)
        yield Item(f"{prefix}{number}", f"What does {name} pay at {price}?", str(price + AGREED[name]))


TRAIN = tuple(orders(30))
TASK = Task.of(
    "orders",
    train=TRAIN,
    val=tuple(orders(8, 1, "v")),
    test=tuple(orders(4, 2, "x")),
    scorer="numeric",
)


def clerk(request):
    """Follows a lesson that it is shown, and writes one from a right answer that it is told."""
    prompt = request.messages[-1].content
    (name, price) = (
        re.findall(r"What does (\w+) pay at (\d+)\?", prompt)[-1] if "pay at" in prompt else ("", 0)
    )
    if "Which lessons apply" in prompt:
        numbers = re.findall(rf"Lesson (\d+) applies when: the customer is {name}", prompt)
        return f"Lessons: {', '.join(numbers) or 'none'}"
    if "Write one lesson" in prompt:
        told = re.search(r"Right answer: (\d+)", prompt)
        return f"When: the customer is {name}\nDo: add {int(told[1]) - int(price)}" if told else "Nothing."
    if "Check the solution" in prompt:
        return "Verdict: right"
    lesson = re.search(rf"When: the customer is {name}\nDo: add (-?\d+)", prompt)
    return f"Answer: {int(price) + (int(lesson[1]) if lesson else 0)}"


async def streamed(items=TRAIN, script=clerk, design=RECALL, ledger=None, task=TASK, delays=None, **options):
    lm = Scripted(script)
    if delays is not None:
        lm = _Slow(script, delays)
    async with MontySandbox() as sandbox:
        model = lm if ledger is None else Budgeted(lm, ledger)
        runtime = Runtime(models={"": model}, blocks=blocks(), sandbox=sandbox)
        learning = Learning(
            **{k: options.pop(k) for k in ("writer", "lag", "labels", "most", "poison") if k in options}
        )
        return await stream(design, task, items, runtime, ledger, learning=learning, **options), lm


class _Slow(Scripted):
    """Takes another time for each call."""

    def __init__(self, script, seed):
        super().__init__(script)
        self.rng = random.Random(seed)

    async def complete(self, request):
        await asyncio.sleep(self.rng.random() / 500)
        return await super().complete(request)


async def test_what_an_item_taught_is_known_to_later_ones():
    result, _ = await streamed()
    seen = set()
    for step, item in zip(result.steps, TRAIN, strict=True):
        name = item.question.split()[2]
        assert step.result.score == float(name in seen)
        assert bool(step.recalled) == (name in seen)
        seen.add(name)
    assert {entry.when for entry in result.memory} == {f"the customer is {name}" for name in AGREED}
    assert all(entry.helped > 3 and not entry.hurt for entry in result.memory)
    assert {entry.provenance.writer for entry in result.memory} == {"reflect"}


@pytest.mark.parametrize("lag", [1, 4, 7])
async def test_item_t_reads_version_t_over_lag(lag):
    result, _ = await streamed(lag=lag)
    assert [step.version for step in result.steps] == [t // lag for t in range(len(TRAIN))]
    known = [{entry.when.split()[-1] for entry in memory} for memory in result.versions]
    for t, version in enumerate(range(len(result.versions) - 1)):
        assert known[version] == {item.question.split()[2] for item in TRAIN[: t * lag]}


async def test_timing_and_concurrency_change_nothing():
    runs = [
        await streamed(TRAIN[:12], lag=4, delays=seed, ledger=Ledger(Budget.parse(None))) for seed in (1, 2)
    ]
    plain, _ = await streamed(TRAIN[:12], lag=4)
    for result, _ in runs:
        assert result.versions == plain.versions
        assert [s.result.score for s in result.steps] == [s.result.score for s in plain.steps]


async def test_a_target_is_told_only_after_its_block_is_recorded():
    recorded, shown = [], []

    def spy(request):
        prompt = request.messages[-1].content
        if "Right answer" in prompt:
            shown.append(len(recorded))
        return clerk(request)

    await streamed(TRAIN[:8], spy, lag=4, on_step=recorded.append)
    assert shown == [4] * 4 + [8] * 4


async def test_without_labels_no_target_is_told_and_a_judge_decides():
    result, lm = await streamed(labels=False)
    prompts = "\n".join(request.messages[-1].content for request in lm.requests)
    assert "Right answer" not in prompts
    assert "Check the solution" in prompts
    assert len(result.memory) == 0


@pytest.mark.parametrize("split", ["val", "test"])
async def test_items_of_val_and_test_are_refused(split):
    given = TASK.val[:1] if split == "val" else (Item("x0", "What does Bolt pay at 1?", "4"),)
    with pytest.raises(InputError, match="is of val or test"):
        await streamed((*TRAIN[:2], *given))


async def test_no_target_of_val_or_test_reaches_a_memory_or_a_prompt():
    canaries = {split: f"90{number}417" for number, split in enumerate(("val", "test"), 1)}
    task = Task.of(
        "canary",
        train=TRAIN,
        val=[Item(f"v{n}", f"What does Bolt pay at {n}?", canaries["val"]) for n in range(3)],
        test=[Item(f"x{n}", f"What does Bolt pay at {n}?", canaries["test"]) for n in range(3)],
        scorer="numeric",
    )
    result, lm = await streamed(TRAIN[:9], task=task)
    async with MontySandbox() as sandbox:
        runtime = Runtime(models={"": lm}, blocks=blocks(), sandbox=sandbox, memory=result.memory)
        evaluation = await evaluate(RECALL, task, "val", runtime)
    assert evaluation.fingerprint.endswith(f"memory={result.memory.digest}")
    told = json.dumps([memory.to_json() for memory in result.versions])
    told += "".join(request.messages[-1].content for request in lm.requests)
    assert not any(canary in told for canary in canaries.values())


async def test_cases_are_kept_as_they_were_answered():
    design = Design("async def workflow(task):\n    return await cases(task)")
    result, _ = await streamed(TRAIN[:3], design=design, writer="case")
    assert [(e.when, e.what) for e in result.memory] == [(i.question, i.target) for i in TRAIN[:3]]
    assert {entry.kind for entry in result.memory} == {"case"}


async def test_a_case_is_kept_with_its_options():
    """Items of a benchmark may ask the same, of other options: they are cases of their own."""
    asks = "Which is warm?"
    items = [
        Item(f"t{n}", asks, "(A)", choices=(f"(A) {warm}", f"(B) {cold}"))
        for n, (warm, cold) in enumerate([("tea", "ice"), ("fire", "snow"), ("soup", "frost")])
    ]
    task = Task.of("warm", train=items, val=orders(8, 1, "v"), test=orders(4, 2, "x"), scorer="choice")
    design = Design("async def workflow(task):\n    return await cases(task)")
    result, lm = await streamed(items, lambda _: "Answer: (A)", design, task=task, writer="case")
    assert [e.when for e in result.memory] == [
        f"{asks}\nOptions:\n(A) {warm}\n(B) {cold}"
        for warm, cold in [("tea", "ice"), ("fire", "snow"), ("soup", "frost")]
    ]
    assert "(A) tea\n(B) ice\nAnswer: (A)" in lm.requests[1].messages[-1].content


async def test_contrast_compares_the_drafts_of_an_item():
    design = Design(
        "async def workflow(task):\n"
        "    return majority(await gather(*[recall(task, temperature=0.8) for _ in range(2)]))"
    )

    def wavering(request):
        prompt = request.messages[-1].content
        if "Compare the solutions" in prompt:
            return "When: a customer is named\nDo: look up the agreement"
        return f"I try {request.sample}.\nAnswer: {request.sample}"

    result, lm = await streamed(TRAIN[:1], wavering, design, writer="contrast")
    assert "Solution 2:\nI try 1.\nAnswer: 1\n\nRight answer:" in lm.requests[-1].messages[-1].content
    assert [entry.what for entry in result.memory] == ["look up the agreement"]


async def test_a_tested_lesson_is_one_with_which_the_item_is_solved():
    def guesses(request):
        text = clerk(request)
        return f"{text}9" if text.startswith("When") and request.sample < 3 else text

    plain, _ = await streamed(script=guesses)
    assert sum(step.result.score for step in plain.steps) == 0
    result, lm = await streamed(script=guesses, writer="tested", ledger=Ledger(Budget.parse(None)))
    assert {(e.when.split()[-1], e.what) for e in result.memory} == {
        (name, f"add {change}") for name, change in AGREED.items()
    }
    assert sum(step.result.score for step in result.steps) == len(TRAIN) - len(AGREED)
    written = [r for r in lm.requests if "Write one lesson" in r.messages[-1].content]
    assert len(written) == DRAWN * len(AGREED)  # nothing is written where the memory was enough
    assert sum(step.writing.tokens for step in result.steps) > 0


async def test_a_tested_lesson_that_only_gives_the_answer_of_its_item_is_not_kept():
    def parrot(request):
        prompt = request.messages[-1].content
        if "Write one lesson" in prompt:
            told = re.search(r"Right answer: (\d+)", prompt)
            name = re.findall(r"What does (\w+) pay", prompt)[-1]
            return f"When: the customer is {name}\nDo: charge {told[1]}"
        said = re.search(r"Do: charge (\d+)", prompt)
        return f"As the lesson says.\nAnswer: {said[1]}" if said else clerk(request)

    kept, _ = await streamed(TRAIN[:4], parrot, writer="reflect")
    assert [entry.what for entry in kept.memory][:1] == [f"charge {TRAIN[0].target}"]
    result, lm = await streamed(TRAIN[:4], parrot, writer="tested")
    assert len(result.memory) == 0
    assert sum("Write one lesson" in r.messages[-1].content for r in lm.requests) == 4 * DRAWN


async def test_what_a_design_writes_itself_is_kept():
    design = Design(
        "async def workflow(task):\n    a = await direct(task)\n"
        "    await reflect(task, a, await verify(task, a))\n    return a"
    )

    def writes(request):
        lesson = "When: it rains\nDo: stay in"
        return lesson if "Write one lesson" in request.messages[-1].content else clerk(request)

    result, _ = await streamed(TRAIN[:3], writes, design, writer="none")
    assert [(entry.what, entry.helped) for entry in result.memory] == [("stay in", 2)]  # written thrice


async def test_a_condition_is_refined_where_a_lesson_was_of_no_use():
    held = Memory((MemoryEntry("a customer is named", "add 3", helped=2, helped_with=("Bolt?",), id="wide"),))

    def narrow(request):
        prompt = request.messages[-1].content
        if "Write a new condition" in prompt:
            return "When: the customer is Bolt"
        if "Which lessons" in prompt:
            return "Lessons: 1"
        return "Nothing." if "Write one lesson" in prompt else "Answer: 0"

    item = Item("n", "A customer is named Elm. What does Elm pay at 5?", "12")
    result, _ = await streamed((item,), narrow, memory=held)
    (entry,) = result.memory
    assert (entry.when, entry.evidence, entry.id) == ("the customer is Bolt", (2, 1), "wide")


async def test_lessons_that_say_the_same_are_merged():
    words = "the customer who orders is called Bolt and {} the goods are listed"
    held = Memory(tuple(MemoryEntry(words.format(w), "add 3 to the price", id=w) for w in ("also", "since")))

    def merging(request):
        joined = "nearly the same" in request.messages[-1].content
        return "When: the customer is Bolt\nDo: add 3" if joined else clerk(request)

    result, _ = await streamed(TRAIN[:1], merging, memory=held, writer="none")
    assert [(e.when, e.id) for e in result.memory] == [("the customer is Bolt", "also")]
    assert result.upkeep.tokens > 0


async def test_a_memory_keeps_its_size():
    result, _ = await streamed(most=2)
    assert max(map(len, result.versions)) == 2


async def test_poisoned_feedback_is_survived():
    rng, items = random.Random(5), []
    for item in orders(120, 3):
        wrong = rng.random() < 0.2
        items.append(Item(item.id, item.question, str(rng.randint(100, 999)) if wrong else item.target))
    true = {item.id: item.target for item in orders(120, 3)}
    result, _ = await streamed(tuple(items))
    late = result.steps[60:]
    right = sum(step.result.answer.text == true[step.result.item_id] for step in late)
    assert right >= 0.7 * len(late)


async def test_an_outage_ends_the_stream_and_teaches_nothing():
    def down(request):
        raise ProviderError("no route")

    with pytest.raises(ProviderError):
        await streamed(TRAIN[:2], down)


def test_a_wrong_writer_or_lag_is_one_line():
    for wrong in ({"writer": "poet"}, {"lag": 0}):
        with pytest.raises(InputError):
            Learning(**wrong)


@pytest.mark.slow
async def test_a_fifth_of_wrong_labels_is_survived():
    clean, _ = await streamed(orders_many := tuple(orders(120)), lag=4)
    poisoned, _ = await streamed(orders_many, lag=4, poison=0.2)
    late = [step.result.score for step in poisoned.steps[60:]]
    assert poisoned.memory != clean.memory  # wrong lessons were written,
    assert sum(late) / len(late) > 0.6  # and most answers are right all the same
