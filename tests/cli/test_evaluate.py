"""`masdesign evaluate`: its JSON, its messages, its exit codes; calls are replayed from a record."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from masdesign.aio import run_sync
from masdesign.archive import Archive
from masdesign.building_blocks import blocks
from masdesign.cli import main
from masdesign.evaluation import evaluate
from masdesign.experiments.votes import self_consistency_design
from masdesign.lm import Cached, Retrying, RetryPolicy, Scripted
from masdesign.records.cache import Cache
from masdesign.session.opening import Opening
from masdesign.tasks import load_task
from masdesign.workflow import Design, MontySandbox, Runtime

NAVIGATE = Path(__file__).parents[3] / "shared/data/bbh/navigate.json"
COT = Design("async def workflow(task):\n    return await chain_of_thought(task)\n")


def reply(request) -> str:
    a, b = map(int, re.findall(r"(\d+) \+ (\d+) =", request.messages[-1].content)[-1])
    return f"Answer: {a + b + ((a + 2 * b + request.sample + request.world) % 3 == 0)}"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A working folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MASDESIGN_ARCHIVE", raising=False)
    monkeypatch.delenv("MASDESIGN_CACHE", raising=False)
    return tmp_path


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """A folder with a task file, and the calls that a chain of thought and a vote of 3 make on it."""
    folder = tmp_path_factory.mktemp("record")
    lines = [json.dumps({"question": f"{i} + {i % 7} =", "target": str(i + i % 7)}) for i in range(60)]
    (folder / "sums.jsonl").write_text("\n".join(lines))
    run_sync(_fill, folder)
    return folder


async def _fill(folder: Path) -> None:
    task = load_task(folder / "sums.jsonl")
    with Archive(":memory:") as archive:
        opening = Opening.record(archive, None, task, [COT])
    async with MontySandbox() as sandbox:
        with Cache(folder / "record.db") as cache:
            models = {"": Cached(Scripted(reply, model="toy-1"), cache)}
            for world in (0, 1):
                runtime = Runtime(models=models, blocks=blocks(), sandbox=sandbox, world=world)
                for where in ("train", "val", opening):
                    await evaluate(COT, task, where, runtime)
            await evaluate(self_consistency_design(3), task, "val", replace(runtime, world=0))


@pytest.fixture
def recorded(record, place):
    """The task; its file and the record lie in a working folder of their own."""
    for file in record.iterdir():
        shutil.copy(file, place)
    return load_task("sums.jsonl")


def run(capsys, *args: str) -> tuple[int, str, str]:
    code = main(["evaluate", *args])
    out, err = capsys.readouterr()
    return code, out, err


def evaluated(capsys, *args: str) -> dict:
    code, out, err = run(
        capsys, "chain_of_thought", "sums.jsonl", "--model", "replay:record.db", "--json", *args
    )
    assert code == 0, err
    return json.loads(out)


@pytest.mark.slow
def test_the_json_has_its_fields(recorded, capsys):
    found = evaluated(capsys)
    assert found["items"] == len(recorded.val)
    assert 0 <= found["low"] < found["score"] < found["high"] <= 1
    assert found["failures"] == {"design": 0, "parse": 0, "provider": 0}
    assert found["tokens_per_item"] > 0
    assert (found["calls_per_item"], found["usd_per_item"]) == (1.0, None)  # no price is known
    assert (found["design"], found["split"], found["task"]) == (COT.id, "val", "sums.jsonl")
    assert found["spend"]["calls"] == len(recorded.val)
    assert found["spend"]["paid_calls"] == 0


def test_the_evaluation_is_kept_and_the_design_too(recorded, capsys):
    found = evaluated(capsys)
    with Archive(".masdesign/archive.db") as archive:
        (kept,) = archive.evaluations(design_id=COT.id)
        assert kept.score == pytest.approx(found["score"])
        assert kept.complete
        assert archive.design(COT.id).source
        assert archive.openings() == []


@pytest.mark.slow
def test_a_look_at_test_is_one_opening(recorded, capsys):
    evaluated(capsys, "--split", "test")
    evaluated(capsys, "--split", "all")
    with Archive(".masdesign/archive.db") as archive:
        (opening,) = archive.openings()
        assert len(opening.items) == recorded.size("test")
        assert {e.split for e in archive.evaluations(design_id=COT.id)} == {"train", "val", "test"}


@pytest.mark.parametrize("wrong", [["--model", "replay:none.db"], ["--budget", "7apples"]])
def test_what_could_not_be_asked_was_no_look_at_test(wrong, recorded, capsys):
    assert run(capsys, "chain_of_thought", "sums.jsonl", "--split", "test", *wrong)[0] == 2
    with Archive(".masdesign/archive.db") as archive:
        assert archive.openings() == []


def test_all_is_every_item(recorded, capsys):
    assert evaluated(capsys, "--split", "all")["items"] == 60


def test_worlds_are_replicates(recorded, capsys):
    found = evaluated(capsys, "--worlds", "2")
    assert [w["world"] for w in found["worlds"]] == [0, 1]
    assert found["items"] == len(recorded.val)
    means = [w["score"] for w in found["worlds"]]
    assert found["score"] == pytest.approx(sum(means) / 2)
    assert evaluated(capsys, "--seed", "1")["score"] == pytest.approx(means[1])


def test_few_items_and_the_metric_are_remarked_on(recorded, capsys):
    code, out, err = run(capsys, "chain_of_thought", "sums.jsonl", "--model", "replay:record.db")
    assert code == 0
    assert "cannot be told from chance" in err
    assert "metric numeric" in err
    assert "score" in out
    assert "95 %" in out
    assert "chain_of_thought on sums.jsonl val, answered by toy-1" in out


def test_a_budget_that_ends_shows_what_was_finished(recorded, capsys):
    found = evaluated(capsys, "--budget", "5calls")
    assert found["items"] == 5
    assert found["worlds"][0]["complete"] is False
    assert found["spend"]["calls"] == 5


def test_a_budget_for_nothing_exits_3(recorded, place, capsys):
    (place / "vote.py").write_text(
        "async def workflow(task):\n    return await self_consistency(task, n=3)\n"
    )
    code, out, err = run(
        capsys, "vote.py", "sums.jsonl", "--model", "replay:record.db", "--budget", "2calls", "--json"
    )
    assert (code, out) == (3, "")
    assert "budget" in err.splitlines()[-1]


def test_a_hostile_design_is_a_row_of_failures(recorded, place, capsys):
    loop = "    while True:\n        pass\n"
    (place / "bad.py").write_text(
        f"async def workflow(task):\n    x = [][0]\n{loop}    return await direct(task)\n"
    )
    code, out, _ = run(capsys, "bad.py", "sums.jsonl", "--model", "replay:record.db", "--json")
    found = json.loads(out)
    assert (code, found["score"], found["failures"]["design"]) == (0, 0.0, len(recorded.val))
    (failure,) = found["failure_messages"]
    assert (failure["items"], failure["kind"]) == (len(recorded.val), "design")
    assert "IndexError" in failure["message"]
    code, out, _ = run(capsys, "bad.py", "sums.jsonl", "--model", "replay:record.db")
    assert "× design: line 2" in out
    (place / "bad.py").write_text("async def workflow(task):\n    raise ValueError('no\\nscore     1.000')\n")
    code, out, _ = run(capsys, "bad.py", "sums.jsonl", "--model", "replay:record.db")
    assert "ValueError: no score 1.000" in out  # a message cannot pretend to be a line of ours


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            "async def workflow(task):\n    return await chain_of_thougt(task)\n",
            "line 2: Name 'chain_of_thougt'",
        ),
        ("import os\nasync def workflow(task):\n    return await direct(task)\n", "line 1: import of os"),
        ("def workflow(task):\n    return 'x'\n", "workflow is not an async function"),
        ("async def workflow(task:\n", "not valid Python"),
        ("async def workflow(task):\n    return await direct(task, model='huge')\n", "unknown model 'huge'"),
        ("async def workflow(task):\n    return open('/etc/passwd').read()\n", "open is not there"),
        (f"N = 0x{'f' * 4000}\nasync def workflow(task):\n    return await direct(task)\n", "number literal"),
    ],
)
@pytest.mark.parametrize("command", ["evaluate", "run", "transfer", "distill", "export", "serve", "ablate"])
def test_a_design_that_is_refused_is_one_line_and_never_a_score(
    command, source, words, recorded, place, capsys
):
    (place / "bad.py").write_text(source)
    arguments = {
        "evaluate": ["evaluate", "bad.py", "sums.jsonl", "--json"],
        "run": ["run", "bad.py", "--question", "1 + 1 =", "--json"],
        "transfer": ["transfer", "bad.py", "--tasks", "sums.jsonl", "--json"],
        "distill": ["distill", "bad.py", "sums.jsonl", "--json"],
        "export": ["export", "bad.py", "--out", "out.py"],
        "serve": ["serve", "bad.py", "--port", "0"],
        "ablate": ["archive", "ablate", "bad.py", "sums.jsonl", "--json"],
    }
    if command == "export" and "huge" in source:
        pytest.skip("an exported script asks for the models that it is given")
    code = main(arguments[command])
    out, err = capsys.readouterr()
    assert (code, out) == (2, ""), err
    assert words in err.splitlines()[-1]
    assert "Traceback" not in err
    if (place / ".masdesign/archive.db").exists():
        with Archive(place / ".masdesign/archive.db") as archive:
            assert not archive.designs()


def test_where_nothing_was_scored_there_is_no_score(recorded, place, capsys, monkeypatch):
    short = functools.partial(Retrying, policy=RetryPolicy(base=0.01))
    monkeypatch.setattr("masdesign.lm.load.Retrying", short)
    here = ["--model", "openai/none", "--base-url", "http://127.0.0.1:9/v1"]
    (place / "two.jsonl").write_text("".join((place / "sums.jsonl").read_text().splitlines(True)[:2]))
    for arguments in (
        ["evaluate", "direct", "two.jsonl", "--val", "two.jsonl", *here],
        ["baseline", "two.jsonl", "--val", "two.jsonl", *here],
    ):
        code = main([*arguments, "--json"])
        out, err = capsys.readouterr()
        assert (code, out) == (2, ""), err
        assert "no item was scored" in err.splitlines()[-1]


@pytest.mark.slow
def test_an_answer_that_code_computes_is_remarked_on(recorded, place, capsys):
    source = "async def workflow(task):\n    await direct(task)\n    a, b = task.question[:-2].split('+')\n"
    (place / "coded.py").write_text(source + "    return str(int(a) + int(b))\n")
    (place / "some.jsonl").write_text("".join((place / "sums.jsonl").read_text().splitlines(True)[:30]))
    code = main(["evaluate", "coded.py", "some.jsonl", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert (code, found["blank_control"], found["answers_without_model"]) == (0, 1.0, True)
    main(["evaluate", "coded.py", "some.jsonl"])
    assert "with a blank model it still scores 1.000" in capsys.readouterr().out
    assert main(["archive", "list"]) == 0
    heads, row = capsys.readouterr().out.splitlines()
    assert row[heads.index("blank") :].split()[0] == "1.000"
    main(["evaluate", "direct", "some.jsonl", "--json"])
    assert json.loads(capsys.readouterr().out)["answers_without_model"] is False


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["no_such_design", "sums.jsonl"], "no_such_design"),
        (["chain_of_thought", "no_such_task"], "no_such_task"),
        (["chain_of_thought", "sums.jsonl", "--budget", "7apples"], "7apples"),
        (["chain_of_thought", "sums.jsonl", "--split", "dev"], "dev"),
        (["chain_of_thought", "sums.jsonl", "--worlds", "0"], "0"),
        (["chain_of_thought", "sums.jsonl", "--model", "replay:none.db"], "none.db"),
    ],
)
def test_wrong_input_gets_one_line(args, words, recorded, capsys):
    code, out, err = run(capsys, *args)
    assert (code, out) == (2, "")
    last = [line for line in err.splitlines() if line.startswith("masdesign:")]
    assert len(last) == 1
    assert words in last[0]
    assert "Traceback" not in err


@pytest.mark.slow
@pytest.mark.skipif(not NAVIGATE.exists(), reason="the public file is not on this machine")
def test_the_public_file_runs(place, capsys):
    code, out, err = run(capsys, "chain_of_thought", str(NAVIGATE), "--items", "4", "--json")
    assert code == 0, err
    found = json.loads(out)
    assert found["items"] == 4
    assert found["model"].startswith("abacus")
    assert sum(found["failures"].values()) <= 4


def test_help_needs_nothing_heavy():
    code = """
import sys
from masdesign.cli import main
main(["evaluate", "--help"])
main(["baseline", "--help"])
heavy = {"numpy", "scipy", "sqlalchemy", "litellm", "rich", "pydantic_monty", "jinja2"} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_ctrl_c_ends_in_one_line(place):
    command = [sys.executable, "-m", "masdesign", "evaluate", "chain_of_thought", "arithmetic"]
    calls = place / ".masdesign/calls.db"
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as running:
        until = time.monotonic() + 60
        while not calls.exists() and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(1)  # some calls are under way
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to the model's workers, too
        _, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    assert err.split("\n") in (["masdesign: interrupted", ""], ["", "masdesign: interrupted", ""])


@pytest.mark.slow
def test_draws_are_reduced_and_items_of_one_passage_are_one_cluster(capsys, place):
    passages = [f"Acme {n}, Q1: sales {n + 3}, fees 2." for n in range(6)]
    rows = [
        {"question": f"{kind} of Acme {n}, version {v}?", "context": [passage], "target": str(n + 3)}
        for n, passage in enumerate(passages)
        for kind in ("What are the sales", "How much are the sales")
        for v in range(3)
    ]
    file = place / "sales.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    design = place / "warm.py"
    design.write_text("async def workflow(task):\n    return await direct(task, temperature=0.9)\n")
    given = (str(design), str(file), "--keep-all", "--split", "all", "--json", "--epochs", "3")
    documents = {
        name: json.loads(run(capsys, *given, "--reduce", name)[1])
        for name in ("mean", "pass@2", "at_least_one")
    }
    scores = {name: document["score"] for name, document in documents.items()}
    assert 0 < scores["mean"] < scores["pass@2"] < scores["at_least_one"] <= 1
    assert all(6 <= document["clusters"] < document["items"] == 36 for document in documents.values())
    assert documents["mean"]["epochs"] == 3
    assert run(capsys, *given, "--reduce", "pass@4")[0] == 2


@pytest.mark.slow
def test_a_design_keeps_the_instruction_and_the_labels_that_it_was_evaluated_with(capsys, place):
    rows = [{"question": f"Ticket {n}", "target": ["bug", "billing"][n % 2]} for n in range(40)]
    (place / "tickets.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (place / "mine.py").write_text("async def workflow(task):\n    return await direct(task)\n")
    asked = ("--instruction", "Classify the ticket.", "--labels", "bug,billing", "--answer", "label")
    for _ in range(2):
        given = ("mine.py", "tickets.jsonl", "--items", "2", "--keep-going", *asked, "--json")
        design = json.loads(run(capsys, *given)[1])["design"]
    assert main(["export", design, "--out", "script.py"]) == 0
    script = (place / "script.py").read_text()
    assert "INSTRUCTION = 'Classify the ticket.'" in script
    assert "LABELS: tuple[str, ...] = ('bug', 'billing')\nFORM = 'label'" in script
    with Archive(place / ".masdesign/archive.db") as archive:
        assert [record.strategy for record in archive.runs()] == ["evaluate"]
