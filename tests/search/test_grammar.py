"""What is grown: from all blocks, within the bound, as code that a person would write."""

from __future__ import annotations

import ast
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masdesign.building_blocks import BLOCKS, blocks
from masdesign.errors import InputError
from masdesign.experiments.baselines import direct, step_by_step
from masdesign.experiments.votes import self_consistency_design
from masdesign.registry import overlay
from masdesign.search.grammar.classics import BASELINES, baselines, classics
from masdesign.search.grammar.combinator import COMBINATORS, SOLVER, Combinator
from masdesign.search.grammar.emit import emit
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.tree import design_of, read
from masdesign.search.grammar.vary import crossover, mutate, simplifications, simplify
from masdesign.types import SAMPLING_TEMPERATURE, Answer, Question
from masdesign.workflow import Design, block, check

GRAMMAR = Grammar(max_calls=12, tools=("python",))
EVERYWHERE = Grammar(max_calls=64, tools=("python", "retrieval"), acting=True, memory=True)
seeds = st.integers(0, 2**32)


@pytest.mark.slow
@given(seeds)
@settings(max_examples=30, deadline=None)
def test_what_is_grown_reads_well_keeps_to_the_bound_and_is_read_back(seed: int) -> None:
    tree = GRAMMAR.grow(Random(seed))
    design = design_of(tree)
    ast.parse(design.source)
    assert 1 <= GRAMMAR.calls(tree) <= 12
    assert max(len(line) for line in design.source.splitlines()) <= 110
    assert design.name
    assert read(design, GRAMMAR) == tree


@pytest.mark.slow
@given(seeds)
@settings(max_examples=20, deadline=None)
def test_variation_gives_another_tree_within_the_bound(seed: int) -> None:
    rng = Random(seed)
    tree, other = GRAMMAR.grow(rng), GRAMMAR.grow(rng)
    varied = (mutate(tree, GRAMMAR, rng), crossover(tree, other, GRAMMAR, rng), simplify(tree, GRAMMAR, rng))
    for new in varied:
        if new is not None:
            assert new != tree
            assert new.form.kind == SOLVER
            assert GRAMMAR.fits(new)
            ast.parse(emit(new))


@pytest.mark.slow
@given(seeds)
@settings(max_examples=20, deadline=None)
def test_every_part_can_be_put_back_and_no_simplification_costs_more(seed: int) -> None:
    tree = GRAMMAR.grow(Random(seed))
    assert all(tree.put(path, part) == tree for path, part in tree.places())
    assert all(GRAMMAR.calls(simpler) <= GRAMMAR.calls(tree) for simpler in simplifications(tree))


@pytest.mark.slow
def test_random_designs_are_well_formed() -> None:
    rng, known = Random(0), blocks()
    grown = {emit(tree) for tree in (GRAMMAR.grow(rng) for _ in range(120))}
    assert len(grown) > 80
    for source in grown:
        assert check(source, known).call_bound <= 12


@pytest.mark.slow
def test_growth_is_the_seed_alone() -> None:
    once = [str(GRAMMAR.grow(Random(seed))) for seed in range(20)]
    assert once == [str(GRAMMAR.grow(Random(seed))) for seed in range(20)]


@pytest.mark.slow
def test_all_blocks_are_reached_and_all_combinators() -> None:
    found = {part.name for tree in EVERYWHERE.sample(Random(0), 20_000) for part in tree.walk()}
    assert len(found & blocks().keys()) >= 70  # the rest give what no combinator takes
    assert {"agent", "plan_and_act", "delegate"} <= found
    assert COMBINATORS.all().keys() <= found


def test_what_a_task_lacks_is_not_grown() -> None:
    forms = Grammar().forms
    lacking = {"write_program", "alphacode", "agent", "plan_and_act", "delegate", "recall", "persist"}
    assert not lacking & forms.keys()
    assert {"write_program", "alphacode"} <= GRAMMAR.forms.keys()
    assert lacking <= EVERYWHERE.forms.keys()


@pytest.mark.slow
def test_a_block_of_a_plug_in_is_used_without_an_edit() -> None:
    @block(cost="1 call", calls=1)
    async def second_opinion(task: Question, answers: list[Answer], *, strict: bool = False) -> Answer:
        """Takes another."""
        return answers[strict]

    with overlay():
        BLOCKS.register(second_opinion)
        grammar = Grammar()
        tree = grammar.parse("pick(pair(direct(), step_back()), second_opinion(strict=True))")
        assert "return await second_opinion(task, drafts, strict=True)" in emit(tree)
        rng = Random(0)
        grown = {p.name for _ in range(300) for p in grammar.grow(rng).walk()}
    assert "second_opinion" in grown


def test_left_out_blocks_take_their_combinators_along() -> None:
    grammar = Grammar(without=("self_consistency", "isolate"))
    assert not {"self_consistency", "isolate", "vote"} & grammar.forms.keys()
    assert {"merge", "each", "select"} <= grammar.forms.keys()
    few = Grammar(only=("direct", "verify", "revise"))
    assert {n for n in few.forms if n in blocks()} == {"direct", "verify", "revise"}
    assert few.fits(few.grow(Random(0)))
    with pytest.raises(InputError, match="allow more"):
        Grammar(only=("verify",)).grow(Random(0))


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("direct()", 1),
        ("weigh(discuss(repeat(direct(temperature=0.8), n=3), debate_round()), verify())", 9),
        ("vote(more(repeat(direct(temperature=0.8), n=3), direct(temperature=0.8)))", 7),
        ("repair(chain_of_thought(), verify(), revise())", 3),
        ("merge(each(split_question(), select(focus(), direct()), most=3), merge_answers())", 8),
        ("route(direct(), self_consistency(n=3))", 3),
    ],
)
def test_bounds_of_calls(text: str, bound: int) -> None:
    assert GRAMMAR.calls(GRAMMAR.parse(text)) == bound


@pytest.mark.parametrize(
    "text",
    [
        "vote(repeat(direct(temperature=0.8), n=2))",
        "vote(repeat(chain_of_thought(temperature=0.8), n=5))",
        "vote(keep(keep(repeat(direct(temperature=0.8)), verify()), verify()))",
        "weigh(keep(repeat(direct(temperature=0.8)), verify()), verify())",
        "retry(direct(), verify(), direct())",
        "retry(direct(), verify(), retry(step_back(), verify(), repair(direct(), verify(), revise())))",
        "conclude(pair(direct(), direct()))",
        "conclude(repeat(direct()))",
        "escalate(pair(direct(), step_back()), step_back())",
        "route(direct(), direct())",
        "narrow(focus(), select(focus(), direct()))",
    ],
)
def test_steps_without_effect_are_known(text: str) -> None:
    assert not GRAMMAR.fits(GRAMMAR.parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "", "direct", "gone()", "direct(1)", "direct(heat=2)", "vote(direct())", "retry(direct())",
        "direct(", "__import__('os')", "direct(temperature=open('x'))",
    ],
)  # fmt: skip
def test_what_is_no_expression(text: str) -> None:
    with pytest.raises(ValueError, match="no expression"):
        GRAMMAR.parse(text)


def test_a_thought_is_believed_only_where_it_gives_the_design() -> None:
    design = design_of(GRAMMAR.parse("direct()"))
    lie = Design(design.source, thought="Grown as step_back()")
    assert read(lie, GRAMMAR) is None
    assert read(Design(design.source), GRAMMAR) is None
    assert read(Design(design.source, thought="It answers. Grown as direct()"), GRAMMAR) is not None


def test_code_is_as_a_person_would_write_it() -> None:
    tree = GRAMMAR.parse(
        "retry(merge(each(split_question(n=3), self_consistency(n=3)), merge_answers()), "
        "threshold(rate(), least=0.7), vote(repeat(step_back(temperature=0.8), n=3)))"
    )
    assert (
        emit(tree)
        == """async def judge(task, answer):
    rating = await rate(task, answer)
    return Verdict(rating >= 0.7, "The solution is rated low.")


async def workflow(task):
    questions = await split_question(task, n=3)
    questions = questions[:4] or [task.question]
    parts = [Question(question, task.context or (task.question,)) for question in questions]
    answers = await gather(*[self_consistency(part, n=3) for part in parts])
    answer = await merge_answers(Question(task.question, (), task.choices), questions, answers)
    verdict = await judge(task, answer)
    if verdict.ok:
        return answer
    drafts = await gather(*[step_back(task, temperature=0.8) for _ in range(3)])
    return majority(drafts)
"""
    )
    assert design_of(tree).name == (
        "merge answers of parts by split question n 3, each by self consistency n 3, "
        "else vote of 3 × step back at 0.8 where rate of 0.7 objects"
    )


def test_no_function_takes_the_name_of_a_block_that_is_called() -> None:
    @block(cost="1 call", calls=1)
    async def solve(task: Question) -> Answer:
        """Solves."""
        return Answer("")

    with overlay():
        BLOCKS.register(solve)
        source = emit(Grammar().parse("narrow(focus(), repair(solve(), verify(), revise()))"))
        assert "async def solve_2(task):" in source
        check(source, blocks())


def test_the_baselines_have_their_trees() -> None:
    designs = [direct(), step_by_step(), step_by_step(SAMPLING_TEMPERATURE)]
    designs += [self_consistency_design(k) for k in (3, 5, 9)]
    assert [design_of(tree).id for tree in baselines(Grammar())] == [design.id for design in designs]
    assert len(BASELINES) == len(designs)


def test_a_search_may_begin_without_the_literature() -> None:
    assert len(classics(Grammar())) > 8
    assert classics(Grammar(literature=False)) == []
    of_memory, of_examples = {"recall", "cases"}, {"similar_cases", "few_shot"}
    for grammar, names in ((Grammar(memory=True), of_memory), (Grammar(demonstrations=True), of_examples)):
        assert {tree.name for tree in classics(grammar)} - {
            tree.name for tree in classics(Grammar())
        } == names


@pytest.mark.slow
@pytest.mark.parametrize("combinator", COMBINATORS.all().values(), ids=lambda c: c.name)
def test_every_combinator_says_what_it_is(combinator: Combinator) -> None:
    form = EVERYWHERE.forms[combinator.name]
    assert combinator.function.__doc__
    assert combinator.reference.startswith("arXiv:")
    assert form.parts
    known = [EVERYWHERE.sprout(Random(seed), form.kind, 3) for seed in range(80)]
    used = [tree for tree in known if isinstance(tree, Expression) and tree.name == form.name]
    assert all("{" not in tree.title for tree in used)
