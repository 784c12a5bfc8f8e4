"""Tasks by name: generated, disjoint, the same every time; the options that do not fit are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from masdesign.errors import InputError
from masdesign.tasks import card, load_task, name_of, power_note, task_names, visible_difference
from masdesign.tasks import generated as generated_module
from masdesign.tasks.buckets import is_reserved
from masdesign.tasks.families import Family, families
from masdesign.tasks.generated import generated_task
from masdesign.tasks.task import Task, chance_of
from masdesign.types import Answer, Item

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="no ../shared/data beside this checkout")


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(families()))
def test_a_generated_task_keeps_its_promises(name):
    task = load_task(name)
    assert [len(task.make(s)) for s in ("train", "val", "test")] == [100, 200, 400]
    asked = [{i.question for i in task.make(s)} for s in ("train", "val", "test")]
    assert len(set.union(*asked)) == 700
    assert all(is_reserved(q) for q in asked[1] | asked[2])
    assert not any(is_reserved(q) for q in asked[0])
    if families()[name].metric != "outcome":
        assert all(task.metric(Answer(i.target), i) == 1.0 for i in task.val)
    again = load_task(name, items=30, test_items=500)
    assert (again.val, again.make("test")[:400]) == (task.val[:30], task.make("test"))
    assert asked[1].isdisjoint(i.question for i in load_task(name, test_items=500).make("test"))
    family = families()[name]
    assert task.version == f"{family.version}-{family.default_difficulty}"


def test_only_the_splits_that_are_asked_for_are_made(monkeypatch):
    made = []
    real = generated_module.sample_items

    def counting(*args, **kwargs):
        made.append(kwargs["reserved"])
        return real(*args, **kwargs)

    monkeypatch.setattr(generated_module, "sample_items", counting)
    task = load_task("arithmetic", items=5)
    assert made == []
    assert task.val is task.val
    assert set(made) == {True}
    before = len(made)
    assert len(task.val) == 5
    assert len(made) == before


def test_difficulty_metric_and_tools_are_in_the_version():
    plain = load_task("arithmetic")
    assert load_task("arithmetic", difficulty=1).version == "1-1"
    assert load_task("arithmetic", metric="exact").version == f"{plain.version}-exact"
    assert load_task("arithmetic", tools="python").version == f"{plain.version}+python"
    assert load_task("arithmetic", tools=["python"]).tools == {"python"}
    assert load_task("arithmetic", metric="numeric", description="sums").version == plain.version
    assert load_task("arithmetic", description="sums").description == "sums"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"tools": ["hammer"]}, "unknown tool 'hammer'; the tools are calculator, python, retrieval"),
        ({"items": 0}, "--items 0"),
        ({"test_items": -1}, "--test-items -1"),
        ({"train": "x.jsonl"}, "is generated"),
        ({"columns": {"question": "q"}}, "is generated"),
        ({"metric": "vibes"}, "scorer 'vibes' does not exist"),
    ],
)
def test_options_that_do_not_fit(options, says):
    with pytest.raises(InputError, match=says):
        load_task("arithmetic", **options)


def test_too_few_distinct_questions():
    def generate(rng, difficulty):
        return Item("", f"question {rng.randrange(200)}", "x")

    family = Family("toy", 1, "", "exact", 0.0, 1, generate)
    assert len(generated_task(family, sizes={"val": 3}).val) == 3
    with pytest.raises(InputError, match="too few distinct questions for 400 test items"):
        _ = generated_task(family).make("test")


def test_difficulty_is_for_generated_tasks(tmp_path):
    with pytest.raises(InputError, match="leave the difficulty out"):
        load_task(tmp_path / "x.jsonl", difficulty=2)


@pytest.mark.slow
def test_cards():
    assert {c["name"] for c in task_names()} >= {*families(), "gsm8k", "humaneval", "bbh_snarks"}
    found = card(load_task("boolean"))
    assert len(found["examples"]) == 2
    assert (found["train"], found["val"], found["test"]) == (100, 200, 400)


def test_chance():
    assert chance_of([]) == 0.0
    assert chance_of([Item("1", "a", "x"), Item("2", "b", "y")]) == 0.0
    assert chance_of([Item("1", "a", "x"), Item("2", "b", "x"), Item("3", "c", "y")]) == pytest.approx(2 / 3)


def test_a_task_of_items_at_hand():
    task = Task.of("mine", val=[Item("1", "1+1", "2")], tools=["python"])
    assert (task.metric.name, task.make("test"), task.tools) == ("numeric", (), {"python"})


def test_names_in_the_archive():
    assert name_of("../shared/data/bbh/navigate.json") == "navigate.json"
    assert name_of("navigate") == "navigate"


def test_what_few_items_can_show():
    assert power_note(50) is None
    assert "only 49 val items" in power_note(49)
    assert visible_difference(0) == 1.0
    assert visible_difference(400) == pytest.approx(visible_difference(100) / 2)


@needs_data
@pytest.mark.parametrize(
    ("file", "metric", "choices"),
    [
        ("bbh/boolean_expressions.json", "bool", ()),
        ("bbh/navigate.json", "choice", ("Yes", "No")),
        ("bbh/web_of_lies.json", "bool", ()),
    ],
)
def test_the_public_benchmark_files(file, metric, choices):
    task = load_task(DATA / file)
    assert task.metric.name == metric
    assert sum(len(task.make(s)) for s in ("train", "val", "test")) + task.duplicates == 250
    assert all(i.choices == choices and task.metric(Answer(i.target), i) == 1.0 for i in task.make("test"))


@needs_data
def test_gsm8k_with_its_own_train_file():
    task = load_task(DATA / "gsm8k/test.jsonl", train=DATA / "gsm8k/train_500.jsonl")
    assert (len(task.train), len(task.val) + task.size("test")) == (500, 1319)
    assert task.metric.name == "numeric"
    assert all(task.metric(Answer(i.target), i) == 1.0 for i in task.make("test"))


@needs_data
def test_a_file_that_is_no_task_names_the_option():
    with pytest.raises(InputError, match=r'line 1: no "target" \(found: question, ground_truth'):
        load_task(DATA / "gsm8k/example_model_solutions.jsonl")
    columns = {"target": "ground_truth"}
    with pytest.raises(InputError, match="which scorer fits is not certain"):
        load_task(DATA / "gsm8k/example_model_solutions.jsonl", columns=columns)


def test_a_generated_task_is_asked_as_the_user_wants():
    """It had ignored all three without a word."""
    plain = load_task("arithmetic", items=5)
    asked = load_task("arithmetic", items=5, instruction="Add up.", answer="number")
    assert (asked.instruction, asked.form.name, asked.labels) == ("Add up.", "number", ())
    assert asked.version != plain.version
    assert load_task("boolean", items=5, labels=("True", "False"), answer="label").labels == ("True", "False")


def test_options_are_told_apart_by_their_number_and_not_by_their_words_alone() -> None:
    options = (("x", "y"), ("x y", "z"), ("x", "y z"))
    rows = [{"choices": list(choices), "target": choices[0]} for choices in options]
    task = load_task([{**row, "question": f"Which {n}?"} for n in range(9) for row in rows])
    assert task.duplicates == 0
    ids = [item.id for split in ("train", "val") for item in task.items(split)] + list(task.ids("test"))
    assert len(set(ids)) == 27
