"""Task files, good and bad: every bad one gives one line with the place, what is wrong, and the cure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from masdesign.errors import InputError
from masdesign.tasks import load_task
from masdesign.tasks.formats import items_of
from masdesign.tasks.readers import read_records
from masdesign.types import Answer

GOOD = [{"question": f"What is {n} + {n}?", "target": str(2 * n)} for n in range(40)]


def write(
    path: Path, records: list[dict], *, end: str = "\n", bom: bool = False, ascii_only: bool = True
) -> Path:
    text = end.join(json.dumps(record, ensure_ascii=False) for record in records) + end
    path.write_bytes((b"\xef\xbb\xbf" if bom else b"") + text.encode())
    return path


def test_a_plain_file(tmp_path):
    task = load_task(write(tmp_path / "sums.jsonl", GOOD))
    assert (task.name, task.metric.name, task.notes, task.duplicates) == ("sums.jsonl", "numeric", (), 0)
    assert len(task.train) + len(task.val) + task.size("test") == 40


def test_windows_line_ends_byte_order_mark_and_empty_lines_do_not_matter(tmp_path):
    plain = load_task(write(tmp_path / "a.jsonl", GOOD))
    odd = load_task(write(tmp_path / "b.jsonl", GOOD, end="\r\n\r\n", bom=True))
    assert (odd.val, odd.version) == (plain.val, plain.version)


def test_a_line_separator_inside_a_text_does_not_end_a_line(tmp_path):
    records = [{"question": f"{n}\u2028\u0085x", "target": "1"} for n in range(10)]
    task = load_task(write(tmp_path / "a.jsonl", records))
    assert sum(len(task.make(s)) for s in ("train", "val", "test")) == 10


def test_bbh_with_lettered_and_plain_options(tmp_path):
    examples = [{"input": f"{n}?\nOptions:\n(A) red\n(B) blue", "target": "(B)"} for n in range(10)]
    examples += [{"input": f"{n}!\nOptions:\n- Yes\n- No", "target": "No"} for n in range(10)]
    path = tmp_path / "bbh.json"
    path.write_text(json.dumps({"canary": "x", "examples": examples}))
    task = load_task(path)
    assert task.metric.name == "choice"
    assert {item.choices for item in task.val + task.make("test")} == {("(A) red", "(B) blue"), ("Yes", "No")}
    assert not any("Options" in item.question for item in task.val)


def test_options_that_are_prose_stay_in_the_question(tmp_path):
    records = [{"question": f"{n}: which?\nOptions:\n- one\nand more prose", "target": "x"} for n in range(9)]
    assert load_task(write(tmp_path / "a.jsonl", records)).val[0].choices == ()


def test_gsm8k_reads_the_number_after_the_hashes(tmp_path):
    records = [{"question": f"q{n}", "answer": f"long <<1+1=2>> story\n#### {n},000"} for n in range(9)]
    task = load_task(write(tmp_path / "gsm.jsonl", records))
    assert task.metric.name == "numeric"
    assert {i.target for i in task.val} <= {f"{n}000" for n in range(9)}
    assert task.val[0].solution == "long <<1+1=2>> story"
    assert task.val[0].record["answer"].startswith("long <<1+1=2>> story\n####")


def test_an_id_that_is_null_is_none(tmp_path):
    records = [{"id": None, "question": f"what is {n % 20}?", "target": n % 20} for n in range(22)]
    assert load_task(write(tmp_path / "a.jsonl", records)).duplicates == 2


def test_half_a_character_is_replaced(tmp_path):
    """No model can be sent one: each item that held one had scored 0."""
    lone = "\\ud83d"
    row = f'{{"id": "i{lone}", "question": "what {lone}?", "target": "x", "context": ["p {lone}"]}}\n'
    (tmp_path / "task.jsonl").write_text(row)
    (item,) = items_of(read_records(tmp_path / "task.jsonl"))
    assert (item.id, item.question, item.context) == ("i?", "what ??", ("p ?",))


def test_columns_context_choices_and_numbers(tmp_path):
    records = [
        {"q": f"is it {n}?", "gold": n % 2, "passages": ["one", "two"], "options": ["0", "1"], "id": n}
        for n in range(20)
    ]
    columns = {"question": "q", "target": "gold", "context": "passages", "choices": "options"}
    task = load_task(write(tmp_path / "a.jsonl", records), columns=columns)
    item = task.val[0]
    assert (item.context, item.choices, item.target) == (("one", "two"), ("0", "1"), str(int(item.id) % 2))


def test_a_target_that_is_no_option_is_told(tmp_path):
    records = [
        {"question": f"{n}", "target": "maybe" if n == 3 else "yes", "choices": ["yes", "no"]}
        for n in range(9)
    ]
    (note,) = load_task(write(tmp_path / "a.jsonl", records)).notes
    assert "1 of 9" in note
    assert "'maybe'" in note


def test_targets_that_are_no_options_are_not_guessed_at():
    letters = [{"question": f"{n}", "target": "E", "choices": ["x", "y"]} for n in range(9)]
    places = [{"question": f"{n}", "target": n % 2, "choices": ["x", "y"]} for n in range(9)]
    for rows in (letters, places):
        with pytest.raises(InputError, match=r"not certain \(a target such as '[E0]', none of its options"):
            load_task(rows)


def test_options_in_one_text_are_refused():
    rows = [{"question": f"{n}", "target": "x", "choices": "x, y"} for n in range(9)]
    with pytest.raises(
        InputError, match=r"\"choices\" is one text \('x, y'\); give the options as a JSON list"
    ):
        load_task(rows)
    task = load_task([{**row, "choices": '["x", "y"]'} for row in rows])
    assert task.val[0].choices == ("x", "y")


def test_a_list_is_one_answer_under_a_form_that_takes_lists():
    grids = [{"question": f"{n}", "target": [[1, 2], [3, n]]} for n in range(9)]
    task = load_task(grids, scorer="grid")
    item = task.val[0]
    assert item.targets == (f"[[1, 2], [3, {item.question}]]",)
    assert task.scorer(Answer(f"1 2\n3 {item.question}"), item) == 1.0
    assert task.scorer(Answer("1 2"), item) == 0.0
    words = [{"question": f"{n}", "target": ["a", "b"]} for n in range(9)]
    assert load_task(words, answer="list", scorer="match").val[0].targets == ('["a", "b"]',)
    several = [{"question": f"{n}", "targets": [["a", "b"], ["b", "a"]]} for n in range(9)]
    assert load_task(several, scorer="list").val[0].targets == ('["a", "b"]', '["b", "a"]')
    assert load_task(words, scorer="exact").val[0].targets == ("a", "b")


def test_a_table_without_names_says_how_its_columns_are_named(tmp_path):
    file = tmp_path / "mgsm_de.tsv"
    file.write_text("".join(f"Wie viel ist {n}?\t{n}\n" for n in range(9)))
    with pytest.raises(InputError, match=r"by number \(1, 2, …\) where the first line is a row"):
        load_task(file)
    task = load_task(file, columns={"question": "1", "target": "2"})
    assert sum(task.size(split) for split in ("train", "val", "test")) == 9


def test_a_function_of_the_users_that_fails_is_one_line(tmp_path, monkeypatch, fresh_imports):
    (tmp_path / "rows_of_mine.py").write_text(
        "def boom(): raise ValueError('x\\ny')\n"
        "def later():\n    yield {'question': 'a', 'target': '1'}\n    raise KeyError('k')\n"
        "async def soon(): return []\n"
        "def rows():\n    for n in range(9): yield {'question': f'{n}?', 'target': n}\n"
    )
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"rows_of_mine:boom failed \(ValueError: x y\); correct it"):
        load_task("rows_of_mine:boom")
    with pytest.raises(InputError, match=r"rows_of_mine:later failed \(KeyError: 'k'\)"):
        load_task("rows_of_mine:later")
    with pytest.raises(InputError, match="is async"):
        load_task("rows_of_mine:soon")
    assert load_task("rows_of_mine:rows").scorer.name == "numeric"


def _lines(*lines: str) -> bytes:
    return "\n".join(lines).encode()


FIRST = '{"question": "a", "target": "b"}'
BAD = {
    "empty.jsonl": (b"", "empty"),
    "blank.jsonl": (b"\n \n", "empty"),
    "broken.jsonl": (_lines(FIRST, '{"question": "x", '), r"line 2: broken JSON"),
    "cut.jsonl": (_lines(FIRST, "", '{"question": "x'), r"line 3: broken JSON"),
    "text.jsonl": (b"What is this?\n", "line 1: broken JSON"),
    "list.jsonl": (_lines(FIRST, '["a", "b"]'), "line 2: not a JSON object"),
    "no_target.jsonl": (
        _lines(FIRST, '{"question": "x"}'),
        r'line 2: no "target" \(found: question\).*right column for target',
    ),
    "no_question.jsonl": (b'{"prompt": "x", "target": "y"}', r'line 1: no "question".*column for question'),
    "empty_target.jsonl": (_lines(FIRST, '{"question": "x", "target": ""}'), 'line 2: "target" is empty'),
    "null_target.jsonl": (_lines(FIRST, '{"question": "x", "target": null}'), 'line 2: "target" is empty'),
    "list_target.jsonl": (_lines(FIRST, '{"question": "x", "target": []}'), 'line 2: "target" is a list'),
    "blank_question.jsonl": (b'{"question": "  ", "target": "a"}', 'line 1: "question" is empty'),
    "bad_choices.jsonl": (b'{"question": "x", "target": "a", "choices": {"a": 1}}', '"choices" is an object'),
    "bad_context.jsonl": (b'{"question": "x", "target": "a", "context": 3}', '"context" is a number'),
    "bad_id.jsonl": (b'{"question": "x", "target": "a", "id": [1]}', '"id" is a list'),
    "same_id.jsonl": (
        _lines('{"id": 1, "question": "x", "target": "a"}', "", '{"id": 1, "question": "y", "target": "a"}'),
        "line 3: the id '1' is already that of .*line 1",
    ),
    "latin.jsonl": (_lines(FIRST) + b'\n{"question": "caf\xe9", "target": "b"}', "line 2: not UTF-8"),
    "utf16.jsonl": (FIRST.encode("utf-16"), "not UTF-8"),
    "nan.jsonl": (b'{"question": "x", "target": NaN}', "line 1: broken JSON .*NaN"),
    "deep.jsonl": (b"[" * 200_000, "broken JSON"),
    "huge.jsonl": (b'{"question": "x", "target": 1e400}', "line 1: broken JSON .*1e400 is too large"),
    "twice.jsonl": (b'{"question": "x", "target": 1, "target": 2}', '"target" stands twice'),
    "contradiction.jsonl": (
        _lines('{"question": "x", "target": "a"}', "", '{"question": "X ", "target": "b"}'),
        "line 3: a contradiction: the question of .*line 1 has the target 'a' there and 'b' here",
    ),
    "gsm.jsonl": (
        _lines('{"question": "x", "answer": "1 + 1\\n#### 2"}', '{"question": "y", "answer": "no hashes"}'),
        'line 2: "answer" does not end',
    ),
    "two.jsonl": (_lines(FIRST, '{"question": "c", "target": "d"}'), "no item is left for"),
    "list.json": (b'{"items": []}', "holds no examples"),
    "number.json": (b"3", "not a JSON object or a list"),
    "none.json": (b'{"examples": []}', "holds no examples"),
    "broken.json": (b'{"examples": [\n{"input": "x",}]}', "broken JSON .*line 2"),
    "untold.json": (
        b'{"examples": [{"input": "x", "target": "y"}, {"input": "x"}]}',
        'example 2: no "target"',
    ),
    "columns.csv": (
        b"question,notes,notes,question,target\na,,,b,c\n",
        'line 1: the column "question" stands 2 times',
    ),
    "table.yaml": (b"- a", ".yaml is no format that is read"),
    "wide.csv": (b"question,target\na,b,c\n", "line 2: 3 cells where the first line names 2"),
    "quote.csv": (b'question,target\n"a,b\n', "broken csv"),
    "packed.jsonl.gz": (b"\x1f\x8bjunk", "cannot be read"),
    "empty.parquet": (b"", "Parquet"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_gives_one_line_with_its_cure(tmp_path, name):
    content, says = BAD[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=says) as caught:
        load_task(path)
    message = str(caught.value)
    assert name in message
    assert ";" in message
    assert "\n" not in message


def test_a_folder_without_a_file_that_is_read(tmp_path):
    (tmp_path / "notes.txt").write_text("question,target")
    with pytest.raises(InputError, match=r"is a folder without a file that is read; name a \.jsonl"):
        load_task(tmp_path)


def test_no_such_file_and_no_such_task():
    with pytest.raises(InputError, match="does not exist"):
        load_task("nowhere/at_all.jsonl")
    with pytest.raises(InputError, match="did you mean arithmetic"):
        load_task("arithmetics")


def test_wrong_columns(tmp_path):
    path = write(tmp_path / "a.jsonl", GOOD)
    with pytest.raises(InputError, match="unknown column name 'answer'"):
        load_task(path, columns={"answer": "target"})
    with pytest.raises(InputError, match=r'no "gold" \(found: question, target\); .*column for target'):
        load_task(path, columns={"target": "gold"})


def test_a_target_that_is_no_label_is_one_line():
    rows = [{"question": f"Ticket {n}?", "target": ("Billing", "technical")[n % 2]} for n in range(20)]
    assert load_task(rows, labels="billing,Technical").form.name == "label"
    with pytest.raises(InputError, match=r"'technical' is none of the labels Billing, Sales \(10 items"):
        load_task(rows, labels="Billing,Sales")


def test_a_table_of_names_alone_is_named(tmp_path):
    (tmp_path / "empty.csv").write_text("question,target\n")
    with pytest.raises(InputError, match=r"empty\.csv has no row"):
        load_task(tmp_path / "empty.csv")
