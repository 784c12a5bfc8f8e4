"""`masdesign compare` from the command line, with a scripted model: output, picture, going on, refusals."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from masdesign.cli import main
from masdesign.evaluation import session
from masdesign.lm import LM, Cached, Limited, Scripted
from masdesign.records.cache import Cache
from masdesign.types import Request


def reply(request: Request) -> str:
    prompt = request.messages[-1].content
    found = re.search(r"(\d+) \+ (\d+) =", prompt)
    assert found
    right = int(found[1]) + int(found[2])
    seen = repr((prompt, request.sample, request.world))
    draw = int(hashlib.sha256(seen.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF
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
def command(tmp_path: Path) -> list[str]:
    """The command on a task of 26 val and 10 test items, but for its strategies and budget."""
    for split, count in (("train", 3), ("val", 26), ("test", 10)):
        rows = [{"question": f"{split} {i}: {i} + {i * 3} =", "target": str(i * 4)} for i in range(count)]
        (tmp_path / f"{split}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    files = [f"--{split}={tmp_path / split}.jsonl" for split in ("train", "val", "test")]
    return ["compare", str(tmp_path / "val.jsonl"), *files, f"--archive={tmp_path / 'archive.db'}"]


SMALL = ("--strategies=random,evolution", "--budget=650calls", "--repeats=2")


@pytest.mark.slow
def test_document_picture_tables_and_going_on(scripted, command, tmp_path, capsys) -> None:
    picture = tmp_path / "curve.svg"
    assert main([*command, *SMALL, "--json", f"--picture={picture}"]) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert [row["strategy"] for row in found["strategies"]] == ["random", "evolution"]
    for row in found["strategies"]:
        assert set(row["test"]) == {"score", "low", "high", "items"}
        assert set(row["curve"][0]) == {"spent", "score", "low", "high"}
        assert [repeat["seed"] for repeat in row["repeats"]] == [0, 1]
    assert [set(pair) for pair in found["pairs"]] == [
        {"first", "second", "difference", "low", "high", "p", "p_holm"}
    ]
    assert found["test_openings"] == 1
    assert "2 of 4: evolution, repeat 1" in captured.err
    first = picture.read_text()
    assert first.lstrip().startswith("<?xml")
    assert "evolution" in first
    _goes_on(command, found, picture, first, capsys)


def _goes_on(command: list[str], found: dict, picture: Path, first: str, capsys) -> None:
    """The same command again asks for nothing, says the same, and draws the same, byte for byte."""
    assert main([*command, *SMALL, f"--picture={picture}"]) == 0
    captured = capsys.readouterr()
    assert captured.err.count("finished before") == 4
    assert picture.read_text() == first
    for row in found["strategies"]:
        assert f"{row['test']['low']:.3f} to {row['test']['high']:.3f}" in captured.out
    for words in ("random - evolution", "p (Holm)", "one look at test", "2 repeats at 650calls"):
        assert words in captured.out


def test_interrupted_it_says_how_to_go_on(scripted, command, monkeypatch, capsys) -> None:
    def interrupt(*args: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("masdesign.search.compare.verbs.search_once", interrupt)
    assert main([*command, *SMALL]) == 130
    err = capsys.readouterr().err
    assert "go on with: masdesign compare" in err
    assert "--budget 650calls" in err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--strategies=random", "--budget=650calls"), "two or more"),
        (("--strategies=random,annealing", "--budget=650calls"), "annealing"),
        (("--strategies=random,tpe", "--budget=10min"), "no equal spend"),
        (("--strategies=random,meta_agent", "--budget=650calls"), "give a meta-model"),
        (("--strategies=random,tpe", "--budget=650calls", "--meta-model=m"), "leave out the meta-model m"),
        (("--strategies=random,tpe", "--budget=100calls"), "give at least"),
        (("--strategies=random,tpe", "--budget=650calls", "--picture=curve.gif"), ".png"),
        (("--strategies=random,tpe", "--budget=650calls", "--picture=no/such/curve.png"), "folder"),
    ],
)
def test_wrong_input_is_one_line_and_exit_2(scripted, command, capsys, more, says) -> None:
    assert main([*command, *more]) == 2
    captured = capsys.readouterr()
    assert says in captured.err
    assert captured.err.count("masdesign:") == 1
    assert captured.out == ""
