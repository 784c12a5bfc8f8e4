"""masdesign archive: what is kept can be listed, shown, compared and moved."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from masdesign.archive import Archive, RunRecord
from masdesign.cli import main
from masdesign.evaluation.evaluation import Evaluation
from masdesign.session.resolve import resolve_design
from masdesign.types import Answer, Failure, Result, Usage
from masdesign.workflow.design import Design

PARENT = Design("async def workflow(task):\n    return await direct(task)\n", "at once", origin="random")
CHILD = Design(
    "async def workflow(task):\n    return await chain_of_thought(task)\n",
    "[bold]steps[/bold]",
    "thinking helps",
    (PARENT.id,),
    "evolution",
)
ALONE = Design("async def workflow(task):\n    return await broken(task)\n", "broken", origin="random")


def evaluation(design: Design, right: int, tokens: int, split="val") -> Evaluation:
    results = tuple(
        Result(f"{split} {n}", Answer("4"), float(n < right), Usage(tokens, 0), 1, 0.1) for n in range(60)
    )
    return Evaluation(design.id, "boolean", "1-4", split, "abacus-1@3f2a", 0, "f", 60, results)


@pytest.fixture
def place(tmp_path, monkeypatch):
    path = str(tmp_path / "archive.db")
    monkeypatch.setenv("MASDESIGN_ARCHIVE", path)
    with Archive(path) as archive:
        run = archive.start_run(RunRecord("", "boolean", "1-4", "abacus-1@3f2a", "random"))
        for design, right, tokens in ((PARENT, 30, 20), (CHILD, 50, 90)):
            archive.add_design(design)
            archive.add_evaluation(evaluation(design, right, tokens), run)
        archive.add_failure(ALONE, Failure("design", "unknown block 'broken'", 2), run)
        archive.add_evaluation(evaluation(CHILD, 45, 90, "test"), run)
        archive.finish_run(run, {"best": {"id": CHILD.id}})
    return path


@pytest.fixture
def call(capsys):
    def run(*arguments: str):
        assert main(["archive", *arguments, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def test_list(place, call, capsys):
    rows = call("list")
    assert [row["id"] for row in rows] == [ALONE.id, CHILD.id, PARENT.id]  # newest first
    assert {
        "id",
        "name",
        "origin",
        "parents",
        "task",
        "model",
        "val",
        "test",
        "tokens_per_item",
        "created",
    } <= set(rows[0])
    assert set(rows[1]["val"]) == {"score", "low", "high", "items"}
    assert rows[1]["test"]["score"] == 0.75
    assert rows[0]["val"] is None
    assert len(call("list", "--task", "boolean", "--model", "abacus")) == 2
    assert call("list", "--task", "arithmetic") == []
    assert main(["archive", "list"]) == 0
    assert "[bold]steps[/bold]" in capsys.readouterr().out


def test_a_narrow_terminal_shows_whole_ids(place, capsys, monkeypatch):
    monkeypatch.setattr("masdesign.cli.archive._shared.WIDTH", 80)
    assert main(["archive", "list"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert all(design.id in out for design in (PARENT, CHILD, ALONE))


def test_show(place, call, capsys):
    found = call("show", CHILD.id[:8], "--items")
    assert (found["source"], found["thought"]) == (CHILD.source, "thinking helps")
    assert [e["split"] for e in found["results"]] == ["val", "test"]
    assert len(found["results"][0]["by_item"]) == 60
    assert found["evidence"] == []
    assert found["lineage"]["ancestors"][0]["design_id"] == PARENT.id
    assert call("show", "best")["id"] == CHILD.id
    assert call("show", "broken")["failures"][0]["line"] == 2
    assert main(["archive", "show", "best"]) == 0
    out = capsys.readouterr().out
    assert "await chain_of_thought(task)" in out
    assert "at once" in out
    assert "made here: boolean val" in out


def test_show_tells_what_became_of_a_design(place, call, capsys):
    told = {"design": PARENT.id, "distillate": CHILD.id, "method": "weights", "student_model": "abacus:there"}
    with Archive(place) as archive:
        archive.promote(PARENT.id, "careful")
        run = archive.start_run(RunRecord("", "boolean", "1-4", "abacus-1@3f2a", "distill-weights"))
        archive.open_test(run, [PARENT.id, CHILD.id], ["a", "b", "c"])
        archive.finish_run(run, {**told, "verdict": "the prompt is better"})
        archive.finish_run(
            archive.start_run(RunRecord("", "boolean", "1-4", "abacus-1@3f2a", "distill-odd")),
            {"design": {}, "distillate": CHILD.id},  # as an import may have it
        )
    parent, child = call("show", PARENT.id), call("show", CHILD.id)
    assert (parent["promoted_as"], child["promoted_as"]) == (["careful"], [])
    assert call("show", "careful")["id"] == call("lineage", "careful")["id"] == PARENT.id
    assert "await chain_of_thought" in call("diff", "careful", "best")["diff"][-1]
    assert [found["id"] for found in parent["distillates"]] == [CHILD.id]
    assert [found["id"] for found in child["distilled_from"]] == [PARENT.id]
    (opening,) = parent["openings"]
    assert (opening["run"], opening["designs"], opening["items"]) == (run, 2, 3)
    assert main(["archive", "show", PARENT.id]) == 0
    out = capsys.readouterr().out
    assert "a block of this archive: careful" in out
    assert f"distilled into {CHILD.id}" in out
    assert "answered by abacus:there" in out
    assert "the prompt is better" in out
    assert "2 designs on 3 items" in out
    assert call("show", ALONE.id)["openings"] == []


def test_a_list_has_its_ids_whole_in_80_columns_and_the_newest_first(place, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    later = Design("async def workflow(task):\n    return await ask('Late.', task)\n", "late " * 12)
    with Archive(place) as archive:
        archive.add_design(later)
    assert main(["archive", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    ids = [line.split()[0] for line in lines[1:] if line[:1].strip()]
    assert ids[0] == later.id
    assert {PARENT.id, CHILD.id, ALONE.id} < set(ids)


def test_best_and_frontier(place, call, capsys):
    best = call("best")
    assert (best["id"], best["source"]) == (CHILD.id, CHILD.source)
    assert best["val_shrunk"] < best["val"]["score"]
    assert [row["id"] for row in call("best", "-n", "5", "--task", "boolean")] == [CHILD.id, PARENT.id]
    assert [row["id"] for row in call("frontier")] == [PARENT.id, CHILD.id]
    assert main(["archive", "best"]) == 0
    assert "chain_of_thought" in capsys.readouterr().out


def test_of_a_model_the_best_is_that_of_its_latest_run(place, call):
    other = replace(evaluation(PARENT, 60, 20), task="navigate")
    with Archive(place) as archive:
        archive.add_evaluation(other)  # on another task, later than the run and by no run
    assert call("best")["task"] == call("best", "--model", "abacus")["task"] == "boolean"
    assert {row["task"] for row in call("frontier", "--model", "abacus")} == {"boolean"}


def test_best_is_the_same_design_in_every_command(place, call):
    """The winner of the latest run, whose shrunk score another design exceeds, or the best of a task."""
    with Archive(place) as archive:
        run = archive.start_run(RunRecord("", "boolean", "1-4", "abacus-1@3f2a", "random"))
        archive.finish_run(run, {"best": {"id": PARENT.id}})
    for options, meant in (((), PARENT), (("--task", "boolean"), CHILD), (("--model", "abacus"), PARENT)):
        assert call("best", *options)["id"] == call("show", "best", *options)["id"] == meant.id
    assert [row["id"] for row in call("best", "-n", "5")] == [PARENT.id, CHILD.id]
    with Archive(place) as archive:
        assert resolve_design("best", archive=archive).id == PARENT.id
        assert resolve_design("best", archive=archive, task="boolean").id == CHILD.id


def test_lineage_diff_search_stats(place, call, capsys):
    assert call("lineage", PARENT.id)["descendants"][0] == {
        "id": CHILD.id,
        "name": CHILD.name,
        "generations": 1,
    }
    assert "+    return await chain_of_thought(task)" in call("diff", PARENT.id, CHILD.id)["diff"]
    assert [row["id"] for row in call("search", "thinking")] == [CHILD.id]
    assert call("stats")["designs"] == 3
    for arguments in (
        ["lineage", CHILD.id],
        ["diff", PARENT.id, CHILD.id],
        ["search", "steps"],
        ["stats"],
        ["frontier"],
    ):
        assert main(["archive", *arguments]) == 0
        assert capsys.readouterr().out


def test_export_and_import(place, capsysbinary, tmp_path):
    def call(*arguments: str):
        assert main(["archive", *arguments, "--json"]) == 0
        return json.loads(capsysbinary.readouterr().out)

    assert main(["archive", "export", "--canonical"]) == 0
    shown = capsysbinary.readouterr().out
    assert main(["archive", "export", str(tmp_path / "x.jsonl"), "--canonical"]) == 0
    assert (tmp_path / "x.jsonl").read_bytes() == shown
    other = str(tmp_path / "other.db")
    found = call("import", str(tmp_path / "x.jsonl"), "--archive", other)
    assert (found["known"], found["skipped"]) == (0, [])
    shown = call("show", CHILD.id, "--archive", other)
    assert shown["results"] == []
    assert {e["split"] for e in shown["evidence"]} == {"val", "test"}
    assert call("list", "--task", "boolean", "--archive", other)[0]["foreign"]
    assert main(["archive", "best", "--archive", other]) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["show", "nothing"], "no design 'nothing'"),
        (["best", "--task", "navigate"], "run masdesign search navigate"),
        (["best", "--model", "gpt-9"], "in full on boolean with gpt-9 here"),
        (["import", "missing.jsonl"], "cannot be read"),
        (["export", "--json"], "name one"),
        (["list", "--archive", "."], "is a folder"),
        (["list", "--archive", ""], "--archive is empty"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(place, arguments, says, capsys):
    assert main(["archive", *arguments]) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    assert len(caught.err.strip().splitlines()) == 1
    assert says in caught.err


@pytest.mark.parametrize(
    "sought", [["search", "nowhere"], ["list", "--task=navigate"], ["frontier", "--task=no"]]
)
def test_where_nothing_fits_the_archive_is_not_called_empty(place, sought, capsys):
    assert main(["archive", *sought]) == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "nothing fits; masdesign archive list shows what there is\n")


def test_an_empty_archive(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MASDESIGN_ARCHIVE", str(tmp_path / "new.db"))
    assert main(["archive", "list"]) == 0
    assert "nothing here yet" in capsys.readouterr().err
    assert main(["archive", "best"]) == 2
    assert "run masdesign search" in capsys.readouterr().err


@pytest.mark.slow
def test_a_second_opening_of_test_is_said_beside_the_figure(place, call, capsys):
    with Archive(place) as archive:
        (found,) = archive.evaluations(split="test")
        items = [result.item_id for result in found.results]
        archive.open_test(None, [CHILD.id], items)
    assert main(["archive", "show", CHILD.id]) == 0
    assert ", opened " not in capsys.readouterr().out
    with Archive(place) as archive:
        archive.open_test(None, [CHILD.id], ["other 1", "other 2"])
        archive.open_test("again", [CHILD.id], items[5:])
    assert main(["archive", "show", CHILD.id]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "boolean test" in line)
    assert f"{len(items)}), opened 2 times, " in line
    assert call("show", CHILD.id)["test_openings"] == 2
    rows = {row["id"]: row["test_openings"] for row in call("list")}
    assert (rows[CHILD.id], rows[PARENT.id]) == (2, None)
    assert main(["archive", "list"]) == 0
    assert capsys.readouterr().out.count("opened 2 times") == 1
