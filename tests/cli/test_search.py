"""`masdesign search` from the command line, its model a script: output, exit codes, going on."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from pathlib import Path

import pytest

from masdesign.cli import main
from masdesign.evaluation import session
from masdesign.lm import LM, Cached, Limited, Scripted
from masdesign.records.cache import Cache
from masdesign.types import Request

SCORE = {"score", "low", "high", "items"}


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


@pytest.fixture
def scripted(monkeypatch) -> None:
    def load(name: str, *, cache: Cache, concurrency: int, **_: object) -> LM:
        return Cached(Limited(Scripted(reply), concurrency), cache)

    monkeypatch.setattr(session, "load_lm", load)


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """A task file and its folder, of 26 val and 10 test items."""
    for split, count in (("train", 3), ("val", 26), ("test", 10)):
        lines = [
            json.dumps({"question": f"{split} {i}: {i} + {i * 3} =", "target": str(i * 4)})
            for i in range(count)
        ]
        (tmp_path / f"{split}.jsonl").write_text("\n".join(lines))
    return tmp_path


def command(questions: Path, *more: str) -> list[str]:
    files = [f"--{split}={questions / split}.jsonl" for split in ("train", "test")]
    place = f"--archive={questions / 'archive.db'}"
    return ["search", str(questions / "val.jsonl"), f"--val={questions / 'val.jsonl'}", *files, place, *more]


@pytest.mark.slow
def test_json_is_one_document_with_the_promised_fields(scripted, questions, capsys) -> None:
    assert main(command(questions, "--budget=700calls", "--json")) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert SCORE == set(found["best"]["val"]) == set(found["best"]["test"])
    assert set(found["spend"]) == {"calls", "tokens", "usd", "seconds", "paid_calls", "paid_usd"}
    assert [set(b) for b in found["baselines"]] == [{"name", "val", "test", "tokens_per_item"}] * 5
    assert set(found["advantage"]) == {"test", "low", "high", "beyond_curve"}
    assert found["test_openings"] == 1
    assert found["strategy"] == "portfolio"
    first = next(line for line in captured.err.splitlines() if "go on with" in line)
    assert f"--run {found['run']}" in first
    _goes_on(questions, found, capsys)


def _goes_on(questions: Path, found: dict, capsys) -> None:
    """The same command with the run's name says the same at once: the run has finished."""
    assert main(command(questions, "--budget=700calls", "--run", found["run"])) == 0
    captured = capsys.readouterr()
    assert "this run has finished" in captured.err
    assert f"({found['spend']['paid_calls']} sent)" in captured.out
    assert found["best"]["source"] in captured.out
    assert "going on" in captured.err
    for part in ("winner", "step by step", "self consistency 9", "advantage", "chain_of_thought"):
        assert part in captured.out
    assert main(command(questions, "--budget=700calls", "--run", found["run"], "--seed=1")) == 2
    assert "had seed 0, not 1" in capsys.readouterr().err
    _answers(captured.out, capsys)


def _answers(out: str, capsys) -> None:
    """The command that a search prints at its end works as it is printed."""
    (line,) = [line for line in out.splitlines() if line.startswith("use it: masdesign ")]
    words = shlex.split(line.removeprefix("use it: masdesign "))
    assert main([*(word.replace("…", "val 1: 1 + 3 =") for word in words), "--json"]) == 0
    answered = json.loads(capsys.readouterr().out)
    assert answered["design"] in out
    assert answered["failure"] is None


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--budget=100calls"], "give at least 400calls"),
        (["--budget=many"], "20000calls"),
        (["--strategy=annealing"], "evolution"),
        (["--meta-model=gpt", "--strategy=random"], "leave out the meta-model"),
        (["--objective=glory"], "glory"),
    ],
)
def test_wrong_input_is_one_line_and_exit_2(scripted, questions, capsys, more, says) -> None:
    assert main(command(questions, *more)) == 2
    captured = capsys.readouterr()
    assert says in captured.err
    assert captured.out == ""
    assert "Traceback" not in captured.err
