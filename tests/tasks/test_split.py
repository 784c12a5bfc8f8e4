"""Splits of files: stable, disjoint, in proportion, and free of duplicates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from masdesign.errors import InputError
from masdesign.tasks import load_task
from masdesign.tasks.split import split_items, without_duplicates
from masdesign.types import Item

SPLITS = ("train", "val", "test")


def write(path: Path, questions: list[str], **more: str) -> Path:
    path.write_text("".join(json.dumps({"question": q, "target": q[-1], **more}) + "\n" for q in questions))
    return path


def questions(task) -> dict[str, set[str]]:
    return {split: {item.question for item in task.make(split)} for split in SPLITS}


def test_shares_are_20_30_50(tmp_path):
    task = load_task(write(tmp_path / "a.jsonl", [f"question {n}" for n in range(2000)]))
    sizes = [len(task.make(split)) / 2000 for split in SPLITS]
    assert sizes == pytest.approx([0.2, 0.3, 0.5], abs=0.04)


def test_an_item_stays_where_it_is_when_others_come_and_go(tmp_path):
    few = questions(load_task(write(tmp_path / "a.jsonl", [f"question {n}" for n in range(100)])))
    more = questions(load_task(write(tmp_path / "b.jsonl", [f"question {n}" for n in range(300, -1, -1)])))
    assert all(few[split] <= more[split] for split in SPLITS)


def test_spelling_and_order_of_lines_do_not_matter(tmp_path):
    one = load_task(write(tmp_path / "a.jsonl", [f"Question {n}" for n in range(50)]))
    other = load_task(write(tmp_path / "b.jsonl", [f" question  {n}" for n in range(49, -1, -1)]))
    assert [i.id for i in one.val] == [i.id for i in other.val]


def test_the_first_items_of_a_longer_split_are_the_same(tmp_path):
    path = write(tmp_path / "a.jsonl", [f"question {n}" for n in range(200)])
    whole, short = load_task(path), load_task(path, items=10, test_items=20)
    assert (short.val, short.make("test")) == (whole.val[:10], whole.make("test")[:20])
    assert short.version == whole.version
    assert load_task(path, items=1000).notes == (
        f"val has {len(whole.val)} items, fewer than the 1000 asked for",
    )


def test_a_sorted_file_does_not_give_a_sorted_split(tmp_path):
    task = load_task(write(tmp_path / "a.jsonl", [f"question {n:03}" for n in range(200)]))
    order = [item.question for item in task.val]
    assert order != sorted(order)


def test_duplicates_are_removed_and_counted(tmp_path):
    task = load_task(write(tmp_path / "a.jsonl", [f"question {n % 60}" for n in range(100)]))
    assert task.duplicates == 40
    assert sum(len(q) for q in questions(task).values()) == sum(len(task.make(s)) for s in SPLITS) == 60
    assert any("40 duplicate" in note for note in task.notes)


def test_one_question_with_other_passages_is_no_duplicate_but_stays_in_one_split():
    items = [Item(str(n), "Who?", "x", context=(f"passage {n}",)) for n in range(9)]
    items += [Item(f"o{n}", f"question {n}", "x") for n in range(60)]
    parts, removed = without_duplicates(split_items(items))
    assert removed == 0
    assert [sum(i.question == "Who?" for i in parts[s]) for s in SPLITS].count(9) == 1


def test_files_of_their_own_take_the_place_of_splits(tmp_path):
    main = write(tmp_path / "main.jsonl", [f"question {n}" for n in range(80)])
    train = write(tmp_path / "train.jsonl", [f"question {n}" for n in range(70, 100)])
    task = load_task(main, train=train)
    asked = questions(task)
    assert task.duplicates == 10  # those of train that main's val or test has
    assert asked["train"] == {f"question {n}" for n in range(80, 100)}
    assert len(asked["val"] | asked["test"]) == 80
    assert asked["train"].isdisjoint(asked["val"] | asked["test"])
    assert load_task(main).version != task.version


def test_all_three_files(tmp_path):
    names = {
        split: write(tmp_path / f"{split}.jsonl", [f"{split} {n}" for n in range(5)]) for split in SPLITS
    }
    task = load_task(write(tmp_path / "main.jsonl", ["main"]), **names)
    assert all(len(task.make(split)) == 5 for split in SPLITS)
    assert any("main.jsonl are not used" in note for note in task.notes)


@pytest.mark.parametrize("count", [3, 4, 7])
def test_tiny_files_get_an_item_in_every_split(tmp_path, count):
    task = load_task(write(tmp_path / "a.jsonl", [f"q{n}" for n in range(count)]))
    assert all(task.make(split) for split in SPLITS)


def test_a_split_without_items_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"no item is left for .* a file of its own for "):
        load_task(write(tmp_path / "a.jsonl", ["same question"] * 50))


def test_the_version_is_of_all_that_a_score_depends_on(tmp_path):
    path = write(tmp_path / "a.jsonl", [f"question {n}" for n in range(40)])
    version = load_task(path).version
    assert load_task(path, metric="f1").version != version
    assert load_task(path, tools=["python"]).version != version
    assert load_task(path, description="say it", items=3).version == version
    assert load_task(write(tmp_path / "a.jsonl", [f"question {n}" for n in range(41)])).version != version
