"""Memories in an archive: versions by what they changed, exchange, and what is refused."""

import json
from dataclasses import replace

import pytest

from masdesign.archive import Archive
from masdesign.errors import InputError
from masdesign.memory import Memory, MemoryEntry, Provenance

BOLT = MemoryEntry("the customer is Bolt", "add 3", provenance=Provenance(task="orders", item="a"))
ACME = MemoryEntry("the customer is Acme", "take 2 off", example="24 - 2 = 22")
RIGHT = BOLT.used("What does Bolt pay?", helped=True)


@pytest.fixture
def archive(tmp_path):
    with Archive(tmp_path / "a.db") as opened:
        yield opened


def filled(archive):
    archive.save_memory("orders", Memory((BOLT,)), task="orders", run="r")
    archive.save_memory("orders", Memory((RIGHT, ACME)))
    archive.save_memory("orders", Memory((ACME,)))
    return archive


def test_every_version_can_be_read_again(archive):
    filled(archive)
    assert archive.memory("orders@0") == Memory()
    assert archive.memory("orders@1") == Memory((BOLT,))
    assert archive.memory("orders@2") == Memory((RIGHT, ACME))
    assert archive.memory("orders") == archive.memory("orders@3") == Memory((ACME,))


def test_a_version_holds_what_changed_alone(archive):
    first, second, third = filled(archive).memories("orders")
    assert [entry["when"] for entry in second.put] == [BOLT.when, ACME.when]
    assert (third.put, third.drop) == ([], [BOLT.id])
    assert (first.task, first.run, first.foreign) == ("orders", "r", False)


def test_what_is_no_change_is_no_version(archive):
    assert archive.save_memory("orders", Memory((BOLT,))) == 1
    assert archive.save_memory("orders", Memory((BOLT,))) == 1
    assert archive.save_memory("orders", Memory()) == 2


@pytest.mark.parametrize("ref", ["odrers", "orders@9", "orders@x"])
def test_a_wrong_name_or_number_is_one_line(archive, ref):
    filled(archive)
    with pytest.raises(InputError, match="memory '") as error:
        archive.memory(ref)
    assert "\n" not in str(error.value)


def test_memories_travel_with_an_archive_and_are_foreign_there(archive, tmp_path):
    filled(archive).export(tmp_path / "out.jsonl")
    with Archive(tmp_path / "b.db") as other:
        assert other.import_(tmp_path / "out.jsonl").added == 3
        assert other.import_(tmp_path / "out.jsonl").added == 0
        assert other.memory("orders@2") == Memory((RIGHT, ACME))
        assert all(record.foreign for record in other.memories())
        other.export(tmp_path / "again.jsonl", canonical=True)
    lines = [json.loads(line) for line in (tmp_path / "again.jsonl").read_text().splitlines()]
    assert [line["version"] for line in lines if line["kind"] == "memory"] == [1, 2, 3]


def test_one_memory_can_be_exported_alone(archive, tmp_path):
    filled(archive).save_memory("other", Memory((BOLT,)))
    assert archive.export_memory("orders", tmp_path / "orders.jsonl") == 3
    with Archive(tmp_path / "b.db") as other:
        assert other.import_(tmp_path / "orders.jsonl").added == 3
        assert {record.name for record in other.memories()} == {"orders"}
    with pytest.raises(InputError, match="memory 'x'"):
        archive.export_memory("x", tmp_path / "x.jsonl")


def test_ours_is_never_changed_by_an_import(archive, tmp_path):
    filled(archive).export_memory("orders", tmp_path / "orders.jsonl")
    with Archive(tmp_path / "b.db") as other:
        other.save_memory("orders", Memory((replace(ACME, what="nothing"),)))
        taken = other.import_(tmp_path / "orders.jsonl")
        assert (taken.added, len(taken.skipped)) == (0, 3)
        assert [entry.what for entry in other.memory("orders")] == ["nothing"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        {"digest": "0" * 12},
        {"put": [{"when": "a"}]},
        {"put": ["a"]},
        {"put": {"when": "a"}},
        {"version": 2},
        {"version": -1},
        {"name": ""},
        {"drop": "x"},
    ],
)
def test_what_is_not_as_it_should_be_is_skipped_with_a_reason(archive, tmp_path, change):
    archive.save_memory("orders", Memory((BOLT,)))
    archive.export_memory("orders", tmp_path / "orders.jsonl")
    header, line = (tmp_path / "orders.jsonl").read_text().splitlines()
    spoilt = json.dumps({**json.loads(line), **change})
    (tmp_path / "orders.jsonl").write_text(f"{header}\n{spoilt}\n")
    with Archive(tmp_path / "b.db") as other:
        taken = other.import_(tmp_path / "orders.jsonl")
        assert (taken.added, len(taken.skipped)) == (0, 1)
        assert other.memories() == []
