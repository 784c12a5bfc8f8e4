"""Recorded solutions: what is answered, what is refused, and what is out of reach."""

from __future__ import annotations

import gc
import json
from dataclasses import replace
from pathlib import Path

import pytest

from masdesign.building_blocks._prompt import render
from masdesign.errors import InputError, NotPlayable
from masdesign.lm import LM, ModelSpec, Recorded, Repertoire, load_lm, note_of, repertoire_of
from masdesign.lm.providers.recorded import recorded
from masdesign.records.cache import Cache
from masdesign.spending.price import Price
from masdesign.types import Message, Origin, Question, Request

CANARY = "canary-4711"
REAL = Path(__file__).parents[3] / "shared" / "data" / "gsm8k" / "example_model_solutions.jsonl"
needs_data = pytest.mark.skipif(not REAL.is_file(), reason="no ../shared/data beside this checkout")


def row(question, small, large="So 9\nA: 9", right=True):
    return {
        "question": question,
        "ground_truth": f"It is {CANARY}\nA: {CANARY}",
        "small": {"is_correct": right, "solution": small, "why": CANARY},
        "large_verification": {"is_correct": not right, "solution": large},
    }


@pytest.fixture
def path(tmp_path):
    rows = [
        row("How many eggs?\nTwo  dozen.", "12 * 2 = <<12*2=24>>24\nA: 24"),
        row("What is {{ 7 * 7 }}?", "A: 1,000"),
        row("Cut?", "It goes on and on"),
    ]
    file = tmp_path / "solutions.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def small(path):
    return Recorded(path, "small", price=Price(1, 2))


def request(question="How many eggs? two dozen.", block="chain_of_thought", **options):
    user = Message("user", f"Problem: {question}\n\nThink.")
    return Request((user,), origin=Origin(block, question), **options)


def unlike(**shown):
    """A request of a prompt that shows more than the bare question."""
    prompt = render("direct", **{"task": Question("Cut?"), "instruction": "", **shown})
    return Request(prompt, origin=prompt.origin)


@pytest.mark.parametrize("block", ["chain_of_thought", "direct"])
async def test_both_prompts_get_the_solution_as_it_stands(small, block):
    found = await small.complete(request(block=block, temperature=0.8))
    assert found.text == "12 * 2 = <<12*2=24>>24\nAnswer: 24"
    assert found.finish == "stop"
    assert isinstance(small, LM)


async def test_a_question_is_found_whatever_its_spelling_and_is_never_a_template(small):
    assert (await small.complete(request("HOW many  eggs?\n two dozen. "))).text.endswith("Answer: 24")
    assert (await small.complete(request("What is {{ 7 * 7 }}?"))).text == "Answer: 1,000"


@pytest.mark.parametrize(
    "asked",
    [
        request(sample=1),
        request(world=2, temperature=0.8),
        request(block="verify"),
        request("How many?"),
        request("How many eggs?"),
        unlike(role="You are careful."),
        unlike(instruction="Think hard."),
        unlike(task=Question("Cut?", choices=("24", "25"))),
        unlike(task=Question("Cut?", context=("Hens.",))),
        Request((Message("user", "Problem: Cut?\n\nThink."),)),
        Request(()),
    ],
)
async def test_anything_else_is_not_recorded_in_one_line(small, asked):
    with pytest.raises(NotPlayable, match="not recorded: ") as caught:
        await small.complete(asked)
    assert "chain_of_thought and direct" in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_at_temperature_0_every_world_is_the_same(small):
    assert await small.complete(request(world=3)) == await small.complete(request())


async def test_tokens_are_estimates_and_usd_are_the_users(small):
    found = await small.complete(request())
    asked = "Problem: How many eggs? two dozen.\n\nThink."
    assert found.usage.prompt_tokens == -(-len(asked) // 4)
    assert found.usage.completion_tokens == -(-len("12 * 2 = <<12*2=24>>24\nA: 24") // 4)
    assert found.usage.usd == Price(1, 2).usd(found.usage)


async def test_a_solution_without_an_end_was_cut(small):
    assert (await small.complete(request("Cut?"))).finish == "length"
    cut = await small.complete(request(max_tokens=2))
    assert (cut.text, cut.finish, cut.usage.completion_tokens) == ("12 * 2 =", "length", 2)


@pytest.mark.slow
async def test_labels_are_out_of_reach(path):
    lm = Recorded(path, "small")
    gc.collect()
    seen, waiting = set(), [lm]
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen or isinstance(thing, type) or "module" in type(thing).__name__:
            continue
        seen.add(id(thing))
        assert CANARY not in repr(thing)
        assert "is_correct" not in repr(thing)
        waiting += vars(thing).values() if hasattr(thing, "__dict__") else []
        waiting += thing.values() if isinstance(thing, dict) else thing if isinstance(thing, tuple) else []
    with pytest.raises(NotPlayable) as caught:
        await lm.complete(request("What is not there?"))
    assert CANARY not in str(caught.value)


async def test_labels_change_nothing(path, tmp_path):
    rows = [json.loads(line) for line in path.read_text().splitlines() if line]
    for other in rows:
        other["ground_truth"] = "A: 0"
        other["small"]["is_correct"] = not other["small"]["is_correct"]
    turned = tmp_path / "turned.jsonl"
    turned.write_text("".join(json.dumps(other) + "\n" for other in rows))
    one, two = (Recorded(file, "small") for file in (path, turned))
    assert one.model == two.model
    assert await one.complete(request()) == await two.complete(request())


def test_what_it_can_play_and_how_it_must_be_read(path):
    small, large = (Recorded(path, column) for column in ("small", "large_verification"))
    assert repertoire_of(small) == Repertoire(frozenset({"direct", "chain_of_thought"}), draws=1)
    assert "estimates" in note_of(small)
    assert "best of many" in note_of(large)
    assert "best of many" not in note_of(small)
    assert small.model.startswith("small@")
    assert small.model.partition("@")[2] != large.model.partition("@")[2]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("recorded:{path}", "with one of small, large_verification"),
        ("recorded:{path}#", "with one of small, large_verification"),
        ("recorded:{path}#huge", "no solutions of 'huge'"),
        ("recorded:{path}#ground_truth", "no solutions of 'ground_truth'"),
        ("recorded:{path}#question", "no solutions of 'question'"),
        ("recorded:/nowhere.jsonl#small", "cannot be read"),
    ],
)
def test_a_wrong_name_is_one_line(path, name, says):
    with pytest.raises(InputError, match=says) as caught:
        recorded(name.format(path=path))
    assert "\n" not in str(caught.value)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("[1]\n", "line 1: not a JSON object"),
        ("{\n", "line 1: not a JSON object"),
        ('{"small": {"solution": "x"}}\n', "line 1: no question"),
        ('{"question": "a", "small": 1}\n', "line 1: no solutions of 'small'"),
        ('{"question": "a", "small": {"solution": 3}}\n', "line 1: no solutions of 'small'"),
        (
            2 * '{"question": "a", "small": {"solution": "x"}}\n',
            "line 2: the question stands in the file twice",
        ),
    ],
)
def test_a_wrong_file_is_one_line_with_its_place(tmp_path, text, says):
    (tmp_path / "x.jsonl").write_text(text)
    with pytest.raises(InputError, match=says):
        Recorded(tmp_path / "x.jsonl", "small")


async def test_it_is_loaded_by_name_with_its_price(path):
    with Cache.memory() as cache:
        lm = load_lm(ModelSpec(f"recorded:{path}#small", price=Price(1, 2)), cache=cache, concurrency=1)
        assert (await lm.complete(request())).usage.usd > 0
        assert len(cache) == 0
        await lm.aclose()


@pytest.mark.slow
@needs_data
@pytest.mark.parametrize(
    "column", ["6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification"]
)
async def test_the_real_file(column):
    lm = Recorded(REAL, column)
    rows = [json.loads(line) for line in REAL.read_text(encoding="utf-8").splitlines()]
    replies = [await lm.complete(request(row["question"])) for row in rows]
    assert len(replies) == 1319
    assert sum(reply.finish == "length" for reply in replies) <= 6
    assert all("Answer:" in reply.text for reply in replies if reply.finish == "stop")


# other layouts -------------------------------------------------------------------------------------------


def log(tmp_path, *rows):
    file = tmp_path / "log.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def asked(question, block="chain_of_thought", sample=0, **shown):
    prompt = render(block, task=Question(question, **shown), instruction="")
    return Request(prompt, origin=prompt.origin, sample=sample)


async def test_replies_of_any_number_of_models_are_found_by_question_and_options(tmp_path):
    row = {"question": "Which?", "options": ["red", "blue"], "answer": CANARY}
    other = {**row, "options": ["blue", "red"], "replies": {"a": "The answer is (A).", "b": "(B)"}}
    file = log(tmp_path, {**row, "replies": {"a": "The answer is (B).", "b": "x"}}, other)
    lm = Recorded(file, "a")
    for choices, text in ((("red", "blue"), "(B)."), (("(A) blue", "(B) red"), "(A).")):
        assert (await lm.complete(asked("which?", choices=choices, form="choice"))).text.endswith(text)
    for choices in ((), ("red", "green")):
        with pytest.raises(NotPlayable, match="the question 'Which"):
            await lm.complete(asked("Which?", choices=choices))
    with pytest.raises(InputError, match="with one of a, b"):
        Recorded(file, "answer")
    assert CANARY not in repr(vars(lm))


async def test_replies_differ_by_the_kind_of_prompt_and_by_sample(tmp_path):
    cell = {"chain_of_thought": ["So 1.", "So 2."], "direct": ["3", "4"]}
    lm = Recorded(log(tmp_path, {"question": "1 + 1 =", "m": cell}), "m")
    assert lm.repertoire == Repertoire(frozenset({"direct", "chain_of_thought"}), draws=2)
    assert (await lm.complete(asked("1 + 1 =", sample=1))).text == "So 2."
    assert (await lm.complete(asked("1 + 1 =", "direct"))).text == "3"
    with pytest.raises(NotPlayable, match="sample 2, since each question has 2 solutions"):
        await lm.complete(asked("1 + 1 =", sample=2))
    steps = Recorded(log(tmp_path, {"question": "1 + 1 =", "m": {"chain_of_thought": "So 1."}}), "m")
    with pytest.raises(NotPlayable, match="such a prompt"):
        await steps.complete(asked("1 + 1 =", "direct"))


async def test_a_log_of_a_line_a_reply_has_its_own_tokens(tmp_path):
    line = {"question": "1 + 1 =", "model": "m", "kind": "direct", "prompt_tokens": 7, "completion_tokens": 5}
    file = log(
        tmp_path, {**line, "reply": "2"}, {**line, "model": "other", "reply": "3"}, {**line, "reply": "4"}
    )
    lm = Recorded(file, "m", price=Price(1, 2))
    found = await lm.complete(asked("1 + 1 =", "direct", sample=1))
    assert (found.text, found.usage.prompt_tokens, found.usage.completion_tokens) == ("4", 7, 5)
    assert found.usage.usd == pytest.approx(17e-6)
    with pytest.raises(InputError, match="no replies of 'nobody'"):
        Recorded(file, "nobody")


async def test_a_reply_that_is_longer_than_the_first_models_could_write_is_given_whole(tmp_path):
    lm = Recorded(log(tmp_path, {"question": "Why?", "m": "so " * 4000}), "m")
    found = await lm.complete(replace(asked("Why?", "direct"), max_tokens=lm.profile.length))
    assert lm.profile.length >= found.usage.completion_tokens == 3000
    assert lm.window > 3000


MMLU_PRO = REAL.parents[1] / "mmlu_pro" / "replies_600.jsonl"


@pytest.mark.slow
@needs_data
async def test_five_real_models_on_mmlu_pro():
    rows = [json.loads(line) for line in MMLU_PRO.read_text(encoding="utf-8").splitlines()][:100]
    for column in rows[0]["replies"]:
        lm = Recorded(MMLU_PRO, column)
        assert lm.questions == 600
        for row in rows:
            shown = {"choices": tuple(row["options"]), "form": "choice"}
            request = asked(row["question"], **shown)
            reply = await lm.complete(replace(request, max_tokens=lm.profile.length))
            assert reply.text == row["replies"][column].strip("\n").rstrip()
            assert reply.finish == "stop"
