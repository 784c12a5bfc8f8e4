"""A script asks the same, and answers the same, as the design in the archive: for every block."""

from __future__ import annotations

import json
import random

import pytest

from masdesign import retrieval
from masdesign.building_blocks import blocks
from masdesign.errors import SourceError
from masdesign.export.library import library
from masdesign.export.script import _NEEDS, _check_apart, export_script
from masdesign.export.standalone import bm25
from masdesign.lm import Scripted
from masdesign.tasks import load_task
from masdesign.types import Answer, Question, Verdict
from masdesign.workflow import Design, MontySandbox, Runtime, run_item
from masdesign.workflow.adas import from_adas

BLOCKS = blocks()
SAMPLES = {
    Question: "task",
    Answer: 'Answer("4", "2 + 2 = 4\\nAnswer: 4")',
    list[Answer]: '[Answer("4"), Answer("5", "Hm.\\nAnswer: 5")]',
    list[str]: '["easy", "hard"]',
    Verdict: 'Verdict(False, "Hm.")',
    str: '"Look at the first step."',
}
SHOWN = {Answer: "{}", Verdict: "str({}.ok) + {}.critique", Question: "{}.question + str({}.context)"}
QUESTIONS = (
    Question("((1 + 2) * 3) ="),
    Question(
        "Which {{ 7 * 7 }} is it?", ("Acme earned 5.", "Bolt {% lost %} 3.", "It rains."), ("(A) red", "blue")
    ),
)
TRAIN = load_task("arithmetic", items=1).train[:30]
WINDOW = 4096


def call(block):
    """A workflow of one call of the block."""
    needed = [
        p
        for p in block.signature.parameters.values()
        if p.default is p.empty and p.kind is not p.VAR_POSITIONAL
    ]
    steps = 'Answer("", "1 + 2 = 3")'
    arguments = [steps if p.name == "steps" else SAMPLES[block.hints[p.name]] for p in needed]
    shown = SHOWN.get(block.hints["return"], "str({})").replace("{}", "result")
    return (
        "async def workflow(task):\n"
        f"    result = await {block.name}({', '.join([*arguments, 'role=task.question[:9]'])})\n"
        f"    return {shown}\n"
    )


async def original(source, question, reply, tools=frozenset()):
    """Outcome and prompts of the design where it comes from: in the sandbox, its blocks on the host."""
    asked = []

    def script(request):
        messages = [{"role": m.role, "content": m.content} for m in request.messages]
        asked.append(
            (json.dumps(messages), request.temperature, request.max_tokens, request.stop, request.sample)
        )
        return reply(messages, request.sample)

    lm = Scripted(script, window=WINDOW)
    async with MontySandbox(1) as sandbox:
        runtime = Runtime({"": lm, "large": lm}, BLOCKS, sandbox, tools=tools, train=lambda: TRAIN)
        return await run_item(Design(source), question, runtime), asked


async def same(source, load_script, reply, tools=frozenset()):
    """Holds that script and design ask and answer the same on every question."""
    models = {"": "x", "large": "y"}
    for question in QUESTIONS:
        script = load_script(source, window=WINDOW, train=TRAIN, tools=tools, models=models, reply=reply)
        outcome, asked = await original(source, question, reply, tools)
        assert outcome.failure is None or outcome.failure.kind == "parse"
        found = await script.answer(question.question, question.context, question.choices)
        assert (found.text, found.reasoning) == (outcome.answer.text, outcome.answer.reasoning)
        assert sorted(script.asked) == sorted(asked)


ACTING = sorted(name for name, block in BLOCKS.items() if block.needs in _NEEDS)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(BLOCKS.keys() - {"write_program", "alphacode", "retrieve", *ACTING}))
async def test_every_block_is_the_same_in_a_script(name, load_script, dice):
    await same(call(BLOCKS[name]), load_script, dice)


@pytest.mark.slow
@pytest.mark.parametrize("name", ACTING)
def test_what_acts_is_refused(name):
    free = {"act": "'go'", "notes": ""}
    plain = f"async def workflow(task):\n    return await {name}({free.get(name)})\n"
    source = plain if name in free else call(BLOCKS[name])
    design = Design(source)
    refused = f"line 2: it cannot be exported: {name} needs {_NEEDS[BLOCKS[name].needs]}"
    with pytest.raises(SourceError, match=refused):
        export_script(design)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["isolate", "iterative_retrieval", "react"])
async def test_retrieval_is_the_same_in_a_script(name, load_script):
    def reply(messages, sample):
        if "Tools:" in messages[-1]["content"] and sample == 0:
            return "Thought: look.\nAction: retrieval[who earned 5]"
        return "Question 1: what did Acme earn?\nQuestion 2: who lost?\nMissing: Bolt\nAnswer: 5"

    await same(call(BLOCKS[name]), load_script, reply, frozenset({"retrieval"}))


@pytest.mark.slow
@pytest.mark.parametrize("tools", [(), ("retrieval",)], ids=["by the model", "by words"])
async def test_the_passages_kept_are_the_same_in_a_script(tools, load_script, dice):
    source = "async def workflow(task):\n    return await direct(await retrieve(task, n=2))\n"
    await same(source, load_script, dice, frozenset(tools))


def test_what_runs_programs_stays_at_home(load_script):
    with pytest.raises(SourceError, match=r"line 2: it cannot be exported: write_program runs programs"):
        load_script(call(BLOCKS["write_program"]))
    for name in ("react", "analyst_coder_tester"):
        with pytest.raises(SourceError, match=rf"line 2: it cannot be exported: {name} runs programs"):
            load_script(call(BLOCKS[name]), tools={"python"})
    with pytest.raises(SourceError, match="the calculator"):
        load_script(call(BLOCKS["react"]), tools={"calculator"})


def test_an_agent_of_adas_stays_at_home(load_script):
    solver = "LLMAgentBase(['answer'], 'Solver')([taskInfo], 'Solve it.')"
    source = f"def forward(self, taskInfo):\n    return {solver}[0]\n"
    with pytest.raises(SourceError, match=r"line \d: .*from ADAS, which runs in the sandbox alone; serve"):
        load_script(from_adas(source))


DESIGN = '''
import json, math
import random
import re
from collections import Counter, defaultdict, namedtuple
from dataclasses import dataclass, field

LIMIT: int = 3
Scored = namedtuple("Scored", "value draft")

@dataclass
class Seen:
    """What was seen."""
    texts: list = field(default_factory=list)
    best: float = 0.0

    def note(self, text):
        self.texts.append(text)
        self.best = max(self.best, math.sqrt(len(text)))

async def tried(task, heat=0.5):
    return await chain_of_thought(task, temperature=heat)

async def workflow(task: Task) -> Answer:
    """Ask, count, match and choose."""
    seen = Seen()
    drafts = await gather(*[tried(task, heat) for heat in (0.2, 0.4, 0.4, 0.8)])
    for draft in drafts:
        seen.note(draft.reasoning)
        print("seen", draft)
    counts = Counter(d.text for d in drafts)
    groups = defaultdict(list)
    for d in drafts:
        groups[d.text].append(d)
    scored = [Scored(len(groups[t]), t) for t, _ in counts.most_common()]
    scored.sort(key=lambda s: (-s.value, s.draft))
    try:
        number = int(re.sub(r"[^0-9]", "", drafts[0].text) or "x")
    except ValueError as error:
        number = len(type(error).__name__)
    picked = random.choice([1, 2, 3, 4, 5]) + random.randint(0, 9)
    match scored:
        case [Scored(value=v, draft=text), *rest] if v > 1:
            told = f"{text!r:>5} of {json.dumps(counts, sort_keys=True)} {v:.2f}"
        case _:
            told = "{} then {}".format(number, "no more")
    parts = task.context + [task.question]
    inner = [x for x in parts if x and len(x) > LIMIT]
    fixed = await revise(task, majority(drafts), told + str(task.context) + " | ".join(inner), model="large")
    best = max(drafts, key=lambda d: len(d.reasoning))
    inputs = [fixed, best, Verdict(False, "hm"), str(picked)]
    again = await ask("Compare {{ 7 * 7 }} and {x}.", *inputs, output="final answer")
    return Answer(again.text or fixed.text, str(round(seen.best, 3)) + str(number) + str(picked))
'''


@pytest.mark.slow
async def test_a_design_of_many_parts_is_the_same(load_script, dice, capsys):
    await same(DESIGN, load_script, dice)
    assert capsys.readouterr().out == ""


@pytest.mark.slow
def test_no_two_modules_bring_the_same_name():
    exported = BLOCKS.keys() - set(ACTING)
    for block in exported:
        _check_apart(library([block, "majority", "agreement", "first", "mean"], retrieval=True))
    _check_apart(library(exported, retrieval=True))


def test_bm25_is_that_of_the_package():
    rng = random.Random(0)
    for _ in range(60):
        words = ["acme", "bolt", "earned", "lost", "the", "not", "5", "3", "rain", "of"]
        texts = [" ".join(rng.choices(words, k=rng.randint(0, 9))) for _ in range(rng.randint(0, 6))]
        query = " ".join(rng.choices([*words, "unknown"], k=4))
        assert bm25(query, texts, 3) == retrieval.bm25(query, texts, 3)


ASKED = {
    "number": (
        Question("1 + 2 =", ("Add.",), instruction="Add up.", form="number"),
        "It is so.\nAnswer: $3.00",
    ),
    "choice": (
        Question("Which?", (), ("red", "light blue"), "Pick one.", form="choice"),
        "The correct option is B.",
    ),
    "label": (Question("Broken!", (), (), "Sort it.", ("bug", "wish"), "label"), "### Answer\nBug"),
    "code": (
        Question("Add one.", (), (), "Write it.", form="code"),
        "So:\n```\ndef f(x):\n    return x + 1\n```",
    ),
    "json": (Question("A pair.", (), (), "As JSON.", form="json"), '```json\n{"a": 1}\n```'),
}


@pytest.mark.slow
@pytest.mark.parametrize("form", sorted(ASKED))
@pytest.mark.parametrize("source", [
    "async def workflow(task):\n    return await self_consistency(task, n=3)",
    "async def workflow(task):\n    a = await direct(task)\n    return await revise(task, a, 'Check it.')",
])  # fmt: skip
async def test_a_script_asks_and_reads_as_the_task_does(form, source, load_script):
    question, said = ASKED[form]
    outcome, asked = await original(source, question, lambda messages, sample: said)
    script = load_script(source, window=WINDOW, asking=question.asking, reply=lambda messages, sample: said)
    found = await script.answer(question.question, question.context, question.choices)
    assert found.text
    assert (found.text, found.reasoning) == (outcome.answer.text, outcome.answer.reasoning)
    assert sorted(script.asked) == sorted(asked)
    assert question.instruction in script.asked[0][0]
