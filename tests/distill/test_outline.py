"""The outline says what a workflow does, in order, from its source alone."""

import pytest

from masdesign.building_blocks import blocks
from masdesign.distill.outline import Group, PromptStep, flat, outline
from masdesign.errors import SourceError

BLOCKS = blocks()


def of(body: str):
    return outline(f"async def workflow(task):\n    {body}\n", BLOCKS)


def texts(steps):
    return [step.text if isinstance(step, PromptStep) else (step.head, texts(step.steps)) for step in steps]


def test_a_vote_is_draws_and_a_count():
    draw, vote = of("return await self_consistency(task, n=7)")
    assert (draw.times, draw.text) == (7, "Think step by step.")
    assert "most often" in vote.text


def test_draws_written_out_are_one_step():
    (draw,) = of("return (await gather(chain_of_thought(task), chain_of_thought(task)))[0]")
    assert draw.times == 2


def test_a_loop_with_a_check_keeps_its_form():
    draft, loop = of("return await self_refine(task, rounds=3)")
    assert draft.text == "Think step by step."
    assert loop.head == "Up to 3 times"
    check, right, revise = loop.steps
    assert "first wrong step" in check.text
    assert isinstance(right, Group)
    assert right.head == "If the check says right"
    assert "Correct the solution" in revise.text


def test_roles_and_instructions_are_those_of_the_design():
    steps = of('return await debate(task, roles=["You are careful.", "You doubt."])')
    assert [step.role for step in steps[:2]] == ["You are careful.", "You doubt."]
    (asked,) = of('return await ask(f"Mind the signs in {task.question}.", task, role="You teach.")')
    assert (asked.text, asked.role) == ("Mind the signs in ….", "You teach.")


def test_a_loop_over_known_rules_names_each():
    steps = of('return await critic_reviser(task, ["Units fit.", "Signs fit."])')
    assert sum("Units fit." in step.text for step in steps) == 1
    assert sum("Signs fit." in step.text for step in steps) == 1


def test_a_function_of_the_design_is_looked_into():
    source = (
        "async def once(task, t):\n    return await direct(task, temperature=t)\n"
        "async def workflow(task):\n    return majority(await gather(*[once(task, 0.8) for _ in range(3)]))\n"
    )
    first, _ = outline(source, BLOCKS)
    assert first.times == 3
    assert "at once" in first.text


def test_flat_steps_carry_their_conditions():
    steps = flat(of("return await self_refine(task, rounds=2)"))
    assert steps[-1].text.startswith("Up to 2 times: correct the solution")


def test_no_block_no_step():
    assert of("return 'four'") == ()
    with pytest.raises(SourceError):
        outline("def workflow(:", BLOCKS)


@pytest.mark.parametrize("name", [n for n, b in BLOCKS.items() if not b.templates])
def test_every_composite_has_an_outline_without_code_of_its_own(name):
    usual = {
        "capability_match": 'task, ["", ""]',
        "role_assignment": 'task, ["a doctor: health", "a clerk: letters"]',
        "meta_prompting": "task",
    }
    steps = of(f"return await {name}({usual.get(name, 'task')})")
    assert steps
    for step in flat(steps):
        assert step.text
        assert "{{" not in step.text
