"""Designs as DSPy programs, run and compiled by DSPy, and back as designs; the models are scripts."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from dataclasses import replace

import dspy
import pytest
from dspy.teleprompt.gepa import InstructionProposer

import masdesign as md
from masdesign.building_blocks import blocks
from masdesign.distill.bridge import dspy_lm, from_dspy, to_dspy
from masdesign.distill.bridge.convert import inlined
from masdesign.distill.bridge.host import Host, Stopped
from masdesign.errors import BudgetExhausted, InputError, ProviderError
from masdesign.evaluation import evaluate
from masdesign.lm import Scripted
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.types import Question
from masdesign.workflow import Design, check, run_item

BLOCKS = blocks()
REFINE = Design("async def workflow(task):\n    return await self_refine(task)\n", name="refine")
VOTE = Design("async def workflow(task):\n    return await self_consistency(task, n=3)\n", name="vote")
TWO = Design(
    "async def workflow(task):\n"
    "    first = await chain_of_thought(task, temperature=0.8)\n"
    '    hint = await ask("Name what is easily missed.", task, first, output="hint")\n'
    '    note = await ask(f"Say more of {hint.text}.", task, output="")\n'
    "    return await chain_of_thought(task, role=note.text)\n",
    name="two",
)
BETTER = "Add them up. Check the sum. Give the answer on the last line: Answer: ..."


@pytest.fixture
def hosted(open_runtime, script):
    """``async with hosted(script) as (host, runtime, lm)``: a host in this loop, used from threads."""

    @asynccontextmanager
    async def opened(asked=script, ledger=None):
        async with open_runtime(asked, ledger) as (runtime, lm):
            host = Host.within(runtime)
            yield host, runtime, lm
            host.stop()

    return opened


def fields(request):
    """Fills in every field that one of DSPy's own prompts asks for."""
    asked = re.findall(r"`?\[\[ ## (\w+) ## \]\]", request.messages[-1].content.rpartition("Respond with")[2])
    wanted = [name for name in dict.fromkeys(asked) if name != "completed"]
    said = [f"[[ ## {name} ## ]]\n{BETTER}" for name in wanted]
    return "\n\n".join([*said, "[[ ## completed ## ]]"])


def examples(items):
    return [dspy.Example(question=i.question, answer=i.target).with_inputs("question") for i in items]


def exact(gold, found, trace=None, pred_name=None, pred_trace=None):
    return dspy.Prediction(score=float(gold.answer == found.answer), feedback="Look at the sum.")


def right(gold, found, trace=None):
    return gold.answer == found.answer


def composite(name):
    needs = {
        "capability_match": 'task, ["", ""]',
        "role_assignment": 'task, ["a doctor: health", "a clerk: letters"]',
    }
    call = f"await {name}({needs.get(name, 'task')})"
    answered = f"await direct({call})" if BLOCKS[name].hints["return"] is Question else call
    return f"async def workflow(task):\n    return {answered}\n"


@pytest.mark.slow
async def test_a_composite_written_out_asks_the_same(open_runtime):
    def dice(request):
        size = len(request.messages[-1].content) + request.sample
        verdict = "right" if size % 2 else "wrong"
        return f"Verdict: {verdict}\nScore: 7\nChoice: 1\nQuestion 1: What is 2 + 2?\nAnswer: {size % 3}"

    asked, written_out = Question("2 + 2 =", ("A passage.", "Another.")), 0
    async with open_runtime(dice) as (runtime, _):
        for name in [name for name, block in BLOCKS.items() if block.calls != 0 and not block.templates]:
            told = []
            for source in (composite(name), inlined(composite(name), BLOCKS)):
                lm = Scripted(dice)
                outcome = await run_item(check(source, BLOCKS), asked, replace(runtime, models={"": lm}))
                told.append((outcome.answer, outcome.failure, lm.requests))
                written_out += f"run_{name}" in source
            assert told[0] == told[1], name
    assert written_out > 15


def test_one_predictor_a_place():
    program = to_dspy(TWO, host=Host(asyncio.new_event_loop(), None))
    program.host._loop.close()
    names = [name for name, _ in program.named_predictors()]
    assert names == ["chain_of_thought_1", "ask_step", "chain_of_thought_2"]  # not the one made at run time
    assert program.ask_step.signature.instructions == "Name what is easily missed."
    signatures = [p.signature for p in program.predictors()]
    assert not any(a.equals(b) for a in signatures for b in signatures if a is not b)


async def test_the_program_answers_as_the_design_does(hosted, task):
    async with hosted() as (host, runtime, _):
        program = to_dspy(REFINE, host=host)
        for item in task.val[:5]:
            outcome = await run_item(REFINE, Question(item.question), runtime)
            found = await asyncio.to_thread(program, question=item.question)
            assert (found.answer, found.reasoning) == (outcome.answer.text, outcome.answer.reasoning)
            assert (await program.acall(question=item.question)).answer == found.answer


async def test_every_call_is_in_the_trace_under_its_place(hosted, task):
    def traced(program):
        with dspy.context(trace=[]):
            program(question=task.val[0].question)
            return list(dspy.settings.trace)

    async with hosted() as (host, runtime, _):
        program = to_dspy(REFINE, host=host)
        found = await asyncio.to_thread(traced, program)
        outcome = await run_item(REFINE, Question(task.val[0].question), runtime)
    names = {id(p): name for name, p in program.named_predictors()}
    assert len(found) == outcome.calls
    assert [names[id(step)] for step, _, _ in found][:2] == ["chain_of_thought_step", "verify_step"]
    step, inputs, said = found[0]
    assert task.val[0].question in inputs["question"]
    assert set(said.keys()) == {"reasoning", "answer"}
    assert set(inputs) == set(step.signature.input_fields)


async def test_a_new_instruction_is_asked_at_its_place_alone_and_comes_back(hosted, task):
    async with hosted() as (host, runtime, lm):
        program = to_dspy(TWO, host=host)
        step = program.chain_of_thought_2
        step.signature = step.signature.with_instructions(BETTER)
        found = await asyncio.to_thread(program, question=task.val[0].question)
        asked = [request.messages[-1].content for request in lm.requests]
        assert [BETTER in text for text in asked] == [False, False, False, True]
        design = from_dspy(program)
        assert design.parents == (TWO.id,)
        assert design.source.count(BETTER) == 1
        count = len(lm.requests)
        again = await run_item(design, Question(task.val[0].question), runtime)
        assert again.answer.text == found.answer
        assert len(lm.requests) == count, "the design asks exactly what the program asked"


async def test_demonstrations_come_back_as_worked_examples(hosted, task):
    async with hosted() as (host, runtime, lm):
        program = to_dspy(VOTE, host=host)
        program.chain_of_thought_step.demos = [
            dspy.Example(question="demo: 1 + 1 =", reasoning="1 and 1.\nAnswer: 2", answer="2")
        ]
        found = await asyncio.to_thread(program, question=task.val[0].question)
        assert all("1 and 1." in request.messages[-1].content for request in lm.requests)
        count = len(lm.requests)
        again = await run_item(from_dspy(program), Question(task.val[0].question), runtime)
        assert again.answer.text == found.answer
        assert len(lm.requests) == count


def test_what_was_not_changed_is_the_same_design():
    program = to_dspy(REFINE, host=Host(asyncio.new_event_loop(), None))
    program.host._loop.close()
    assert from_dspy(program) is REFINE
    assert from_dspy(program.deepcopy()) == REFINE
    with pytest.raises(InputError, match="to_dspy"):
        from_dspy(dspy.Predict("question -> answer"))


async def test_dspys_evaluate_and_ours_agree(hosted, task):
    async with hosted() as (host, runtime, _):
        ours = await evaluate(VOTE, task, "val", runtime)
        theirs = dspy.Evaluate(devset=examples(task.val), metric=right, num_threads=4, display_progress=False)
        found = await asyncio.to_thread(theirs, to_dspy(VOTE, host=host))
    assert found.score == pytest.approx(100 * ours.score, abs=0.01)


@pytest.mark.slow
async def test_gepa_improves_an_instruction_and_it_comes_back(hosted, task):
    writer = Scripted(fields, model="writer")
    async with hosted() as (host, runtime, _):
        reflection = dspy_lm(writer, host=host)
        gepa = dspy.GEPA(
            metric=exact,
            max_metric_calls=40,
            reflection_lm=reflection,
            reflection_minibatch_size=4,
            instruction_proposer=InstructionProposer(adapter=dspy.ChatAdapter()),
            num_threads=4,
            seed=0,
        )
        plain = Design("async def workflow(task):\n    return await chain_of_thought(task)\n", name="plain")
        program = to_dspy(plain, host=host)
        compiled = await asyncio.to_thread(
            gepa.compile, program, trainset=examples(task.train), valset=examples(task.train)
        )
        design = from_dspy(compiled)
        before = await evaluate(plain, task, "val", runtime)
        after = await evaluate(design, task, "val", runtime)
    assert writer.requests
    assert BETTER in design.source
    assert design.parents == (plain.id,)
    assert after.score > before.score


@pytest.mark.slow
async def test_mipro_compiles_it(hosted, task):
    writer = Scripted(fields, model="writer")
    async with hosted() as (host, runtime, _):
        lm = dspy_lm(writer, host=host)
        mipro = dspy.MIPROv2(
            metric=right, prompt_model=lm, task_model=lm, auto=None, num_candidates=2,
            max_bootstrapped_demos=0, max_labeled_demos=0, num_threads=2, seed=1,
        )  # fmt: skip
        program = to_dspy(REFINE, host=host)
        compiled = await asyncio.to_thread(
            mipro.compile, program, trainset=examples(task.train), valset=examples(task.train),
            num_trials=3, minibatch=False,
        )  # fmt: skip
        design = from_dspy(compiled)
        assert (await run_item(design, Question(task.val[0].question), runtime)).failure is None


async def test_an_outage_is_raised_and_counted(hosted):
    async with hosted(lambda request: ProviderError("down")) as (host, _, _):
        with pytest.raises(ProviderError, match="down"):
            await asyncio.to_thread(to_dspy(VOTE, host=host), question="x: 1 + 1 =")
        assert host.outages == 1


async def test_a_spent_budget_ends_all_that_follows(hosted):
    async with hosted(ledger=Ledger(Budget.parse("2calls"))) as (host, _, _):
        program = to_dspy(VOTE, host=host)
        with pytest.raises(BudgetExhausted):
            await asyncio.to_thread(program, question="x: 1 + 1 =")
        with pytest.raises(Stopped):
            await asyncio.to_thread(program, question="x: 1 + 2 =")


async def test_a_designs_own_failure_is_an_empty_answer(hosted):
    broken = Design(
        "async def workflow(task):\n    a = await direct(task)\n    return str(1 / len(a.text[:0]))\n"
    )
    async with hosted() as (host, _, _):
        found = await asyncio.to_thread(to_dspy(broken, host=host), question="x: 1 + 1 =")
    assert found.answer == ""
    assert "ZeroDivisionError" in found.failure


async def test_our_model_is_dspys_model(hosted):
    def count(request):
        return f"[[ ## answer ## ]]\n{request.sample}\n[[ ## completed ## ]]"

    writer = Scripted(count, model="writer")
    async with hosted() as (host, _, _):
        lm = dspy_lm(writer, host=host)

        def twice():
            with dspy.context(lm=lm):
                ask = dspy.Predict("question -> answer")
                return [ask(question="How many?").answer for _ in range(2)]

        assert await asyncio.to_thread(twice) == ["0", "1"]  # equal requests are draws
    assert [m.role for m in writer.requests[0].messages] == ["system", "user"]


def test_a_design_becomes_a_program_with_a_model_of_its_own():
    program = md.to_dspy(md.Design("async def workflow(task):\n    return await chain_of_thought(task)\n"))
    try:
        assert program(question="((1 + 2 * 4) - (3 * -2)) =").reasoning
    finally:
        program.host.close()
