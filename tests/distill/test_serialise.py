"""One text of a trace, and the request that asks for it: same labels, same order, nothing from nowhere."""

import re

import pytest

from masdesign.building_blocks import blocks
from masdesign.distill.outline import outline
from masdesign.distill.serialise import LABELS, Piece, read_pieces, serialise
from masdesign.distill.wording import PARTS_APART, SPLIT, composed, turn_of, turns, worded
from masdesign.lm.providers.scripted import Scripted
from masdesign.testing.block import SAMPLES, dice
from masdesign.types import Answer, Question
from masdesign.workflow import Design, MontySandbox, Runtime, run_item

BLOCKS = blocks()
TASK = Question("Sales of Elm minus costs of Oak?", ("Oak: costs 34.", "Fir: costs 79.", "Elm: sales 53."))


def clerk(request):
    """A model that splits, finds and answers, as a careful clerk would."""
    prompt = request.messages[-1].content
    if "Split it into" in prompt:
        return "Question 1: Sales of Elm?\nQuestion 2: Costs of Oak?"
    if "Write it again" in prompt:
        return "Passages: 3" if "Problem: Sales of Elm?" in prompt else "Passages: 1"
    if "with these answers" in prompt:
        return "53 - 34 = 19\nAnswer: 19"
    if "Check the solution" in prompt:
        return "Step 2 is wrong.\nVerdict: wrong"
    if "Which solution" in prompt:
        return "The second reads on.\nChoice: 2"
    if "Elm: sales" in prompt and "costs of Oak" not in prompt:
        return "Elm sells 53.\nAnswer: 53"
    return f"I try {request.sample}.\nAnswer: {34 + request.sample}"


async def traced(call, script=clerk, task=TASK):
    async with MontySandbox() as sandbox:
        runtime = Runtime(models={"": Scripted(script)}, blocks=BLOCKS, sandbox=sandbox)
        outcome = await run_item(Design(f"async def workflow(task):\n    return await {call}"), task, runtime)
    return outcome.trace


def asked(call):
    return outline(f"async def workflow(task):\n    return await {call}", BLOCKS)


async def test_parts_stand_with_their_own_evidence_and_come_before_what_needs_them():
    assert serialise(await traced("isolate(task, n=4)")) == (
        "Question 1: Sales of Elm?\nEvidence 1: Elm: sales 53.\nElm sells 53.\nFinding 1: 53\n"
        "Question 2: Costs of Oak?\nEvidence 2: Oak: costs 34.\nI try 0.\nFinding 2: 34\n"
        "53 - 34 = 19\nAnswer: 19"
    )


def test_the_request_for_parts_asks_for_those_lines():
    assert composed(asked("isolate(task, n=4)")) == (
        "Work in these steps, all in one reply:\n"
        f"1. {SPLIT.format(4)}\n"
        f"2. {PARTS_APART} Write for each:\n"
        "   Question 1: the question\n   Evidence 1: its passages, word for word\n   Finding 1: its answer\n"
        "3. Solve the problem with the findings, step by step.\n"
        "Give the answer on the last line: Answer: ..."
    )


def test_a_conversation_finds_then_answers_each_in_a_turn():
    split, find, answer, merge = turns(asked("isolate(task, n=4)"))
    assert split.endswith("Question 1: ...")
    assert find.endswith("Evidence 1: its passages, word for word")
    assert answer == (
        "Answer each question from its evidence alone, step by step. Write for each:\nFinding 1: its answer"
    )
    assert merge.endswith("step by step.\nGive the answer on the last line: Answer: ...")


def test_a_turn_may_show_what_its_step_saw():
    (step,) = worded(asked("chain_of_thought(task)"))
    shown = [Piece("Question", 1, "Sales of Elm?"), Piece("Evidence", 1, "Elm: sales 53.")]
    assert turn_of(step, last=False, shown=shown) == (
        "Question 1: Sales of Elm?\nEvidence 1: Elm: sales 53.\n\nSolve the problem step by step."
    )


async def test_a_plain_design_is_its_reply():
    assert serialise(await traced("chain_of_thought(task)")) == "I try 0.\nAnswer: 34"


async def test_drafts_are_numbered_and_a_vote_is_a_decision():
    text = serialise(await traced("self_consistency(task, n=2)"))
    assert text == (
        "Solution 1:\nI try 0.\nFinding 1: 34\nSolution 2:\nI try 1.\nFinding 2: 35\nDecision: 34\nAnswer: 34"
    )
    often = serialise(await traced("self_consistency(task, n=2)", lambda request: "Hm.\nAnswer: 7"))
    assert "Decision: 7 is given most often\nAnswer: 7" in often


async def test_a_verdict_bears_the_number_of_what_it_judges_and_a_choice_that_of_what_it_takes():
    text = serialise(await traced("self_refine(task, rounds=1)"))
    assert text.startswith("Solution 1:\nI try 0.\nFinding 1: 34\nStep 2 is wrong.\nVerdict 1: wrong\n")
    text = serialise(await traced("universal_self_consistency(task, n=2)"))
    assert text.endswith("Finding 2: 35\nThe second reads on.\nChoice: 2\nAnswer: 35")


async def test_the_lines_can_be_read_again():
    pieces = read_pieces(serialise(await traced("isolate(task, n=4)")))
    assert [(p.label, p.number) for p in pieces] == [
        (label, number) for number in (1, 2) for label in ("Question", "Evidence", "Finding")
    ]
    assert pieces[2] == Piece("Finding", 1, "53", "Elm sells 53.")


@pytest.mark.parametrize("name", [n for n, b in BLOCKS.items() if not b.templates])
def test_no_request_speaks_of_code(name):
    usual = {"capability_match": 'task, ["", ""]', "role_assignment": 'task, ["a doctor: health"]'}
    request = composed(asked(f"{name}({usual.get(name, 'task')})"))
    assert "`" not in request
    assert "none of" not in request
    assert "Do not solve" not in request
    assert request.endswith("Give the answer on the last line: Answer: ...")


_LABEL = re.compile(rf"^(?:Choice: \d+$|(?:{'|'.join(LABELS)})(?: \d+)?:)", re.MULTILINE)
_TOKEN = re.compile(r"\d+|[A-Z][a-z]+")


def sampled(block):
    """A call of a block with an argument for each required parameter."""
    needed = [p for p in block.signature.parameters.values() if p.default is p.empty]
    arguments = [SAMPLES[block.hints[p.name]] for p in needed if p.kind is not p.VAR_POSITIONAL]
    return f"{block.name}({', '.join(arguments)})"


@pytest.mark.slow
async def test_no_number_and_no_name_comes_from_nowhere():
    """Of every block that needs no environment and no memory, with replies that have every kind of line."""
    nowhere, asked_models = {}, 0
    async with MontySandbox() as sandbox:
        runtime = Runtime(models={"": Scripted(dice)}, blocks=BLOCKS, sandbox=sandbox)
        for block in (block for block in BLOCKS.values() if not block.needs):
            shown = "result" if block.hints["return"] is Answer else "'done'"
            source = f"async def workflow(task):\n    result = await {sampled(block)}\n    return {shown}"
            trace = (await run_item(Design(source), TASK, runtime)).trace
            calls = [node for node in trace.root.walk() if node.request is not None]
            asked_models += bool(calls)
            texts = [m.content for node in calls for m in node.request.messages]
            seen = set(_TOKEN.findall("\n".join([*texts, *(node.completion.text for node in calls)])))
            text = _LABEL.sub("", serialise(trace))
            nowhere[block.name] = set(_TOKEN.findall(text)) - seen - {"Answer"}
    assert asked_models > 50
    assert not any(nowhere.values()), {name: words for name, words in nowhere.items() if words}
