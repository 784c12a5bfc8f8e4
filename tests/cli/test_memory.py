"""``masdesign memory``: what a stream teaches is kept, shown, forgotten, exported, read and measured."""

import json

import pytest

from masdesign.cli import main

CLERK = r'''
import re

import masdesign as md
from masdesign.types import Completion, Usage


@md.model("clerk")
class Clerk:
    """Follows a lesson that it is shown, and writes one from a right answer that it is told."""

    model = "clerk@1"
    window = 8192

    async def complete(self, request):
        prompt = request.messages[-1].content
        text = self.reply(prompt)
        return Completion(text, Usage(len(prompt.split()), len(text.split())))

    def reply(self, prompt):
        name, price = (re.findall(r"What does (\w+) pay at (\d+)", prompt) or [("", 0)])[0]
        if "Which lessons apply" in prompt:
            numbers = re.findall(rf"Lesson (\d+) applies when: the customer is {name}", prompt)
            return f"Lessons: {', '.join(numbers) or 'none'}"
        if "Write one lesson" in prompt:
            told = re.search(r"Right answer: (\d+)", prompt)
            agreed = int(told[1]) - int(price) if told else 0
            return f"When: the customer is {name}\nDo: add {agreed}"
        lesson = re.search(rf"When: the customer is {name}\nDo: add (-?\d+)", prompt)
        return f"Answer: {int(price) + (int(lesson[1]) if lesson else 0)}"

    async def aclose(self):
        pass
'''
AGREED = {"Bolt": 3, "Acme": -2, "Elm": 7}


def items(count, start):
    names = list(AGREED)
    for number in range(start, start + count):
        name, price = names[number % 3], 20 + number
        yield {"question": f"What does {name} pay at {price}?", "target": str(price + AGREED[name])}


@pytest.fixture
def folder(tmp_path, monkeypatch, fresh_imports):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clerk.py").write_text(CLERK)
    for name, count, start in (("train", 16, 0), ("val", 6, 30), ("test", 6, 50)):
        lines = (json.dumps(row) for row in items(count, start))
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
    return tmp_path


ORDERS = ("--train=train.jsonl", "--val=val.jsonl", "--test=test.jsonl", "--scorer=numeric")
CLERKS = ("--model=clerk", "--plugin=clerk.py", "--json")


def printed(capsys, *arguments):
    assert main(list(arguments)) == 0, capsys.readouterr().err
    return capsys.readouterr().out


def learn(capsys, *more):
    return json.loads(printed(capsys, "memory", "learn", "recall", "val.jsonl", *ORDERS, *CLERKS, *more))


@pytest.mark.slow
def test_what_is_learnt_is_kept_and_read_by_an_evaluation(folder, capsys):
    learnt = learn(capsys, "--name=orders", "--lag=2")
    assert (learnt["entries"], learnt["items"]) == (3, 16)
    assert learnt["score"] == pytest.approx(12 / 16)  # of each customer the first; one more by the lag
    evaluate = ("evaluate", "recall", "val.jsonl", *ORDERS, *CLERKS)
    assert json.loads(printed(capsys, *evaluate))["score"] == 0.0
    assert json.loads(printed(capsys, *evaluate, "--memory=orders"))["score"] == 1.0
    assert json.loads(printed(capsys, *evaluate, "--memory=orders@0"))["score"] == 0.0


@pytest.mark.slow
def test_a_search_finds_what_a_memory_is_good_for(folder, capsys):
    learn(capsys, "--name=orders")
    search = ("search", "val.jsonl", *ORDERS, *CLERKS[:2], "--budget=900calls")
    found = json.loads(printed(capsys, *search, "--memory=orders", "--json"))
    assert "recall(task, n=3)" in found["best"]["source"]
    assert (found["best"]["test"]["score"], found["baselines"][1]["test"]["score"]) == (1.0, 0.0)
    assert "masdesign memory learn recall TASK" in printed(capsys, *search)  # nothing is found without
    use = printed(capsys, *search, "--memory=orders").splitlines()[-1]
    assert "--memory orders" in use
    replayed = json.loads(printed(capsys, "replay", found["run"], "--plugin=clerk.py", "--json"))
    assert (replayed["same"], replayed["differences"]) == (True, [])
    run = ("run", found["best"]["id"], "--question=What does Bolt pay at 70?", "--plugin=clerk.py")
    assert "73" in printed(capsys, *run, "--memory=orders")
    assert "73" not in printed(capsys, *run)


def test_learning_again_is_the_same_version(folder, capsys):
    first = learn(capsys)
    again = learn(capsys)
    assert again["version"] == first["version"]
    assert again["spend"]["paid_calls"] == 0


def test_entries_are_listed_shown_forgotten_and_exported(folder, capsys):
    learnt = learn(capsys, "--name=orders")
    (row,) = json.loads(printed(capsys, "memory", "list", "--json"))
    assert (row["name"], row["entries"], row["version"]) == ("orders", 3, learnt["version"])
    entries = json.loads(printed(capsys, "memory", "show", "orders", "--json"))
    assert {entry["what"] for entry in entries} == {"add 3", "add -2", "add 7"}
    assert "When: the customer is Bolt\n  Do: add 3" in printed(capsys, "memory", "show", "orders")
    assert "2 entries" in printed(capsys, "memory", "forget", "orders", entries[0]["id"])
    assert len(json.loads(printed(capsys, "memory", "show", "orders", "--json"))) == 2
    assert "versions written" in printed(capsys, "memory", "export", "orders", "--out=orders.jsonl")
    taken = json.loads(printed(capsys, "archive", "import", "orders.jsonl", "--archive=b.db", "--json"))
    assert (taken["added"], taken["skipped"]) == (learnt["version"] + 1, [])
    assert len(json.loads(printed(capsys, "memory", "show", "orders", "--archive=b.db", "--json"))) == 2


@pytest.mark.slow
def test_learning_is_measured_beside_frozen_and_shuffled_memories(folder, capsys):
    found = json.loads(
        printed(capsys, "memory", "measure", "recall", "val.jsonl", "--orders=3", *ORDERS, *CLERKS)
    )
    assert found["curve"]["learnt"][-1] == 1.0
    assert found["curve"]["frozen"] == [0.0] * 4
    assert found["curve"]["shuffled"][-1] < 0.8
    assert found["gain"]["low"] > 0
    assert found["gain"]["p"] < 0.05
    assert found["gain_of_content"]["mean"] > 0
    assert found["backward_transfer"] > 0
    assert found["writing_tokens_per_item"] > 0
    assert "second half: +1.000 over the frozen memory" in printed(
        capsys, "memory", "measure", "recall", "val.jsonl", "--orders=3", *ORDERS, *CLERKS[:2]
    )


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("memory", "show", "orders"), "memory 'orders' is not in this archive"),
        (("memory", "forget", "orders", "x"), "memory 'orders' is not in this archive"),
        (("evaluate", "recall", "val.jsonl", *ORDERS, *CLERKS[:2], "--memory=orders"), "memory 'orders'"),
        (("memory", "learn", "recal", "val.jsonl", *ORDERS, *CLERKS[:2]), "recal"),
    ],
)
def test_a_wrong_name_is_one_line(folder, capsys, arguments, line):
    assert main(list(arguments)) == 2
    assert line in capsys.readouterr().err.strip().splitlines()[-1]


def test_an_empty_archive_says_how_a_memory_is_made(folder, capsys):
    assert "masdesign memory learn" in printed(capsys, "memory", "list")


@pytest.mark.slow
def test_what_a_memory_carries_over_and_forgets_is_measured(folder, capsys):
    lines = (json.dumps(row) for row in items(90, 100))
    (folder / "later.jsonl").write_text("\n".join(lines) + "\n")
    measure = ("memory", "measure", "recall", "val.jsonl", "--orders=1", "--then=later.jsonl", *ORDERS)
    measured = json.loads(printed(capsys, *measure, *CLERKS))
    assert measured["forward_transfer"]["mean"] == 1.0  # the same agreements hold there
    assert measured["forgetting"]["mean"] == 0.0
    assert "forward transfer: +1.000 on later.jsonl" in printed(capsys, *measure, *CLERKS[:2])


def test_workflows_are_measured_on_as_many_items_as_asked_for(folder, capsys):
    few = ("--train-items=3", "--most=1", "--budget=20calls")
    measured = json.loads(printed(capsys, "memory", "strategies", "arithmetic", *CLERKS, *few))
    assert measured["items"] == 3
