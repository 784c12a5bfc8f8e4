"""``masdesign report`` as a user calls it."""

from __future__ import annotations

from pathlib import Path

import pytest

from masdesign.archive import Archive, RunRecord
from masdesign.cli import main
from masdesign.report.verbs import task_of


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MASDESIGN_CACHE", raising=False)


@pytest.mark.slow
def test_the_page_is_written_and_named(made, capsys) -> None:
    assert main(["report", "--archive", str(made.archive)]) == 0
    assert capsys.readouterr().out == "report.html\n"
    page = Path("report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "trial" in page
    assert main(["report", "trial", "--out", "there.html", "--archive", str(made.archive)]) == 0
    assert Path("there.html").read_text(encoding="utf-8") == page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nope"], "no run 'nope'"),
        (["--out", "nowhere/report.html"], "no file in a folder that is there"),
        (["--out", "."], "no file in a folder that is there"),
        (["--items", "5"], "give --task as well"),
        (["--task", "arithmetic"], "is not that of run trial"),
        (["--model", "openai/gpt-4o-mini"], "asks no model"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(made, capsys, arguments, said) -> None:
    assert main(["report", *arguments, "--archive", str(made.archive)]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert len(told.strip().splitlines()) == 1
    assert not Path("report.html").exists()


def test_a_run_that_is_no_search_has_no_page(tmp_path, capsys) -> None:
    with Archive(tmp_path / "archive.db") as archive:
        archive.start_run(RunRecord("short", "sums", "1", "scripted-1@ab", "distill-transcribe"))
    assert main(["report", "short", "--archive", "archive.db"]) == 2
    assert "run 'short' is no search (distill-transcribe)" in capsys.readouterr().err
    assert not Path("report.html").exists()


def test_no_archive_is_made_by_looking(capsys) -> None:
    assert main(["report", "--archive", "none.db"]) == 2
    assert "masdesign search" in capsys.readouterr().err
    assert not Path("none.db").exists()


@pytest.mark.slow
def test_a_generated_task_is_made_again_from_the_archive() -> None:
    from masdesign.archive import RunRecord
    from masdesign.tasks import load_task

    task = load_task("boolean", items=30, test_items=50, difficulty=2)
    settings = {"val_items": 30, "test_items": 50, "metric": task.metric.name, "tools": []}
    run = RunRecord("r", task.name, task.version, "abacus-1@0", "random", 0, settings)
    found = task_of(run)
    assert found is not None
    assert found.version == task.version
    assert found.val == task.val
    assert task_of(RunRecord("r", "questions.jsonl", "1", "m", "random", 0, settings)) is None
