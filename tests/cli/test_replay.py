"""`masdesign replay`: a recorded search again, without its model, ends with the same archive."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
from pathlib import Path

import pytest

from masdesign.archive import Archive
from masdesign.cli import main
from masdesign.evaluation import Evaluation, session
from masdesign.lm import LM, Cached, Limited, Scripted
from masdesign.records.cache import Cache
from masdesign.types import Answer, Request, Result, Usage
from masdesign.workflow import Design

NAME = "questions.jsonl-portfolio-1"


def reply(request: Request) -> str:
    prompt = request.messages[-1].content
    found = re.search(r"(\d+) \+ (\d+) =", prompt)
    assert found
    right = int(found[1]) + int(found[2])
    draw = int(hashlib.sha256(repr((prompt, request.sample)).encode()).hexdigest()[:8], 16) / 0xFFFFFFFF
    if "Check the solution" in prompt:
        return "Verdict: right" if f"Answer: {right}\n" in prompt else "Verdict: wrong"
    if "Choice:" in prompt:
        return "Choice: 1"
    return f"Answer: {right if draw < 0.5 else right + 1}"


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A folder with the archive and the calls of one finished search."""

    def load(name: str, *, cache: Cache, concurrency: int, **_: object) -> LM:
        return Cached(Limited(Scripted(reply), concurrency), cache)

    folder = tmp_path_factory.mktemp("finished")
    questions = [f"{i}: {i} + {i * 3} =" for i in range(120)]
    lines = [json.dumps({"question": q, "target": str(i * 4)}) for i, q in enumerate(questions)]
    (folder / "questions.jsonl").write_text("\n".join(lines))
    command = ["search", "questions.jsonl", "--items=26", "--test-items=10", "--budget=700calls", "--json"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(session, "load_lm", load)
        assert main([*command, "--archive=archive.db"]) == 0
        (folder / "more.jsonl").write_text("\n".join(reversed(lines)))
        _know_another_task("several.db")
        more = ["search", "more.jsonl", *command[2:], "--strategy=portfolio"]
        assert main([*more, "--archive=several.db"]) == 0
    return folder


def _know_another_task(place: str) -> None:
    """An archive in which a vote did well on another task."""
    vote = Design("async def workflow(task):\n    return await self_consistency(task, n=4)\n", name="vote")
    results = tuple(Result(str(i), Answer("1"), 1.0, Usage(9, 9), 4) for i in range(20))
    with Archive(place) as archive:
        archive.add_design(vote)
        archive.add_evaluation(Evaluation(vote.id, "other", "1", "val", "scripted", 0, "", 20, results))


@pytest.fixture
def recorded(finished: Path, monkeypatch, tmp_path: Path) -> Path:
    """A copy of it, from which no model can be reached."""
    shutil.copytree(finished, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("MASDESIGN_ARCHIVE", "archive.db")
    return tmp_path / "here"


@pytest.mark.slow
def test_it_ends_with_the_same_archive_byte_for_byte(recorded: Path, capsys) -> None:
    with Archive("archive.db") as archive:
        found = archive.run(NAME).outcome
    assert main(["replay", NAME, "--out=again.jsonl", "--concurrency=1", "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["same"]
    assert again["same_bytes"]
    assert again["differences"] == []
    assert again["calls"] == found["spend"]["calls"]
    assert again["paid_calls"] == 0
    assert again["best"] == found["best"]["id"]
    with Archive("archive.db") as archive:
        archive.export("recorded.jsonl", canonical=True)
    assert Path("again.jsonl").read_bytes() == Path("recorded.jsonl").read_bytes()
    assert hashlib.sha256(Path("again.jsonl").read_bytes()).hexdigest() == again["sha256"]


@pytest.mark.slow
def test_beside_other_evaluations_the_lines_of_the_run_agree(recorded: Path, capsys) -> None:
    with Archive("archive.db") as archive:
        raced_out = next(s for s in archive.summaries(split="val") if s.items < s.size)
        found = archive.evaluation(raced_out)
        whole = archive.evaluation(next(s for s in archive.summaries(split="val") if s.complete))
        archive.add_evaluation(found.extended(whole.results))  # as another run would have let it grow
    capsys.readouterr()
    assert main(["replay", NAME]) == 0
    assert "agree with this archive, which holds more" in capsys.readouterr().out


@pytest.mark.slow
def test_a_run_that_began_with_what_another_had_found(recorded: Path, capsys) -> None:
    name = "more.jsonl-portfolio-1"
    with Archive("several.db") as archive:
        assert archive.run(name).settings["seeds"]
    capsys.readouterr()
    assert main(["replay", name, "--archive=several.db", "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["same"]
    assert not again["same_bytes"]
    assert again["paid_calls"] == 0


@pytest.mark.slow
def test_a_call_that_is_new_is_named_with_its_design_and_block(recorded: Path, capsys) -> None:
    with sqlite3.connect("calls.db") as calls:  # as if the prompt of `verify` had been another one then
        gone = calls.execute("DELETE FROM completions WHERE request LIKE '%Check the solution%'").rowcount
    assert gone
    capsys.readouterr()
    assert main(["replay", NAME]) == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert re.search(r"design [0-9a-f]{12} \(.+\), block verify: .* does not hold this call", said)


@pytest.mark.slow
def test_another_end_is_named_and_exits_2(recorded: Path, capsys) -> None:
    with sqlite3.connect("archive.db") as archive:
        archive.execute("UPDATE proposals SET stage = 'raced', seal = NULL WHERE position = 0")
    capsys.readouterr()
    assert main(["replay", NAME, "--json"]) == 2
    captured = capsys.readouterr()
    assert json.loads(captured.out)["same"] is False
    assert "proposal 0: stage is 'complete', recorded 'raced'" in captured.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nothing"], f"no run 'nothing' in this archive; the latest are {NAME}"),
        ([NAME, "--items=20"], "without --task"),
        ([NAME, "--task=arithmetic", "--items=20"], "another task"),
        ([NAME, "--cache=elsewhere.db"], "elsewhere.db does not exist"),
    ],
)
def test_wrong_input_is_one_line_and_exit_2(recorded: Path, capsys, arguments, says) -> None:
    capsys.readouterr()
    assert main(["replay", *arguments]) == 2
    captured = capsys.readouterr()
    assert says in captured.err
    assert len(captured.err.strip().splitlines()) == 1


def test_a_run_that_has_not_ended_or_had_minutes_is_refused(recorded: Path, capsys) -> None:
    with sqlite3.connect("archive.db") as archive:
        archive.execute("UPDATE runs SET facts = json_set(facts, '$.budget', '10min'), seal = NULL")
    assert main(["replay", NAME]) == 2
    assert "no replay repeats" in capsys.readouterr().err
    with sqlite3.connect("archive.db") as archive:
        archive.execute("UPDATE runs SET outcome = NULL")
    assert main(["replay", NAME]) == 2
    assert "has not ended" in capsys.readouterr().err


def test_a_run_that_is_no_search_is_refused(recorded: Path, capsys) -> None:
    with sqlite3.connect("archive.db") as archive:
        archive.execute("UPDATE runs SET strategy = 'distill-transcribe', seal = NULL")
    assert main(["replay", NAME]) == 2
    assert f"run {NAME!r} is no search (distill-transcribe)" in capsys.readouterr().err
