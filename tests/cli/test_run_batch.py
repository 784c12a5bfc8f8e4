"""masdesign run over a file: answers kept as they come, gone on with, within a budget."""

from __future__ import annotations

import json
import os

import pytest

from masdesign.cli import main
from masdesign.errors import ProviderError
from masdesign.evaluation import session
from masdesign.lm import Cached, Limited, Scripted


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs the command over six questions; ``run.down`` names questions on which the provider fails."""
    monkeypatch.chdir(tmp_path)
    lines = [json.dumps({"id": f"q{n}", "question": f"say {n}"}) for n in range(6)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))

    def reply(request):
        said = request.messages[-1].content.split("say ")[1][0]
        run.asked.append(said)
        if said == run.interrupts:
            raise KeyboardInterrupt
        return ProviderError("down") if said in run.down else f"Answer: {said}"

    def load_lm(name, *, cache, concurrency, **_):
        return Cached(Limited(Scripted(reply, name.model), concurrency), cache)

    def run(*arguments):
        run.asked.clear()
        code = main(["run", "direct", "--input", "in.jsonl", *arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    run.down, run.asked, run.interrupts = set(), [], ""
    monkeypatch.setattr(session, "load_lm", load_lm)
    monkeypatch.setenv("MASDESIGN_CACHE", str(tmp_path / "calls.db"))
    return run


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_batch_goes_on_where_it_stopped(run, tmp_path):
    run.down = {"2", "4"}
    assert run("--out", "out.jsonl")[:2] == (0, "")
    assert [r["answer"] for r in rows(tmp_path / "out.jsonl")] == ["0", "1", None, "3", None, "5"]
    run.down = {"4"}
    with (tmp_path / "out.jsonl").open("a") as file:
        file.write('{"id": "q5", "quest')  # what a killed process leaves
    code, _, err = run("--out", "out.jsonl")
    assert (code, sorted(run.asked)) == (0, ["2", "4"])
    assert "4 of 6 questions are answered already" in err
    run.down = set()
    assert run("--out", "out.jsonl")[0] == 0
    assert run.asked == ["4"]
    found = rows(tmp_path / "out.jsonl")
    assert [(r["id"], r["answer"], r["failure"]) for r in found] == [
        (f"q{n}", str(n), None) for n in range(6)
    ]
    assert len({r["design"] for r in found}) == 1


def test_an_interrupt_keeps_what_was_had(run, tmp_path):
    run.interrupts = "3"
    code, _, err = run("--out", "out.jsonl", "--concurrency", "1")
    assert code == 130
    assert "the same command goes on" in err
    had = {r["answer"] for r in rows(tmp_path / "out.jsonl")}
    assert had <= {"0", "1", "2"}
    run.interrupts = ""
    assert run("--out", "out.jsonl")[0] == 0
    assert [r["answer"] for r in rows(tmp_path / "out.jsonl")] == list("012345")


def test_answers_that_were_made_otherwise_are_not_mixed(run, tmp_path):
    run("--out", "out.jsonl")
    code, _, err = run("--out", "out.jsonl", "--seed", "3")
    assert code == 2
    assert "seed 0, not 3" in err
    (tmp_path / "notes.txt").write_text("buy milk\n")
    code, _, err = run("--out", "notes.txt")
    assert (code, len(err.splitlines())) == (2, 1)
    assert (tmp_path / "notes.txt").read_text() == "buy milk\n"
    assert run("--out", "no/where.jsonl")[0] == 2


def test_a_budget_cuts_in_order_and_keeps_the_rest(run):
    code, out, err = run("--budget", "3calls")
    assert (code, out) == (0, "q0\t0\nq1\t1\nq2\t2\n")
    assert "3 of 6 questions are answered" in err


def test_out_needs_a_file_of_questions(run):
    assert main(["run", "direct", "--question", "say 1", "--out", "x.jsonl"]) == 2


def test_a_device_is_no_place_for_answers(run, tmp_path):
    os.mkfifo(tmp_path / "pipe")  # as any special file; it has no writer, and is not waited for
    code, out, err = run("--out", "pipe")
    assert (code, out) == (2, "")
    assert "no file that answers could be kept in" in err
    assert (tmp_path / "pipe").is_fifo()


def test_answers_go_into_what_a_link_names(run, tmp_path):
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "real.jsonl")
    assert run("--out", "link.jsonl")[0] == 0
    assert (tmp_path / "link.jsonl").is_symlink()
    assert len(rows(tmp_path / "real.jsonl")) == 6
