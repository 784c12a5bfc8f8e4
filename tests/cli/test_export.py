"""masdesign export: a script that runs alone against a server, pictures, and one-line refusals."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from openai_server import fails, says, serving

from masdesign.archive import Archive
from masdesign.cli import main
from masdesign.tasks import load_task
from masdesign.types import Answer, Result
from masdesign.workflow import Design

VOTE = (
    "async def workflow(task):\n"
    "    drafts = await gather(*[chain_of_thought(task, temperature=0.8) for _ in range(3)])\n"
    "    return majority(drafts)\n"
)
REACT = "async def workflow(task):\n    return await react(task)\n"
ALONE = "import runpy, sys; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"


@pytest.fixture
def export(tmp_path, monkeypatch, capsys):
    """Runs the command in an empty folder; gives exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "vote.py").write_text(VOTE)

    def export(*arguments):
        code = main(["export", *arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return export


@pytest.mark.slow
def test_a_script_runs_alone_against_a_server(export, tmp_path):
    code, out, err = export("vote.py", "--out", "alone.py", "--model", "openai/toy")
    assert (code, out) == (0, "")
    assert "vote written to alone.py" in err
    answers = iter(["Answer: 4", "Answer: 5", "Answer: 4"])
    overloaded = [fails(503, "overloaded")]

    def answer(request):
        if overloaded and request["temperature"] == 0.8:
            return overloaded.pop()
        return says(next(answers))

    environment = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "OPENAI_API_KEY")
    }
    guard = (
        "sys.modules.update(dict.fromkeys(['masdesign', 'numpy', 'networkx'], None)); "  # not to be imported
    )
    with serving(answer=answer) as server:
        command = [sys.executable, "-c", ALONE.replace("import runpy, sys; ", "import runpy, sys; " + guard)]
        done = subprocess.run(
            [*command, "alone.py", "2 + 2 =", "--base-url", server.url],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stdout) == (0, "4\n"), done.stderr
    assert len(server.requests) == 4
    assert server.requests[0]["messages"][0]["content"].startswith("Problem: 2 + 2 =\n\nThink step by step")


def test_a_model_that_litellm_cannot_ask_is_told(export):
    _, _, err = export("vote.py", "--out", "alone.py", "--model", "openai/toy")
    assert "cannot ask" not in err
    code, _, err = export("vote.py", "--out", "alone.py")
    assert code == 0
    assert "it asks openai/gpt-4o-mini: LiteLLM cannot ask the design's own model; --model" in err


@pytest.mark.slow
def test_the_examples_of_the_task_stand_in_the_script(export, tmp_path):
    task, design = (
        load_task("arithmetic"),
        Design("async def workflow(task):\n    return await few_shot(task)\n"),
    )
    with Archive(str(tmp_path / "a.db")) as archive:
        archive.add_design(design)
        from masdesign.evaluation.evaluation import Evaluation

        results = (Result("i", Answer("4"), 1.0),)
        archive.add_evaluation(
            Evaluation(design.id, task.name, task.version, "val", "m@1", 0, "f", 1, results)
        )
    code, out, _ = export(design.id, "--archive", "a.db")
    assert code == 0
    assert repr(task.train[0].question) in out
    code, out, _ = export(design.id, "--archive", "a.db", "--no-examples")
    assert repr(task.train[0].question) not in out


def test_retrieval_is_taken_along(export, tmp_path):
    (tmp_path / "seek.py").write_text(REACT)
    code, out, _ = export("seek.py", "--tools", "retrieval")
    assert code == 0
    assert "TOOLS = frozenset(['retrieval'])" in out


@pytest.mark.slow
def test_a_picture_takes_the_steps_that_the_designs_tools_allow(export, tmp_path):
    (tmp_path / "parts.py").write_text("async def workflow(task):\n    return await isolate(task, n=2)\n")
    assert (
        export("parts.py", "--form", "mermaid")[1].count('["focus"]') == 2
    )  # asks for the passages of each part
    assert '["focus"]' not in export("parts.py", "--form", "mermaid", "--tools", "retrieval")[1]


def test_pictures(export, tmp_path):
    code, out, _ = export("vote.py", "--form", "mermaid")
    assert code == 0
    assert out.startswith("flowchart TD\n")
    assert out.count('["chain_of_thought"]') == out.count("question --> step") == out.count("--> answer") == 3
    assert export("vote.py", "--out", "vote.graphml")[0] == 0
    root = ET.parse(tmp_path / "vote.graphml").getroot()
    assert len(root.findall(".//{*}node")) == 5
    assert len(root.findall(".//{*}edge")) == 6


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "arguments", "said"),
    [
        (VOTE, ["--out", "x.txt"], "--form"),
        (VOTE, ["--out", "no/where.py"], "cannot write no/where.py"),
        (
            "async def workflow(task):\n    return await write_program(task)\n",
            [],
            "line 2: it cannot be exported",
        ),
        (REACT, ["--tools", "python"], "line 2: it cannot be exported: react runs programs"),
        (REACT, ["--tools", "retrieval,calculator"], "react uses the calculator, which a script does not"),
        (REACT, ["--tools", "magic"], "unknown tool 'magic'"),
        (
            "import asyncio\nasync def workflow(task):\n    return (await asyncio.gather(direct(task)))[0]\n",
            [],
            "line 1: it cannot be exported: import of asyncio; gather is there",
        ),
    ],
)
def test_a_refusal_is_one_line_and_exit_2(source, arguments, said, export, tmp_path):
    (tmp_path / "design.py").write_text(source)
    code, out, err = export("design.py", *arguments)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert said in err
