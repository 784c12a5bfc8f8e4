"""Several models on the command line: named, priced, counted apart; recorded ones stand in for real ones."""

from __future__ import annotations

import json

import pytest

from masdesign.cli import main

MIXTURE = """async def workflow(task):
    answer = await chain_of_thought(task)
    if answer.text != "0":
        return answer
    return await chain_of_thought(task, model="large")
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """``MASDESIGN_DATA`` with a small gsm8k, solutions of two models to it, and a design."""
    questions = [f"Ann has {n} eggs and buys one. How many?" for n in range(60)]
    (tmp_path / "gsm8k").mkdir()
    (tmp_path / "gsm8k/test.jsonl").write_text(
        "".join(
            json.dumps({"question": q, "answer": f"#### {n + 1}"}) + "\n" for n, q in enumerate(questions)
        )
    )
    (tmp_path / "solutions.jsonl").write_text(
        "".join(
            json.dumps(
                {
                    "question": question,
                    "ground_truth": f"A: {n + 1}",
                    "6b": {"is_correct": n % 2 == 0, "solution": f"A: {0 if n % 2 else n + 1}"},
                    "175b_verification": {"is_correct": True, "solution": f"A: {n + 1}"},
                }
            )
            + "\n"
            for n, question in enumerate(questions)
        )
    )
    (tmp_path / "mixture.py").write_text(MIXTURE)
    monkeypatch.setenv("MASDESIGN_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def options(folder):
    file = folder / "solutions.jsonl"
    return [
        f"--archive={folder / 'archive.db'}",
        f"--model=small=recorded:{file}#6b",
        f"--model=large=recorded:{file}#175b_verification",
    ]


@pytest.mark.slow
def test_evaluate_counts_each_model_and_says_what_it_is(folder, options, capsys):
    prices = ["--price=small=1/1", "--price=large=10/10"]
    assert main(["evaluate", str(folder / "mixture.py"), "gsm8k", *options, *prices, "--json"]) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    small, large = found["by_model"]["small"], found["by_model"]["large"]
    assert found["score"] == 1.0
    assert small["calls_per_item"] == 1.0
    assert 0 < large["calls_per_item"] < 1
    assert small["usd_per_item"] + large["usd_per_item"] == pytest.approx(found["usd_per_item"])
    assert "best of many" in found["model_notes"][1]
    assert "best of many" in captured.err
    assert main(["evaluate", str(folder / "mixture.py"), "gsm8k", *options]) == 0
    shown = capsys.readouterr().out
    assert "\n  small   " in shown
    assert "\n  large   " in shown


def test_run_asks_the_model_that_the_design_names(folder, options, capsys):
    question = ["--question", "Ann has 3 eggs and buys one. How many?"]
    assert main(["run", str(folder / "mixture.py"), *question, *options]) == 0
    assert capsys.readouterr().out == "4\n"
    assert main(["run", str(folder / "mixture.py"), *question, *options[:2]]) == 2
    assert "unknown model 'large'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--price=huge=1/2"], "no model is called so; the names are small, large"),
        (["--price=1/2", "--price=3/4"], "give one price a model"),
        (["--price==3/4"], "give one price a model"),
        (["--price=small=cheap"], "'cheap' is not IN/OUT"),
        (["--model=large=abacus"], "twice"),
        (["--budget=5usd"], "needs a price"),
    ],
)
def test_wrong_prices_and_names_are_one_line(folder, options, capsys, more, says):
    assert main(["evaluate", str(folder / "mixture.py"), "gsm8k", *options, *more]) == 2
    captured = capsys.readouterr()
    assert says in captured.err
    assert "Traceback" not in captured.err


@pytest.mark.slow
def test_the_command_that_goes_on_names_every_model_and_price(options, capsys, monkeypatch):
    monkeypatch.setattr("masdesign.search.loop.batches.PATIENCE", 1)
    prices = ["--price=small=1/1", "--price=large=10/10"]
    assert main(["search", "gsm8k", *options, *prices, "--objective=pareto", "--budget=3000calls"]) == 0
    captured = capsys.readouterr()
    assert "--price small=1/1 --price large=10/10 --run gsm8k-" in captured.err
    for part in (
        "frontier of val score against cost (compared in USD)",
        "calls of large, small",
        "best of many",
    ):
        assert part in captured.out
    assert "a step that names no model asks small" in captured.out


@pytest.mark.slow
def test_no_memory_is_advised_where_replies_are_recorded(folder, capsys, monkeypatch):
    monkeypatch.setattr("masdesign.search.loop.batches.PATIENCE", 1)
    model = f"--model=recorded:{folder / 'solutions.jsonl'}#6b"
    search = ["search", "gsm8k", f"--archive={folder / 'archive.db'}", model, "--budget=2000calls"]
    assert main(search) == 0
    shown = capsys.readouterr().out
    assert "nothing beyond it was found" in shown
    assert "memory learn" not in shown  # though there are train items
