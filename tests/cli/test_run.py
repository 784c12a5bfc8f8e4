"""masdesign run: answers, traces and failures, on a recorded model (so that it is exact and offline)."""

import json

import pytest

from masdesign.aio import run_sync
from masdesign.building_blocks import blocks
from masdesign.cli import main
from masdesign.lm import Cached, Scripted
from masdesign.records.cache import Cache
from masdesign.session.resolve import resolve_design
from masdesign.types import Question
from masdesign.workflow import MontySandbox, Runtime, run_item

QUESTION = "1 + 1 ="
VOTE = """async def workflow(task):
    drafts = await gather(*[direct(task, temperature=0.8) for _ in range(3)])
    return majority(drafts)
"""


def script(request):
    prompt = request.messages[-1].content
    if "unreadable" in prompt:
        return "I cannot\ntell."
    if "Options:" in prompt:
        return "Answer: (B)"
    if "Passage 1: x = 3" in prompt:
        return "Answer: 3"
    if "Program: ..." in prompt:
        return "Program: 20 + 1"
    return ["Answer: 2", "Answer: 3", "Answer: 2"][request.sample]


QUESTIONS = (
    Question(QUESTION),
    Question("unreadable"),
    Question("Which?", (), ("(A) red", "(B) blue")),
    Question("x =", ("x = 3",)),
)


async def record(folder):
    """Has each design answer each question, and keeps the calls."""
    (folder / "vote.py").write_text(VOTE)
    cache = Cache(folder / "recorded.db")
    lm = Cached(Scripted(script, "toy-1"), cache)
    async with MontySandbox() as sandbox:
        for world in (0, 5):
            runtime = Runtime({"": lm}, blocks(), sandbox, world=world, tools=frozenset({"python"}))
            for name in ("direct", "chain_of_thought", "write_program", str(folder / "vote.py")):
                design = resolve_design(name, archive=str(folder / "none.db"))
                for question in QUESTIONS:
                    await run_item(design, question, runtime)
    cache.close()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The name of a model that has answered the questions before."""
    folder = tmp_path_factory.mktemp("record")
    run_sync(record, folder)
    return f"replay:{folder / 'recorded.db'}"


@pytest.fixture
def run(model, tmp_path, capsys, monkeypatch):
    """Runs the command and gives exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "vote.py").write_text(VOTE)

    def run(*arguments):
        code = main(["run", *arguments, "--model", model])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def test_a_block_answers_a_question(run):
    assert run("chain_of_thought", "--question", QUESTION) == (0, "2\n", "")


def test_the_fields_that_scripts_read(run):
    code, out, _ = run("vote.py", "--question", QUESTION, "--json")
    document = json.loads(out)
    assert code == 0
    assert document["answer"] == "2"
    assert document["failure"] is None
    assert len(document["design"]) == 12
    assert document["spend"]["calls"] == 3
    assert document["spend"]["paid_calls"] == 0
    assert set(document["spend"]) == {"calls", "tokens", "usd", "seconds", "paid_calls", "paid_usd"}


def test_the_trace_is_the_tree_of_calls(run):
    _, out, _ = run("vote.py", "--question", QUESTION, "--trace")
    tree, calls = out.split("\n\n", 1)
    answer, _, *branches = tree.splitlines()
    assert answer == "2"
    assert [line.split("direct")[0] for line in branches] == ["├─ ", "├─ ", "└─ "]
    heads = [line for line in calls.splitlines() if line and line[0] != " "]
    assert [head.split(":")[0] for head in heads] == ["1 of 3", "2 of 3", "3 of 3"]
    assert calls.count(QUESTION) == calls.count("  user:") == 3  # the prompts, whole
    assert "  reply:\n    Answer: 3" in calls
    _, out, _ = run("vote.py", "--question", QUESTION, "--trace", "--json")
    root = json.loads(out)["trace"]["root"]
    assert [child["name"] for child in root["children"]] == ["direct"] * 3
    assert root["children"][1]["children"][0]["completion"]["text"] == "Answer: 3"


def test_options_and_passages_belong_to_the_question(run):
    question = "Which?\nOptions:\n(A) red\n(B) blue"
    assert run("direct", "--question", question) == (0, "(B)\n", "")
    assert run("direct", "--question", "x =", "--context", "x = 3") == (0, "3\n", "")


def test_a_file_of_questions(run, tmp_path):
    lines = [{"id": "a", "question": QUESTION}, {"id": "b", "question": "unreadable"}]
    lines.append({"id": "c", "question": "Which?", "choices": ["(A) red", "(B) blue"], "target": "kept out"})
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, lines)))
    code, out, err = run("direct", "--input", "in.jsonl")
    assert code == 0
    assert out == "a\t2\nc\t(B)\n"
    assert err.startswith("b: no answer (parse)")
    code, out, err = run("direct", "--input", "in.jsonl", "--json")
    document = json.loads(out)
    assert [row["answer"] for row in document["answers"]] == ["2", "", "(B)"]
    assert [row["failure"] and row["failure"]["kind"] for row in document["answers"]] == [None, "parse", None]
    assert document["spend"]["calls"] == 3
    assert "kept out" not in out
    assert err == ""


def test_a_question_without_an_answer(run):
    code, out, err = run("direct", "--question", "unreadable")
    assert (code, out) == (1, "")
    assert err.startswith("no answer (parse)")
    code, out, err = run("direct", "--question", "unreadable", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["failure"]["kind"] == "parse"


def test_tools_are_declared(run):
    code, _, err = run("write_program", "--question", QUESTION)
    assert code == 1
    assert "declare the tool" in err
    assert run("write_program", "--question", QUESTION, "--tools", "python") == (0, "21\n", "")


def test_an_answer_without_a_call_counts_only_where_allowed(run, tmp_path):
    (tmp_path / "guess.py").write_text("async def workflow(task):\n    return '2'\n")
    code, out, err = run("guess.py", "--question", QUESTION)
    assert (code, out) == (1, "")
    assert "no answer (design)" in err
    assert run("guess.py", "--question", QUESTION, "--allow-no-calls") == (0, "2\n", "")


def test_the_seed_selects_other_draws(run):
    assert run("direct", "--question", QUESTION, "--seed", "5") == (0, "2\n", "")
    code, out, err = run("direct", "--question", QUESTION, "--seed", "6")
    assert (code, out) == (2, "")
    assert "world 6" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["direct"], "--question"),
        (["direct", "--question", QUESTION, "--input", "in.jsonl"], "--question"),
        (["direct", "--question", "  "], "empty"),
        (["direct", "--input", "none.jsonl"], "none.jsonl does not exist"),
        (["direct", "--input", "bad.jsonl"], "bad.jsonl, line 2"),
        (["nothing", "--question", QUESTION], "no design 'nothing'"),
        (["broken.py", "--question", QUESTION], "line 2"),
        (["blockless.py", "--question", QUESTION], "line 2"),
        (["none.py", "--question", QUESTION], "none.py does not exist"),
        (["direct", "--question", QUESTION, "--tools", "hammer"], "hammer"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(arguments, said, run, tmp_path):
    (tmp_path / "bad.jsonl").write_text('{"question": "1"}\n{"question": \n')
    (tmp_path / "broken.py").write_text("async def workflow(task):\n    return await await\n")
    (tmp_path / "blockless.py").write_text("async def workflow(task):\n    return await think(task)\n")
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert said in err


@pytest.mark.slow
def test_v_says_what_is_done_without_any_prompt(run, capsys):
    assert main(["evaluate", "direct", "arithmetic", "--items", "2", "-v"]) == 0
    logged = capsys.readouterr().err
    assert "direct on arithmetic val: 2 of 2 items" in logged
    assert "Problem" not in logged
