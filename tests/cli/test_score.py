"""`masdesign score`: rows of one's own, logs of others, draws, judges."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from masdesign.cli import main


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A working folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MASDESIGN_ARCHIVE", raising=False)
    return tmp_path


def score(capsys, *args: str) -> dict:
    code = main(["score", *args, "--json"])
    out, err = capsys.readouterr()
    assert code == 0, err
    return json.loads(out)


def lines(name: str, *rows: dict) -> str:
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return name


def sample(number: int, reply: str, **fields) -> dict:
    """A line of lm-eval's ``samples_gsm8k_….jsonl``, version 0.4."""
    doc = {"question": f"Question {number}?", "answer": "3 * 6 = <<3*6=18>>18\n#### 18"}
    return {
        "doc_id": number,
        "doc": doc,
        "target": doc["answer"],
        "arguments": {"gen_args_0": {"arg_0": "Question: …\nAnswer:", "arg_1": {"until": ["Question:"]}}},
        "resps": [[reply]],
        "filtered_resps": ["18"],
        "filter": "strict-match",
        "metrics": ["exact_match"],
        "doc_hash": "0", "prompt_hash": "0", "target_hash": "0",
        "exact_match": 1.0,
        **fields,
    }  # fmt: skip


def test_samples_of_lm_eval_each_once(place, capsys):
    first, second = sample(0, "So she makes $18. The answer is 18."), sample(1, "The answer is 9.")
    flexible = [{**row, "filter": "flexible-extract"} for row in (first, second)]
    found = score(capsys, lines("samples_gsm8k.jsonl", first, second, *flexible), "--scorer", "numeric")
    assert found["scores"] == [1.0, 0.0]


def test_likelihoods_of_lm_eval_choose_the_likeliest_option(place, capsys):
    doc = {"question": "Which?", "choices": ["red", "blue"], "answer": 1}
    rows = [
        sample(0, "", doc=doc, target=1, resps=[[[-9.5, False]], [[-1.25, True]]]),
        sample(1, "", doc=doc, target="1", resps=[[["-0.5", "True"]], [["-1.25", "False"]]]),
    ]
    assert score(capsys, lines("samples_mc.jsonl", *rows), "--scorer", "choice")["scores"] == [1.0, 0.0]


def test_a_number_that_lm_eval_recorded_is_a_reply_and_no_likelihood(place, capsys):
    rows = [sample(0, "18"), sample(1, "9"), sample(2, "-18")]
    assert score(capsys, lines("samples_short.jsonl", *rows), "--scorer", "numeric")["scores"] == [
        1.0,
        0.0,
        0.0,
    ]


def inspect_sample(number: int, content, target="B", **fields) -> dict:
    """A sample of an Inspect log, version 2."""
    message = {"id": "m", "role": "assistant", "content": content, "source": "generate"}
    return {
        "id": number,
        "epoch": 1,
        "input": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Which?"}],
        "choices": ["red", "light blue"],
        "target": target,
        "messages": [message],
        "output": {"model": "m", "choices": [{"message": message, "stop_reason": "stop"}], "usage": {}},
        "scores": {"choice": {"value": "C", "answer": "B"}},
        "metadata": {"source": "ours"},
        **fields,
    }


SAMPLES = [
    inspect_sample(1, "It is lighter.\n\nANSWER: B"),
    inspect_sample(2, [{"type": "text", "text": "ANSWER: A"}], ["B"]),
    inspect_sample(3, "", output={"model": "m", "choices": [], "completion": "ANSWER: light blue"}),
]


def test_inspects_logs_as_json_and_as_eval(place, capsys):
    log = {
        "version": 2,
        "status": "success",
        "eval": {"task": "t"},
        "plan": {"steps": []},
        "samples": SAMPLES,
    }
    Path("log.json").write_text(json.dumps(log))
    with zipfile.ZipFile("log.eval", "w") as packed:
        packed.writestr("header.json", json.dumps({**log, "samples": None}))
        packed.writestr("summaries.json", "[]")
        for each in SAMPLES:
            packed.writestr(f"samples/{each['id']}_epoch_1.json", json.dumps(each))
    for name in ("log.json", "log.eval"):
        assert score(capsys, name, "--scorer", "choice")["scores"] == [1.0, 0.0, 1.0]
    Path("broken.eval").write_text("no log")
    assert main(["score", "broken.eval", "--scorer", "choice"]) == 2
    assert "is it whole" in capsys.readouterr().err


def test_rows_of_an_item_are_reduced(place, capsys):
    rows = [{"id": n // 4, "answer": str(n % 4), "target": "1"} for n in range(8)]
    rows += [{"id": 2, "answer": "0", "target": "1"}] * 4
    file = lines("draws.jsonl", *rows)
    found = score(capsys, file, "--scorer", "numeric", "--reduce", "pass@2")
    assert (found["items"], found["scores"]) == (3, [0.5, 0.5, 0.0])
    assert score(capsys, file, "--scorer", "numeric", "--reduce", "at_least_one")["scores"] == [1, 1, 0]
    assert score(capsys, file, "--scorer", "numeric")["items"] == 12
    assert main(["score", file, "--scorer", "numeric", "--reduce", "pass@9"]) == 2
    assert "give an id" in capsys.readouterr().err


def test_rows_of_one_item_are_not_independent(place, capsys):
    rows = [{"id": n // 5, "answer": str(n // 5 % 2), "target": "1"} for n in range(40)]
    draws = score(capsys, lines("draws.jsonl", *rows), "--scorer", "numeric")
    items = score(capsys, lines("items.jsonl", *rows[::5]), "--scorer", "numeric")
    assert (draws["score"], draws["items"], items["items"]) == (0.5, 40, 8)
    assert draws["high"] - draws["low"] == pytest.approx(items["high"] - items["low"], abs=0.1)


def test_replies_that_cannot_be_read_are_counted_by_themselves(place, capsys):
    rows = [{"id": 1, "reply": "no idea", "target": "1"}] * 4
    assert main(["score", lines("odd.jsonl", *rows), "--scorer", "numeric", "--reduce", "mean"]) == 0
    assert "(they score 0): 4" in capsys.readouterr().out


def test_parts_of_a_score_are_shown_and_passages_counted(place, capsys):
    rows = [
        {"question": f"{n}?", "answer": "the red fox", "target": "red fox" if n % 2 else "a fox"}
        | {"context": f"p{n // 5}"}
        for n in range(20)
    ]
    found = score(capsys, lines("spans.jsonl", *rows), "--scorer", "squad")
    assert found["parts"]["em"] == 0.5
    assert found["score"] == found["parts"]["f1"] == pytest.approx((1 + 2 / 3) / 2)
    alone = score(
        capsys, lines("alone.jsonl", *({**row, "context": ""} for row in rows)), "--scorer", "squad"
    )
    assert found["score"] == alone["score"]
    assert (found["low"], found["high"]) != (alone["low"], alone["high"])


@pytest.mark.parametrize(
    ("row", "says"),
    [({"target": "1"}, 'no "answer" and no "reply"'), ({"answer": "1"}, 'no "target"')],
)
def test_a_row_that_cannot_be_scored_is_one_line(place, capsys, row, says):
    assert main(["score", lines("bad.jsonl", row), "--scorer", "numeric"]) == 2
    err = capsys.readouterr().err
    assert says in err
    assert err.count("\n") == 1


JUDGE = '''"""A judge that likes short answers, and of two the first, unless the other is far shorter."""

import re

import masdesign as md
from masdesign.types import Completion, Usage


@md.model("strict")
class Strict:
    model = "strict@1"
    window = 8192

    async def complete(self, request):
        asked = request.messages[-1].content
        answers = re.findall(r"<answer>\\n(?:[AB]:\\n)?(.*?)\\n</answer>", asked, re.DOTALL) or ["4"]
        if "Verdict" in asked:
            far = len(answers[1]) * 3 < len(answers[0])
            return Completion(f"Verdict: {'B' if far else 'A'}", Usage(50, 5))
        return Completion(f"Grade: {10 if len(answers[0]) < 8 else 2}", Usage(50, 5))

    async def aclose(self):
        pass
'''


@pytest.fixture
def judge(place):
    Path("strict.py").write_text(JUDGE)
    return ("--scorer", "judge:strict", "--plugin", "strict.py")


def test_a_judge_is_counted_cached_and_its_agreement_with_people_reported(place, judge, capsys):
    rows = [
        {"question": f"{n}?", "answer": "long " * (n % 4), "human": ["right", "wrong"][n % 2]}
        for n in range(8)
    ]
    file = lines("essays.jsonl", *({**row, "answer": row["answer"] or "no"} for row in rows))
    found = score(capsys, file, *judge)
    assert found["scores"] == [1.0, 1.0, 0.2, 0.2] * 2
    agreement = found["judge"]["agreement"]
    assert (agreement["items"], agreement["share"], agreement["kappa"]) == (8, 0.5, 0.0)
    assert (found["spend"]["calls"], found["spend"]["paid_calls"], found["spend"]["tokens"]) == (8, 8, 440)
    again = score(capsys, file, *judge)
    assert (again["scores"], again["spend"]["paid_calls"]) == (found["scores"], 0)
    assert main(["score", file, *judge, "--budget", "3calls"]) == 3
    assert main(["score", file, *judge]) == 0
    assert "the judge agrees with 8 labels on 0.500 of them" in capsys.readouterr().out


def test_a_judge_compares_with_a_rival_in_both_orders(place, judge, capsys):
    rows = [
        {"question": "?", "answer": "a" * mine, "rival": "b" * 10, "human": "win"} for mine in (1, 10, 90)
    ]
    found = score(capsys, lines("pairs.jsonl", *rows), *judge)
    assert found["scores"] == [1.0, 0.5, 0.0]
    assert (found["judge"]["pairs"], found["judge"]["consistent"]) == (3, 2)
    assert found["judge"]["agreement"]["share"] == pytest.approx(1 / 3)
    bad = lines("bad.jsonl", {**rows[0], "human": "maybe"})
    assert main(["score", bad, *judge]) == 2
    assert "no verdict" in capsys.readouterr().err


@pytest.mark.slow
def test_a_judge_is_overhead_of_an_evaluation_and_never_the_model_that_answers(place, judge, capsys):
    items = [{"question": f"{n} + 1 =", "target": str(n + 1)} for n in range(30)]
    given = ("chain_of_thought", lines("sums.jsonl", *items), "--items", "6", "--answer", "line", "--json")
    assert main(["evaluate", *given, *judge]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["overhead"]["prompt_tokens"] == 50 * found["items"] > 0
    assert found["judge"]["agreement"]["items"] == found["items"]
    assert found["spend"]["calls"] == 2 * found["items"]
    for same in (("--model", "strict"), ("--model", "a=abacus", "--model", "b=strict")):
        assert main(["evaluate", *given, *judge, *same]) == 2
        assert "prefer their own answers" in capsys.readouterr().err
    own = ("--scorer", "judge", "--plugin", "strict.py", "--model", "strict", "--model", "judge=strict")
    assert main(["evaluate", *given, *own]) == 2
    assert "prefer their own answers" in capsys.readouterr().err
    insists = ("--scorer", "judge:strict+self", "--plugin", "strict.py", "--model", "strict")
    assert main(["evaluate", *given, *insists]) == 0


def test_a_grid_under_target_is_one_answer(place, capsys):
    grid = [[1, 2], [3, 4]]
    file = lines("grids.jsonl", {"answer": "1 2\n3 4", "target": grid}, {"answer": "1 2", "target": grid})
    assert score(capsys, file, "--scorer", "grid")["scores"] == [1.0, 0.0]


def test_an_object_under_target_is_one_answer(place, capsys):
    file = lines("objects.jsonl", {"answer": {"b": 2, "a": 1.0}, "target": {"a": 1, "b": 2}})
    assert score(capsys, file, "--scorer", "json")["scores"] == [1.0]


def test_a_scorer_that_fails_on_all_rows_is_one_line(place, capsys, fresh_imports):
    Path("failing.py").write_text("def boom(answer, item): raise KeyError('x')\n")
    file = lines("rows.jsonl", *({"answer": str(n)} for n in range(20)))
    assert main(["score", file, "--scorer", "failing.py:boom"]) == 2
    assert (
        capsys.readouterr().err.strip() == "masdesign: row 1: scorer failing.py:boom failed (KeyError: 'x')"
    )
