"""Readers: the same items whatever the format, and one line for what cannot be read."""

from __future__ import annotations

import csv
import gzip
import json
import os
import sys
import time
from pathlib import Path

import pytest

from masdesign.cli import main
from masdesign.errors import InputError
from masdesign.tasks import load_task
from masdesign.tasks.columns import Missing, unfold, value_at
from masdesign.tasks.formats import items_of
from masdesign.tasks.readers import READERS, Record, read_records
from masdesign.tasks.readers.folder import split_files
from masdesign.tasks.readers.hf import parse_source
from masdesign.types import Item

ROWS = [{"question": f"What is {n} + {n}?", "target": str(2 * n), "context": ["a", "b"]} for n in range(40)]


def lines(rows: list[dict]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def table(rows: list[dict], separator: str) -> bytes:
    text = [separator.join(rows[0])]
    for row in rows:
        cells = [json.dumps(v) if isinstance(v, list) else v for v in row.values()]
        text.append(separator.join('"' + cell.replace('"', '""') + '"' for cell in cells))
    return "\r\n".join(text).encode()


FILES = {
    "a.jsonl": lines(ROWS),
    "lines.json": lines(ROWS),  # JSON lines, whatever the file is called
    "noending": lines(ROWS),
    "list.json": json.dumps(ROWS).encode(),
    "pretty.json": json.dumps({"about": "sums", "data": ROWS}, indent=1).encode(),
    "other.json": json.dumps({"version": 1, "sums": ROWS, "notes": ["x"]}).encode(),
    "a.ndjson": lines(ROWS),
    "a.csv": table(ROWS, ","),
    "a.tsv": b"\xef\xbb\xbf" + table(ROWS, "\t"),
    "a.jsonl.gz": gzip.compress(lines(ROWS)),
    "a.csv.gz": gzip.compress(table(ROWS, ",")),
}


@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_same_task(tmp_path: Path, name: str):
    (tmp_path / name).write_bytes(FILES[name])
    expected = load_task(ROWS)
    task = load_task(tmp_path / name)
    assert task.version == expected.version
    assert [item.targets for item in task.val] == [item.targets for item in expected.val]
    assert task.val[0].context == ("a", "b")


def test_parquet(tmp_path: Path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.Table.from_pylist(ROWS), tmp_path / "a.parquet")
    assert load_task(tmp_path / "a.parquet").version == load_task(ROWS).version


def test_a_folder_is_read_whole_unless_its_files_are_splits(tmp_path: Path):
    (tmp_path / "one.jsonl").write_bytes(lines(ROWS[:20]))
    (tmp_path / "two.json").write_bytes(json.dumps(ROWS[20:]).encode())
    (tmp_path / "readme.txt").write_text("nothing")
    assert load_task(tmp_path).version == load_task(ROWS).version
    official = tmp_path / "official"
    official.mkdir()
    for name, part in (
        ("train.jsonl", ROWS[:10]),
        ("my-dev.jsonl", ROWS[10:20]),
        ("test_1.jsonl", ROWS[20:]),
    ):
        (official / name).write_bytes(lines(part))
    assert set(split_files(official)) == {"train", "val", "test"}
    task = load_task(official)
    assert [task.size(split) for split in ("train", "val", "test")] == [10, 10, 20]
    assert {item.question for item in task.train} == {row["question"] for row in ROWS[:10]}


def test_rows_at_hand():
    assert load_task(iter(ROWS)).version == load_task(tuple(ROWS)).version
    items = [Item("", row["question"], row["target"], ("a", "b"), record={"own": 1}) for row in ROWS]
    task = load_task(items)
    assert task.version == load_task(ROWS).version
    assert task.val[0].record["own"] == 1
    assert load_task(task) is task
    with pytest.raises(InputError, match="items, row 2 is str"):
        load_task([ROWS[0], "x"])
    with pytest.raises(InputError, match="items is int"):
        load_task(3)


def test_a_function_of_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    source = (
        "from masdesign.tasks import Task\nfrom masdesign.types import Item\n"
        "def rows(): return [{'question': f'{n}?', 'target': n} for n in range(30)]\n"
        "def task(): return Task.of('mine', val=[Item('a', '1 + 1', '2')])\n"
        "def nothing(): return None\n"
    )
    (tmp_path / "my_rows_of_tasks.py").write_text(source)
    monkeypatch.chdir(tmp_path)
    assert load_task("my_rows_of_tasks:rows").name == "rows"
    assert load_task("my_rows_of_tasks.py:task").name == "mine"
    with pytest.raises(InputError, match="NoneType; give a Task"):
        load_task("my_rows_of_tasks:nothing")
    with pytest.raises(InputError, match="no function gone"):
        load_task("my_rows_of_tasks:gone")


ASDIV = """<Machine-Reading-Corpus-File><ProblemSet>
<Problem ID="a" Grade="1"><Body>Ann has 2 eggs.</Body><Question>And 3 more?</Question>
  <Answer>5 (eggs)</Answer><Formula>2+3=5</Formula></Problem>
<Problem ID="b" Grade="1"><Body>Bo &amp; Cy.</Body><Question>Which?</Question>
  <Answer>red</Answer><Options><O>red</O><O>blue</O></Options></Problem>
</ProblemSet></Machine-Reading-Corpus-File>"""


def test_xml(tmp_path: Path):
    file = tmp_path / "asdiv.xml"
    file.write_text(ASDIV)
    first, second = read_records(file)
    assert first.fields["Answer"] == "5 (eggs)"
    assert second.fields["Options"] == ["red", "blue"]
    columns = {"id": "ID", "question": "{Body} {Question}", "target": "Answer"}
    assert [(item.id, item.question) for item in items_of([first, second], columns)] == [
        ("a", "Ann has 2 eggs. And 3 more?"),
        ("b", "Bo & Cy. Which?"),
    ]
    (tmp_path / "one.xml").write_text("<rows><row><question>?</question><target>a</target></row></rows>")
    assert [dict(r.fields) for r in read_records(tmp_path / "one.xml")] == [{"question": "?", "target": "a"}]
    bomb = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    for wrong in ("<a><b>", f'<!DOCTYPE a [<!ENTITY l0 "ha">{bomb}]><a><b>&l11;</b></a>'):
        file.write_text(wrong)
        with pytest.raises(InputError, match="broken XML"):
            list(read_records(file))


def test_every_reader_has_a_name_and_an_ending_or_a_prefix():
    for name, reader in READERS.all().items():
        assert reader.name == name
        assert reader.endings or reader.prefix or name == "folder"


# columns ----------------------------------------------------------------------------------------------

ROW = {
    "a": {"b": [{"c": 1}, {"c": 2}]},
    "x.y": 3,
    "Body": "There are 2",
    "Question": "How many?",
    "A": "red",
    "B": "blue",
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("x.y", 3),
        ("a.b[].c", [1, 2]),
        ("a.b[1].c", 2),
        ("{Body}. {Question}", "There are 2. How many?"),
        ("{a.b[].c}", "1\n2"),
        ("[A; B]", ["red", "blue"]),
    ],
)
def test_paths(path: str, value: object):
    assert value_at(path, ROW) == value


@pytest.mark.parametrize("path", ["gone", "a.gone", "a.b[7]", "A[]", "{gone} x", "[A; gone]"])
def test_a_path_that_leads_nowhere(path: str):
    with pytest.raises(Missing):
        value_at(path, ROW)


def test_rows_within_rows():
    squad = {"title": "T", "paragraphs": [{"context": "C", "qas": [{"question": "1?"}, {"question": "2?"}]}]}
    rows = list(unfold([Record("f, line 1", squad)], "paragraphs[].qas[]"))
    assert [row.fields["question"] for row in rows] == ["1?", "2?"]
    assert rows[1].fields["context"] == "C"
    assert rows[1].where == "f, line 1, qas 2"
    drop = {"p1": {"passage": "P", "qa_pairs": [{"question": "Q"}]}}
    assert [dict(r.fields) for r in unfold([Record("f", drop)], "[].qa_pairs[]")] == [
        {"_key": "p1", "passage": "P", "question": "Q"}
    ]
    with pytest.raises(InputError, match="no 'gone' in it"):
        list(unfold([Record("f", drop)], "gone[]"))


@pytest.mark.parametrize("ours", ["question", "target", "context", "choices", "id"])
def test_an_unknown_column_is_an_error_that_names_the_columns(ours: str):
    columns = {"question": "question", "target": "target", ours: "optionz"}
    with pytest.raises(InputError, match=rf'no "optionz" \(found: .*context\).*column for {ours}'):
        load_task(ROWS, columns=columns)


def test_columns_by_number(tmp_path: Path):
    with (tmp_path / "a.tsv").open("w", newline="") as file:
        csv.writer(file, delimiter="\t").writerows([[f"{n} + 1?", n + 1] for n in range(30)])
    task = load_task(tmp_path / "a.tsv", columns={"question": "1", "target": "2"})
    assert sum(task.size(split) for split in ("train", "val", "test")) == 30
    assert task.scorer.name == "numeric"


def test_options_as_an_object_and_several_columns():
    row = {"question": "?", "target": "B", "choices": {"A": "red", "B": "blue"}}
    assert items_of([Record("x", row)])[0].choices == ("(A) red", "(B) blue")
    flat = {"q": "?", "answer": "B", "A": "red", "B": "blue"}
    columns = {"question": "q", "target": "answer", "choices": "[A; B]"}
    assert items_of([Record("x", flat)], columns)[0].choices == ("red", "blue")


def test_targets_of_every_kind():
    def target(value: object) -> tuple[str, ...]:
        return tuple(items_of([Record("x", {"question": "?", "target": value})])[0].targets)

    assert target(["Rome", "Roma"]) == ("Rome", "Roma")
    assert target([1, 2.5]) == ("1", "2.5")
    assert target([[1, 2], [3, 4]]) == ("[1, 2]", "[3, 4]")
    assert target({"a": 1}) == ('{"a": 1}',)
    assert target(True) == ("True",)
    assert items_of([Record("x", {"question": "?"})], targets=False)[0].targets == ()


def test_the_last_of_two_marks_counts_in_gsm8k():
    row = {"question": "?", "answer": "first #### 3\nno, rather\n#### 1,200"}
    (item,) = items_of([Record("x", row)])
    assert (item.target, item.solution) == ("1200", "first #### 3\nno, rather")
    (item,) = items_of([Record("x", {"question": "?", "answer": "so #### 3 #### 4"})])
    assert item.target == "4"


def test_an_answer_without_mark_is_the_target_as_it_stands():
    def targets(*answers: object, **more: object) -> list[tuple[str, ...]]:
        rows = [{"question": f"{n}?", "answer": answer, **more} for n, answer in enumerate(answers)]
        return [tuple(item.targets) for item in items_of([Record("x", row) for row in rows])]

    assert targets("billing", "sales\n#### 3") == [("billing",), ("sales\n#### 3",)]
    assert targets("# Plan\n#### Next steps") == [("# Plan\n#### Next steps",)]
    assert targets(3, True, ["Rome", "Roma"]) == [("3",), ("True",), ("Rome", "Roma")]
    assert targets("red", choices=["red", "blue"]) == [("red",)]
    for place in ({"choices": ["red", "blue"], "answer": 0}, {"options": ["red", "blue"], "answer": "A"}):
        with pytest.raises(InputError, match='no "target"'):
            items_of([Record("x", {"question": "?", **place})])
    assert items_of([Record("x", {"question": "?"})], targets=False)[0].targets == ()


# duplicates, contradictions, leaks, sizes -------------------------------------------------------------


def test_duplicates_are_removed_or_kept():
    rows = [*ROWS, *ROWS[:5]]
    assert load_task(rows).duplicates == 5
    kept = load_task(rows, keep_all=True)
    assert sum(kept.size(split) for split in ("train", "val", "test")) == 45
    assert kept.duplicates == 0
    for split in ("train", "val", "test"):
        assert len(set(kept.ids(split))) == kept.size(split)  # results go by id


def test_a_contradiction_names_both_rows():
    rows = [*ROWS, {**ROWS[3], "target": "99"}]
    with pytest.raises(
        InputError, match=r"row 41: a contradiction: the question of items, row 4 has the target '6'"
    ):
        load_task(rows)
    assert load_task(rows, keep_all=True).size("test")
    assert load_task([{**row, "target": [row["target"], "x"]} for row in ROWS] + [], scorer="exact")


def test_targets_in_sight_are_counted():
    rows = [
        {"question": f"Who wrote {n}?", "target": f"Author{n}", "context": [f"By Author{n}."]}
        for n in range(30)
    ]
    (note,) = load_task(rows, scorer="exact").notes
    assert note == "of 30 targets, 30 in their item's passages can be read"


def test_near_duplicates_across_splits_are_counted():
    train = [
        {"question": f"In a very long story that is told here, Ann has {n} eggs", "target": n}
        for n in range(9)
    ]
    test = [
        {"question": f"In a very long story that is told here, Ann has {n} eggs!", "target": n}
        for n in (50, 51)
    ]
    task = load_task(train, train=train, val=[{"question": "Other?", "target": 1}], test=test)
    assert any("near-duplicates of a question in an earlier split: 2 of test" in note for note in task.notes)


@pytest.mark.slow
def test_a_large_file_is_read_row_by_row(tmp_path: Path):
    path = tmp_path / "large.jsonl"
    path.write_bytes(b'{"question": "x", "target": "1"}\n' * 200_000)
    rows = read_records(path)
    first = next(rows)
    assert first.where.endswith("line 1")
    assert sys.getsizeof(rows) < 1000
    assert sum(1 for _ in rows) == 199_999


@pytest.mark.slow
def test_a_long_file_takes_time_in_proportion_to_its_rows(tmp_path: Path):
    def seconds(count: int) -> float:
        path = tmp_path / f"{count}.jsonl"
        story = "In a long story that is told here Ann has {} eggs and sells {}. How many has she?"
        path.write_bytes(lines([{"question": story.format(n, n % 97), "target": n} for n in range(count)]))
        start = time.process_time()
        task = load_task(path, items=20, test_items=30)
        assert (task.size("val"), task.size("test")) == (20, 30)
        return time.process_time() - start

    assert seconds(20_000) < 40 * min(seconds(2000), seconds(2000))


def test_a_long_reading_tells_how_far_it_is(monkeypatch, caplog):
    monkeypatch.setattr("masdesign.tasks.formats._ROWS_A_NOTE", 20)
    load_task(ROWS)
    assert caplog.messages == ["items: 20 rows read", "items: 40 rows read"]


def test_names_on_the_hub():
    assert parse_source("openai/gsm8k:main:test") == ("openai/gsm8k", "main", "test")
    for wrong in ("", "a:b:c:d", "a::b"):
        with pytest.raises(InputError, match="write hf:OWNER/NAME"):
            parse_source(wrong)


def test_a_table_with_semicolons_is_read_by_its_first_line(tmp_path):
    file = tmp_path / "table.csv"
    file.write_text('question;target\n"1 + 1; in words?";two\n2,5 + 2,5?;5\n')
    (_, first, second) = read_records(file)
    assert first.fields == {"question": "1 + 1; in words?", "target": "two"}
    assert second.fields["question"] == "2,5 + 2,5?"


@pytest.mark.parametrize("name", ["pipe", "pipe.jsonl", "pipe.csv", "pipe.parquet", "/dev/zero", "/dev/tty"])
@pytest.mark.timeout(60)
def test_a_device_or_a_pipe_is_one_line(tmp_path: Path, name: str, capsys):
    path = tmp_path / name
    if not path.exists():
        os.mkfifo(path)
    (tmp_path / "sums.jsonl").write_bytes(lines(ROWS))
    kind = "a device" if name.startswith("/dev") else "a pipe"
    cure = f"{path} is {kind}; save what it gives as a file, and name that"
    place = f"--archive={tmp_path / 'a.db'}"
    for command in (
        ["evaluate", "direct", str(path)],
        ["evaluate", "direct", str(tmp_path / "sums.jsonl"), "--val", str(path)],
        ["search", str(path), "--budget=100calls"],
        ["archive", "import", str(path)],
    ):
        assert main([*command, place]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert cure in line


@pytest.mark.parametrize("name", ["zeros", "zeros.jsonl", "list.json", "lines.csv"])
def test_what_is_too_long_to_be_held_is_one_line(tmp_path: Path, name: str, monkeypatch):
    content = {"list.json": json.dumps(ROWS, indent=1).encode(), "lines.csv": table(ROWS, ",")}
    (tmp_path / name).write_bytes(content.get(name, bytes(2000)))
    monkeypatch.setattr("masdesign.tasks.readers._text.MOST_BYTES", 1000 if name != "lines.csv" else 20)
    with pytest.raises(InputError, match=r"longer than \d+ bytes; save it as UTF-8 \.jsonl"):
        list(read_records(tmp_path / name))
