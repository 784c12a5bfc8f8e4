"""`masdesign baseline`: the bar, as JSON and as a table."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from masdesign.aio import run_sync
from masdesign.archive import Archive
from masdesign.building_blocks import blocks
from masdesign.cli import main
from masdesign.experiments.baselines import reference_curve
from masdesign.experiments.votes import self_consistency_design
from masdesign.lm import Cached, Scripted
from masdesign.records.cache import Cache
from masdesign.tasks import load_task
from masdesign.workflow import MontySandbox, Runtime


def reply(request) -> str:
    a, b = map(int, re.findall(r"(\d+) \+ (\d+) =", request.messages[-1].content)[-1])
    return f"Answer: {a + b + ((a + 2 * b + request.sample) % 3 == 0)}"


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """A folder with a task file and a record of its baselines."""
    folder = tmp_path_factory.mktemp("record")
    lines = [json.dumps({"question": f"{i} + {i % 7} =", "target": str(i + i % 7)}) for i in range(60)]
    (folder / "sums.jsonl").write_text("\n".join(lines))
    run_sync(_fill, folder)
    return folder


async def _fill(folder: Path) -> None:
    task = load_task(folder / "sums.jsonl")
    async with MontySandbox() as sandbox:
        with Cache(folder / "record.db") as cache:
            models = {"": Cached(Scripted(reply, model="toy-1"), cache)}
            await reference_curve(task, "val", Runtime(models=models, blocks=blocks(), sandbox=sandbox))


@pytest.fixture
def recorded(record, tmp_path, monkeypatch):
    """The task; its file and the record lie in a working folder of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MASDESIGN_ARCHIVE", raising=False)
    monkeypatch.delenv("MASDESIGN_CACHE", raising=False)
    for file in record.iterdir():
        shutil.copy(file, tmp_path)
    return load_task("sums.jsonl")


def run(capsys, *args: str) -> tuple[int, str, str]:
    code = main(["baseline", "sums.jsonl", "--model", "replay:record.db", *args])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.slow
def test_the_json_has_its_fields(recorded, capsys):
    code, out, err = run(capsys, "--max-k", "9", "--json")
    assert code == 0, err
    found = json.loads(out)
    for name in ("direct", "step_by_step"):
        assert set(found[name]) >= {"score", "low", "high", "items"}
        assert found[name]["items"] == len(recorded.val)
    assert [row["k"] for row in found["curve"]] == [1, 3, 5, 9]
    assert all(
        set(row) == {"k", "score", "low", "high", "items", "tokens_per_item"} for row in found["curve"]
    )
    tokens = [row["tokens_per_item"] for row in found["curve"]]
    assert tokens == sorted(tokens)
    assert found["spend"]["calls"] == len(recorded.val) * (1 + 1 + 9)


@pytest.mark.slow
def test_the_table_and_the_archive(recorded, capsys):
    code, out, err = run(capsys, "--max-k", "4")
    assert code == 0, err
    for name in ("direct", "step_by_step (temperature", "self_consistency_3", "self_consistency_4"):
        assert name in out
    assert "cannot be told from chance" in err
    with Archive(".masdesign/archive.db") as archive:
        (kept,) = archive.evaluations(design_id=self_consistency_design(4).id)
        assert kept.complete
        assert archive.design("self_consistency_4").origin == "baseline"


def test_a_budget_that_is_too_small_exits_3(recorded, capsys):
    code, out, err = run(capsys, "--budget", "20calls", "--json")
    assert (code, out) == (3, "")
    assert "budget" in err.splitlines()[-1]


def test_wrong_input_gets_one_line(recorded, capsys):
    assert main(["baseline", "nothing_like_it"]) == 2
    assert capsys.readouterr().err.count("masdesign:") == 1
    assert run(capsys, "--max-k", "64")[0] == 2
