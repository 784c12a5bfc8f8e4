"""`masdesign distill`: its JSON, its files, its messages, its exit codes; abacus answers a few items."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from masdesign.archive import Archive
from masdesign.cli import main
from masdesign.distill.forms import FORMS
from masdesign.distill.methods import METHODS

SMALL = ["--items", "6", "--test-items", "4", "--difficulty", "0"]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A working folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MASDESIGN_ARCHIVE", raising=False)
    monkeypatch.delenv("MASDESIGN_CACHE", raising=False)
    return tmp_path


def run(capsys, *args: str) -> tuple[int, str, str]:
    code = main(["distill", *args])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.slow
def test_a_block_becomes_a_prompt_with_its_row(place, capsys):
    code, out, err = run(
        capsys, "self_refine", "arithmetic", *SMALL, "--out", "prompt.md", "--json", "--method", "transcribe"
    )
    assert code == 0, err
    found = json.loads(out)
    assert found["method"] == "transcribe"
    assert found["form"] == "markdown"
    assert (place / "prompt.md").read_text() == found["prompt"]
    for part in ("teacher", "student", "step_by_step", "matched_self_consistency"):
        assert found[part]["items"] == 6
        assert found["test"][part]["items"] == 4
        assert found[part]["tokens_per_item"] > 0
    assert found["cost_ratio"] > 0
    assert {"retention", "gain_kept", "verdict"} <= set(found)
    with Archive(".masdesign/archive.db") as archive:
        design = archive.design(found["distillate"])
        assert design.parents == (found["design"],)
        assert len(archive.openings()) == 1
    again = err.splitlines()[0].partition("go on with: masdesign ")[2]
    assert again.startswith("distill self_refine arithmetic")
    assert main([*again.split(), "--json"]) == 0
    repeated = json.loads(capsys.readouterr().out)
    assert repeated["run"] == found["run"]
    assert repeated["test_openings"] == 1
    assert (
        repeated["spend"]["paid_calls"] == found["spend"]["paid_calls"]
    )  # costs add up; nothing is sent again
    assert repeated["student"]["score"] == found["student"]["score"]


@pytest.mark.slow
def test_the_page_says_plainly_what_the_prompt_is_worth(place, capsys):
    code, out, err = run(capsys, "chain_of_thought", "boolean", *SMALL[:4], "--train-items", "20")
    assert code == 0, err
    assert "Give the answer on the last line: Answer: ..." in out
    assert "than step by step" in out
    assert "one look at test (4 items;" in out
    assert "masdesign run" in out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["nothing", "arithmetic"], "nothing"),
        (["direct", "no_such_task"], "no_such_task"),
        (["direct", "arithmetic", "--method", "magic"], "transcribe"),
        (["direct", "arithmetic", "--method", "rewrite"], "role meta"),
        (["direct", "arithmetic", "--form", "latin"], "latin"),
        (["direct", "arithmetic", "--out", "nowhere/prompt.md"], "nowhere"),
        (["direct", "arithmetic", "--method", "dataset"], "--out"),
        (["direct", "arithmetic", "--candidates", "0"], "0"),
        (["direct", "arithmetic", "--budget", "7apples"], "7apples"),
    ],
)
def test_wrong_input_gets_one_line(args, words, place, capsys):
    code, out, err = run(capsys, *args)
    assert (code, out) == (2, "")
    (line,) = [line for line in err.splitlines() if line.startswith("masdesign:")]
    assert words in line
    assert "Traceback" not in err


def test_the_help_names_every_form_and_method(capsys):
    code, out, _ = run(capsys, "--help")
    assert code == 0
    assert all(name in out for name in (*FORMS, *METHODS.names()))


def test_weights_are_those_of_abacus_alone(place, capsys):
    code, out, err = run(
        capsys, "direct", "arithmetic", *SMALL, "--method", "weights", "--model", "replay:none.db"
    )
    assert (code, out) == (2, "")
    assert "none.db" in err


def test_the_trained_copy_answers_as_the_student(place, capsys, monkeypatch):
    """With the training itself left out (`tests/training/test_fine_tune.py`): the copy is abacus as it is."""
    pytest.importorskip("torch", reason="the extra `training` is not installed")
    trained, items = [], []

    async def copied(job, start, folder):
        items.append(len(job.train))
        trained.append((folder / "examples.jsonl").read_text().count("\n"))
        for file in ("weights.npz", "vocab.json", "manifest.json"):
            shutil.copy(start / file, folder)
        return "kept step 2"

    monkeypatch.setattr("masdesign.distill.methods.weights._train", copied)
    code, out, err = run(
        capsys, "direct", "arithmetic", *SMALL, "--method", "weights", "--train-items", "120", "--json"
    )
    assert code == 0, err
    found = json.loads(out)
    assert trained[0] >= 4
    assert items == [120]  # more than the task shows to a design
    assert found["student_model"].startswith(f"abacus:.masdesign/models/{found['design']}-")
    assert "training kept step 2" in found["notes"]
    assert found["verdict"].startswith("the trained copy is ")
    assert found["test"]["student"]["items"] == 4
    again = ["direct", "arithmetic", *SMALL, "--method", "weights", "--train-items", "120", "--json"]
    code, out, err = run(capsys, *again, "--run", found["run"])
    assert code == 0, err
    assert (len(trained), json.loads(out)["student"]["score"]) == (1, found["student"]["score"])
    assert main(["run", "direct", "--question", "1 + 1 =", "--model", found["student_model"]]) in (0, 1)


@pytest.mark.slow
def test_only_the_methods_that_use_dspy_and_torch_import_them():
    code = (
        "import sys\nfrom masdesign.distill.methods import METHODS\nimport masdesign.distill.verbs\n"
        "assert len(METHODS.names()) > 5\nprint([m for m in ('dspy', 'torch', 'optuna') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
