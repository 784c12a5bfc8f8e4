import json

from masdesign.types import Answer, Question
from masdesign.workflow import Design, run_item
from masdesign.workflow.graph import features, graph

HEAD = "async def workflow(task):\n"


def workflow(*lines):
    return HEAD + "\n".join("    " + line for line in lines)


VERIFIED = workflow(
    "drafts = await gather(*[think(task, temperature=0.8) for _ in range(3)])",
    "verdicts = await gather(*[verify(task, d) for d in drafts])",
    "kept = [d for d, v in zip(drafts, verdicts) if v.ok]",
    "return kept[0]",
)


async def test_the_tree_holds_every_block_call_and_what_it_took(run):
    outcome = await run(VERIFIED)
    root = outcome.trace.root
    assert [c.name for c in root.children] == ["think"] * 3 + ["verify"] * 3
    assert outcome.calls == outcome.trace.calls == 6
    assert outcome.usage.tokens == 42
    assert root.children[1].output == Answer("1", "answer 1")
    assert root.children[0].children[0].request.messages[0].content == "1 + 1 ="
    assert all(n.seconds >= 0 for n in root.walk())


async def test_a_composite_block_is_a_subtree(run):
    outcome = await run(workflow("return await vote(task, n=2)"))
    (vote,) = outcome.trace.root.children
    assert [c.name for c in vote.children] == ["think", "think"]
    assert outcome.trace.render().splitlines() == [
        "workflow: 0  (14 tokens, 2 calls)",
        "└─ vote(n=2): 0  (14 tokens)",
        "   ├─ think(temperature=0.8): 0  (7 tokens)",
        "   └─ think(temperature=0.8): 1  (7 tokens)",
    ]


async def test_the_trace_is_json(run):
    entry = json.loads(json.dumps((await run(VERIFIED)).trace.to_json()))
    assert entry["question"]["question"] == "1 + 1 ="
    assert entry["root"]["children"][0]["children"][0]["completion"]["text"] == "answer 0"


async def test_the_graph_says_which_answer_went_into_which_call(run):
    trace = (await run(VERIFIED)).trace
    flow = graph(trace)
    assert {(0, 3), (1, 4), (2, 5), ("question", 0), (1, "answer")} <= set(flow.edges)
    assert (0, 4) not in flow.edges
    form = features(trace)
    assert (form.depth, form.width, form.calls, form.verifier, form.early_exit) == (2, 3, 6, True, False)


async def test_an_early_exit_is_seen(run):
    source = workflow(
        "a = await think(task)", "if a.text == '0':", "    return a", "return await vote(task, n=5)"
    )
    form = features((await run(source)).trace)
    assert (form.calls, form.early_exit, form.verifier, form.depth) == (1, True, False, 1)


async def test_text_that_flows_on_is_an_edge(run):
    source = workflow("a = await think(task)", "return await ask('Improve.', task, a.reasoning)")
    assert (0, 1) in graph((await run(source)).trace).edges


async def test_a_part_that_is_asked_on_its_own_is_an_edge(run):
    source = workflow(
        "split = await ask('Split.', task)",
        "read = await think(Question('Which passage?', (), ()), temperature=0.8)",
        "return await think(Question(split.text, (read.reasoning,), ()))",
    )
    assert {(0, 2), (1, 2)} <= set(graph((await run(source)).trace).edges)


async def test_a_failed_item_keeps_its_trace(runtime):
    source = workflow("a = await think(task)", "return str(1 / 0)")
    outcome = await run_item(Design(source), Question("q"), runtime)
    assert (outcome.failure.message, outcome.failure.line) == ("ZeroDivisionError: division by zero", 3)
    assert outcome.calls == 1
    graph(outcome.trace)
