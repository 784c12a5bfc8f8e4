"""Searches with tools of a server and in an environment: what is printed at the end works as it stands."""

import json
import shlex
import sys
from pathlib import Path

import pytest

from masdesign.cli import main
from masdesign.environments import lookup
from masdesign.tasks import load_task
from masdesign.testing.modes import Reply, says
from masdesign.testing.server import serving

SERVER = Path(__file__).parents[1] / "environments" / "mcp_server.py"
CANARY = "canary-of-the-shop"


def shopper(call):
    """Counts the cups where it may act, and else says what it does not know."""
    last = call.body["messages"][-1]["content"]
    if "Observation: " in last:
        return Reply(says(call, f"Answer: {last.rpartition('Observation: ')[2].split()[0]}"))
    asked = "\n".join(message["content"] for message in call.body["messages"])
    return Reply(
        says(call, "Action: count[cups]" if "count[thing]" in asked else "Verdict: right\nAnswer: 0")
    )


def printed_use(out: str) -> list[str]:
    (line,) = [line for line in out.splitlines() if line.startswith("use it: masdesign ")]
    return shlex.split(line.removeprefix("use it: masdesign "))


@pytest.mark.slow
def test_a_found_design_runs_and_is_exported_with_its_server_and_keeps_its_secret(
    tmp_path, monkeypatch, capsys
):
    pytest.importorskip("mcp")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    rows = [{"question": f"Shop {n}: how many cups are there?", "target": "3"} for n in range(40)]
    Path("cups.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    server = f"SHOP_TOKEN={CANARY} {shlex.quote(sys.executable)} {shlex.quote(str(SERVER))}"
    with serving(shopper) as model:
        where = ["--model=openai/any", f"--base-url={model.url}"]
        limits = ["--items=6", "--test-items=6", "--budget=400calls"]
        searched = ["search", "cups.jsonl", *where, *limits, f"--mcp=shop:pure={server}"]
        assert main([*searched, "--strategy=random"]) == 0
        captured = capsys.readouterr()
        assert "pointless" not in captured.err  # what plain ways cannot do is no limit
        assert "--mcp 'shop:pure=SHOP_TOKEN=*** " in captured.err  # how to go on
        use = printed_use(captured.out)
        again = [word.replace("=***", f"={CANARY}").replace("…", "How many cups?") for word in use]
        assert main([*again, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["answer"] == "3"
        assert main(["export", "best", "--out=script.py", f"--mcp=shop={server}"]) == 0
    assert "'SHOP_TOKEN': os.environ.get('SHOP_TOKEN', '')" in Path("script.py").read_text()
    left = [path for path in tmp_path.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]
    assert left == []
    assert CANARY not in captured.out + captured.err


@pytest.mark.slow
def test_a_design_of_an_environment_is_used_where_that_opens(tmp_path, monkeypatch, capsys):
    """`run` has no item to open a register on: the command that is printed evaluates the design."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    task = load_task("lookup", items=6, test_items=6)
    known = {item.question: item for item in (*task.train, *task.val, *task._all("test"))}

    def oracle(call):
        messages = call.body["messages"]
        items = [item for question, item in known.items() if question in messages[0]["content"]]
        if not items or "lookup[name]" not in messages[0]["content"]:
            return Reply(says(call, "Verdict: right\nAnswer: 0"))
        actions, step = lookup.oracle(items[0]), sum(message["role"] == "assistant" for message in messages)
        more = step < len(actions)
        action = f"Action: lookup[{actions[step].arguments['name']}]" if more else ""
        return Reply(says(call, action or f"Answer: {items[0].target}"))

    with serving(oracle) as model:
        where = ["--model=openai/any", f"--base-url={model.url}"]
        limits = ["--items=6", "--test-items=6", "--budget=500calls", "--strategy=random"]
        assert main(["search", "lookup", *where, *limits]) == 0
        use = printed_use(capsys.readouterr().out)
        assert (use[0], use[2]) == ("evaluate", "lookup")
        assert main([*use, "--items=6", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["score"] == 1.0
        assert main(["run", use[1], "--question", "Which code has Bamo?"]) == 2
        assert "opens on items of the task lookup alone" in capsys.readouterr().err
