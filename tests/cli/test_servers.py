"""What users meet on their first day: commands against servers that behave as real ones do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from masdesign.cli import main
from masdesign.evaluation import open_runtime
from masdesign.session.verbs import run_evaluate_async
from masdesign.testing.modes import Reply, says
from masdesign.testing.server import serving

ITEMS = 12


@pytest.fixture
def sums(tmp_path: Path, monkeypatch) -> str:
    """A task of sums in the working folder; the fourth question has the word `forbidden`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MASDESIGN_ARCHIVE", "archive.db")
    rows = []
    for split, first in (("train", 0), ("val", 100), ("test", 200)):
        for n in range(first, first + ITEMS):
            extra = "forbidden: " if n % 100 == 3 else ""
            rows.append({"question": f"{extra}{n} + {2 * n} =", "target": str(3 * n), "split": split})
    for split in ("train", "val", "test"):
        lines = [json.dumps(row) for row in rows if row["split"] == split]
        Path(f"{split}.jsonl").write_text("\n".join(lines))
    return "val.jsonl"


@pytest.fixture
def evaluated(sums, capsys):
    """``evaluated(server, *options)``: exit code and document of `masdesign evaluate direct`."""

    def run(url: str, *options: str, design: str = "direct"):
        files = ["--train=train.jsonl", "--val=val.jsonl", "--test=test.jsonl"]
        command = [
            "evaluate",
            design,
            "val.jsonl",
            *files,
            "--model=openai/any",
            f"--base-url={url}",
            "--json",
        ]
        code = main([*command, *options])
        printed = capsys.readouterr()
        return code, json.loads(printed.out) if printed.out else {}, printed.err

    return run


@pytest.mark.slow
def test_one_model_closed_breaks_no_other(sums, capsys) -> None:
    """Two models on two servers, one after the other: both rows are right."""
    wrong = serving(lambda call: Reply(says(call, "Answer: 0")))
    with serving() as first, wrong as second:
        command = ["transfer", "direct", "--tasks=val.jsonl", "--json"]
        models = ["--model=a=openai/x", f"--base-url=a={first.url}", "--model=b=openai/y"]
        assert main([*command, *models, f"--base-url=b={second.url}"]) == 0
    cells = json.loads(capsys.readouterr().out)["cells"]
    assert [cell["score"] for cell in cells] == [1.0, 0.0]


@pytest.mark.slow
def test_one_server_for_all_models(sums, capsys) -> None:
    with serving() as server:
        command = ["transfer", "direct", "--tasks=val.jsonl", "--models=openai/a,openai/b", "--json"]
        assert main([*command, f"--base-url={server.url}"]) == 0
    assert [cell["score"] for cell in json.loads(capsys.readouterr().out)["cells"]] == [1.0, 1.0]


@pytest.mark.slow
def test_the_names_of_the_configuration_name_models_on_the_command_line(sums, capsys, monkeypatch) -> None:
    """Each with its server, key and options; they were "not known"."""
    monkeypatch.setenv("SMALL_KEY", "of-small-1")
    monkeypatch.setenv("LARGE_KEY", "of-large-2")
    with serving(lambda call: Reply(says(call, "Answer: 0"))) as small, serving() as large:
        tables = [("small", small, "top_p = 0.5"), ("large", large, "max_tokens = 777")]
        text = "".join(
            f'[models.{name}]\nmodel = "openai/any"\nbase_url = "{server.url}"\n'
            f'key_env = "{name.upper()}_KEY"\n{option}\n'
            for name, server, option in tables
        )
        Path("masdesign.toml").write_text(text)
        assert main(["transfer", "direct", "--tasks=val.jsonl", "--models=small,large", "--json"]) == 0
        cells = json.loads(capsys.readouterr().out)["cells"]
        assert [cell["score"] for cell in cells] == [0.0, 1.0]
        sent = len(small.requests)
        assert main(["run", "direct", "--question=2 + 2 =", "--model=large", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["answer"] == "4"
        assert len(small.requests) == sent
    assert {one["authorization"] for one in small.headers} == {"Bearer of-small-1"}
    assert {one["authorization"] for one in large.headers} == {"Bearer of-large-2"}
    assert {one["top_p"] for one in small.requests} == {0.5}
    assert {one["max_tokens"] for one in large.requests} == {777}


async def test_two_evaluations_in_one_loop(sums) -> None:
    with serving() as server:
        for _ in range(2):
            found = await run_evaluate_async(
                "direct", "val.jsonl", model="openai/any", base_url=server.url, price="1/2"
            )
            assert found.score == 1.0
            assert found.usd_per_item > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "mode", ["thinks", "thinks_inline", "parts", "error_finish", "only_reasoning", "no_temperature"]
)
def test_it_scores_as_its_answers_deserve(mode, evaluated) -> None:
    with serving(mode) as server:
        code, document, _ = evaluated(server.url)
    assert (code, document["score"], document["items"]) == (0, 1.0, ITEMS)


@pytest.mark.slow
@pytest.mark.parametrize("design", ["direct", "chain_of_thought"])
def test_of_a_reply_that_runs_on_the_first_answer_counts(design, evaluated) -> None:
    with serving("run_on") as server:
        code, document, _ = evaluated(server.url, design=design)
    assert (code, document["score"], document["failures"]["parse"]) == (0, 1.0, 0)


@pytest.mark.slow
def test_a_budget_is_measured_by_what_calls_use(sums, capsys) -> None:
    """One call could cost .0025 USD, at the longest reply; the calls of this search come to less in all."""
    files = ["--train=train.jsonl", "--val=val.jsonl", "--test=test.jsonl"]
    with serving() as server:
        model = ["--model=openai/any", f"--base-url={server.url}", "--price=.15/.6"]
        given = ["--budget=0.005usd", "--strategy=random", "--yes", "--json"]
        assert main(["search", "val.jsonl", *files, *model, *given]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["best"]["test"]["items"] == ITEMS
    assert 0 < document["spend"]["usd"] <= 0.005


@pytest.mark.slow
def test_a_rerun_asks_nothing_again(evaluated) -> None:
    with serving("error_finish") as server:
        evaluated(server.url)
        asked = len(server.requests)
        assert asked == 2 * ITEMS
        _, document, _ = evaluated(server.url)
        assert (len(server.requests), document["score"]) == (asked, 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["filter_status", "filter_finish"])
def test_one_refused_question_is_named_and_scores_nothing(mode, evaluated) -> None:
    with serving(mode) as server:
        code, document, _ = evaluated(server.url)
    assert (code, document["score"], document["items"]) == (0, 1.0, ITEMS - 1)
    assert document["failures"]["refused"] == 1


def test_a_thought_cut_at_the_users_length_is_counted_apart_with_its_cure(evaluated) -> None:
    with serving("thinks") as server:
        code, document, _ = evaluated(server.url, "--model-option=max_tokens=700")
        assert all(request["max_tokens"] == 700 for request in server.requests)
    assert (code, document["score"], document["failures"]["cut"]) == (0, 0.0, ITEMS)
    assert "max_tokens" in document["failure_messages"][0]["cure"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "words"),
    [("quota", "no credit"), ("payment", "no credit"), ("bad_key", "key"), ("no_model", "name")],
)
def test_what_asking_again_would_not_cure_ends_at_once(mode, words, evaluated) -> None:
    with serving(mode) as server:
        code, _, err = evaluated(server.url, "--concurrency=4")
        assert len(server.requests) <= 4
    assert code != 0
    assert words in err.splitlines()[-1]


def test_a_price_that_is_not_known_is_unknown(evaluated, capsys) -> None:
    with serving() as server:
        _, document, _ = evaluated(server.url)
        _, priced, _ = evaluated(server.url, "--price=1/2")
        main(["evaluate", "direct", "val.jsonl", "--model=openai/any", f"--base-url={server.url}"])
    assert (document["usd_per_item"], document["spend"]["usd"]) == (None, None)
    assert priced["spend"]["usd"] is None  # the recorded calls had no price
    assert "USD unknown" in capsys.readouterr().out


def test_named_options_reach_their_model_alone(sums) -> None:
    Path("both.py").write_text(
        "async def workflow(task):\n"
        '    draft = await direct(task, model="small")\n'
        '    second = await chain_of_thought(task, model="large")\n'
        "    return majority([draft, second])\n"
    )
    with serving() as small, serving() as large:
        models = ["--model=small=openai/s", "--model=large=openai/l"]
        urls = [f"--base-url=small={small.url}", f"--base-url=large={large.url}"]
        options = ["--model-option=large.top_p=0.5", "--model-option=small.max_tokens=99"]
        assert main(["evaluate", "both.py", "val.jsonl", *models, *urls, *options]) == 0
        assert len(small.requests) == len(large.requests) > 2
        assert all((r["max_tokens"], "top_p" in r) == (99, False) for r in small.requests)
        assert all((r["max_tokens"], r["top_p"]) == (4096, 0.5) for r in large.requests)


@pytest.mark.slow
def test_an_input_error_is_told_before_anything_is_imported(sums, capsys) -> None:
    """LiteLLM takes seconds to import; a wrong budget needs none of them."""
    import subprocess
    import sys

    code = (
        "import sys; from masdesign.cli import main; "
        "main(['evaluate', 'direct', 'val.jsonl', '--model=anthropic/claude-opus-4', '--budget=lots']); "
        "assert 'litellm' not in sys.modules and 'openai' not in sys.modules"
    )
    environment = {"ANTHROPIC_API_KEY": "sk-any-1234567", "PATH": "", "PYTHONPATH": ":".join(sys.path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, capture_output=True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--model-option=tempreture=1"], "did you mean 'temperature'"),
        (["--model-option=large.top_p=1"], "no model is called so"),
        (["--model-option=top_p"], "is not [NAME.]OPTION=VALUE"),
        (["--model-option=rpm=-1"], "above 0"),
        (["--base-url=127.0.0.1:8000"], "http"),
        (["--model-option=top_p=1", "--model=abacus"], "takes no option 'top_p'"),
    ],
)
def test_wrong_options_are_one_line(options, words, sums, capsys) -> None:
    model = [] if any("abacus" in option for option in options) else ["--model=openai/any"]
    url = (
        []
        if any("base-url" in option for option in options) or not model
        else ["--base-url=http://127.0.0.1:9/v1"]
    )
    assert main(["evaluate", "direct", "val.jsonl", *model, *url, *options]) == 2
    err = capsys.readouterr().err.strip()
    assert words in err.splitlines()[-1]


async def test_the_designer_is_a_role_that_designs_do_not_see(sums) -> None:
    with serving() as server:
        models = {"": "openai/any", "large": "openai/large", "meta": "openai/writer"}
        async with open_runtime(models, base_url=server.url) as runtime:
            assert set(runtime.models) == {"", "large"}
            assert runtime.roles["meta"].model.startswith("openai/writer@")


def test_what_was_learnt_of_a_server_is_told(evaluated) -> None:
    with serving("no_temperature") as server:
        _, document, err = evaluated(server.url)
    assert "refuses temperature: left out" in err
    assert any("refuses temperature" in note for note in document["model_notes"])


@pytest.mark.slow
def test_a_model_that_thinks_serves_every_command(tmp_path, monkeypatch, capsys) -> None:
    """It thinks 2,000 tokens, and scores as its answers deserve: search, run, distil, export, report."""
    monkeypatch.chdir(tmp_path)
    rows = [{"question": f"{n} + {n + 1} =", "target": str(2 * n + 1)} for n in range(60)]
    Path("sums.jsonl").write_text("\n".join(map(json.dumps, rows)))

    def run(*arguments: str) -> str:
        assert main([*arguments, "--archive=a.db"]) == 0, capsys.readouterr().err
        return capsys.readouterr().out

    with serving("thinks") as server:
        asked = ("--model=openai/any", f"--base-url={server.url}")
        found = json.loads(
            run("search", "sums.jsonl", "--budget=2000calls", "--strategy=random", "--json", *asked)
        )
        assert (found["best"]["test"]["score"], found["spend"]["usd"]) == (1.0, None)
        assert found["spend"]["reasoning_tokens"] == 2000 * found["spend"]["calls"]
        kept = json.loads(run("archive", "show", found["best"]["id"], "--items", "--json"))["results"]
        for evaluation in kept:
            assert evaluation["reasoning_per_item"] == 2000 * evaluation["calls_per_item"]
            used = [(r["usage"]["reasoning_tokens"], r["calls"]) for r in evaluation["by_item"]]
            assert used == [(2000 * calls, calls) for _, calls in used]
        assert "7" in run("run", found["best"]["id"], "--question=3 + 4 =", *asked)
        told = run("distill", found["best"]["id"], "sums.jsonl", "--method=transcribe", *asked)
        assert "of them reasoning" in told
        script = run("export", found["best"]["id"], *asked)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
        Path("exported.py").write_text(script)
        command = [sys.executable, "exported.py", "12 + 30 ="]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout.strip()) == (0, "42"), done.stderr


@pytest.mark.slow
def test_doctor_says_nothing_of_a_model_that_does_not_answer(capsys) -> None:
    assert main(["doctor", "--model=openai/any", "--base-url=http://127.0.0.1:1/v1"]) == 1
    printed = capsys.readouterr().out
    assert "answers         no" in printed
    assert "native" not in printed


def test_what_a_provider_says_of_a_refusal_is_told(evaluated) -> None:
    """Where every question met the same complaint, its words were nowhere."""
    with serving("bad_request") as server:
        code, _, said = evaluated(server.url, "--items=6")
    assert code == 2
    assert "6 of 6 replies were refused (HTTP 400: the messages must alternate); reword" in said
