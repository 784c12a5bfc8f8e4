"""Many items lie in a temporary file: the task is the same, and so is what is said of a wrong row."""

from __future__ import annotations

import gc
import json
import pickle
import random

import numpy as np
import pytest

from masdesign.errors import InputError
from masdesign.tasks import items as storing
from masdesign.tasks import load_task
from masdesign.tasks.items import ItemStore, StoredItems, first_alike
from masdesign.tasks.task import SPLITS
from masdesign.types import Item


def rows(count: int) -> list[dict[str, object]]:
    """Rows with duplicates at the end; every fifth has passages and an id of its own."""
    rng = random.Random(7)
    made = []
    for number in range(count):
        row: dict[str, object] = {
            "question": f"What is row {number % (count - 5)}?",
            "target": rng.choice("AB"),
        }
        if number >= count - 5:
            row["target"] = made[number % (count - 5)]["target"]
        elif number % 5 == 0:
            row |= {"id": f"own {number}", "context": [f"passage {number % 10}", "another"]}
        made.append(row)
    return [row for row in made if "id" in row or "context" not in row]


def loaded(tmp_path, lines, **options):
    path = tmp_path / "many.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return load_task(path, **options)


def shown(task):
    facts = (task.version, task.notes, task.chance, task.scorer.name, task.duplicates)
    return facts, {split: [(item, item.record) for item in task.make(split)] for split in SPLITS}


@pytest.mark.parametrize("options", [{}, {"items": 20, "test_items": 9}, {"keep_all": True}])
def test_a_task_is_the_same_whether_its_items_lie_in_memory_or_in_a_file(tmp_path, monkeypatch, options):
    lines = rows(300)
    held = loaded(tmp_path, lines, **options)
    monkeypatch.setattr(storing, "MANY", 40)
    stored = loaded(tmp_path, lines, **options)
    assert shown(held) == shown(stored)
    assert stored.ids("train") == held.ids("train")
    assert stored.clusters("test") == held.clusters("test")
    assert isinstance(stored.train, StoredItems)
    assert not stored.train.store.in_memory
    assert isinstance(held.train, tuple)
    if "items" in options:
        assert isinstance(stored.val, tuple), "few items are held, however many there were"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"question": "New?", "target": "A", "id": "own 20"},
            "the id 'own 20' is already that of .*21;",
        ),
        ({"question": "what is  row 3?", "target": "C"}, "a contradiction: the question of .*line 4 has"),
        ({"question": "", "target": "C"}, '"question" is empty'),
    ],
)
def test_a_wrong_row_is_named_alike(tmp_path, monkeypatch, wrong, message):
    lines = [*rows(300), wrong]
    messages = []
    for many in (storing.MANY, 40):
        monkeypatch.setattr(storing, "MANY", many)
        with pytest.raises(InputError, match=message) as caught:
            loaded(tmp_path, lines)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_items_of_different_questions_never_share_an_id(tmp_path, monkeypatch):
    monkeypatch.setattr(storing, "MANY", 1)
    lines = [
        {"question": "Which?", "target": "a", "choices": choices}
        for choices in (["x y"], ["x", "y"], ["z", "y"])
    ]
    task = loaded(tmp_path, lines, scorer="label", keep_all=True)
    ids = [item.id for split in SPLITS for item in task.make(split)]
    assert len(set(ids)) == 3


@pytest.mark.slow
def test_the_file_goes_with_the_store_without_a_warning(recwarn):
    store = ItemStore()
    for number in range(storing.MANY + 2):
        store.append(Item(str(number), "?", "x"), f"line {number}")
    assert not store.in_memory
    assert store.read(storing.MANY) == (Item(str(storing.MANY), "?", "x"), f"line {storing.MANY}")
    file = store._file
    del store
    gc.collect()
    assert file is not None
    assert file.closed
    assert [str(w.message) for w in recwarn if w.category is ResourceWarning] == []


class Unwritable:
    def __reduce__(self):
        raise pickle.PicklingError("no")


def test_a_value_that_cannot_be_written_stays_in_memory(monkeypatch):
    monkeypatch.setattr(storing, "MANY", 1)
    own = Unwritable()
    items = StoredItems.of(
        [Item(str(n), f"{n}?", "x", record={"own": own} if n % 2 else {}) for n in range(6)]
    )
    assert [item.id for item in items] == list("012345")
    assert items[3].record["own"] is own


def test_no_room_is_one_line(monkeypatch):
    class Full:
        def write(self, data):
            raise OSError(28, "No space left on device")

        def close(self):
            pass

    monkeypatch.setattr(storing, "MANY", 1)
    monkeypatch.setattr(storing.tempfile, "TemporaryFile", lambda **_: Full())
    with pytest.raises(
        InputError, match=r"no room for the items in .* \(No space left on device\); make room"
    ):
        StoredItems.of([Item(str(n), "?", "x") for n in range(3)])


def test_a_disk_that_is_full_when_the_buffer_is_written_is_one_line(monkeypatch):
    class Late:
        def write(self, data):
            return len(data)

        def seek(self, place):
            raise OSError(28, "No space left on device")

        def close(self):
            pass

    monkeypatch.setattr(storing, "MANY", 1)
    monkeypatch.setattr(storing.tempfile, "TemporaryFile", lambda **_: Late())
    items = StoredItems.of([Item(str(n), "?", "x") for n in range(3)])
    with pytest.raises(InputError, match="no room for the items in"):
        items[0]


def test_equal_keys_point_to_the_first():
    keys = np.frombuffer(b"".join(bytes([n % 3] * 16) for n in range(7)), "S16")
    assert first_alike(keys).tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert first_alike(keys[:0]).tolist() == []
