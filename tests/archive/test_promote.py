"""A design that becomes a block: what it is called by, found in, shown by; and what can never change it."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from masdesign.building_blocks import blocks, catalogue
from masdesign.errors import InputError, SourceError
from masdesign.lm import Scripted
from masdesign.search.grammar.classics import classics
from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.tree import design_of
from masdesign.search.grammar.vary import mutate
from masdesign.types import Question
from masdesign.workflow import Design, MontySandbox, Runtime, check, run_item
from masdesign.workflow.promoted import linked, promoted

VOTE = Design(
    "async def workflow(task):\n    return await self_consistency(task, n=3)\n", thought='Draws """ 3.'
)
PARTS = Design(
    '"""Two parts."""\nimport re\n\nMARK = """a\n  b"""\n\n\nasync def tried(task):\n'
    "    return await direct(task, role=MARK)\n\n\n"
    "async def workflow(task):\n    return re.sub('x', 'y', (await tried(task)).text)\n",
    name="parts",
)
CALLER = (
    "async def workflow(task):\n    return await chain_of_thought(task, role=(await careful(task)).text)\n"
)


def text(request):
    return f"Answer: x{request.sample}"


async def answer(design, asked):
    lm = Scripted(lambda r: asked.append(r.messages) or text(r))
    async with MontySandbox(1) as sandbox:
        outcome = await run_item(design, Question("1 + 1 ="), Runtime({"": lm}, blocks(), sandbox))
    assert outcome.failure is None, outcome.failure
    return outcome.answer.text


async def test_a_block_answers_as_its_design_in_the_sandbox():
    asked = []
    assert await answer(PARTS, []) == "y0"
    found = promoted(PARTS, "careful", blocks())
    design = linked(Design(CALLER, parents=("aaaaaaaaaaaa",)), {"careful": found})
    assert await answer(design, asked) == "x0"
    assert asked[0][0].content == "a\n  b"
    assert asked[1][0].content == "y0"
    assert design.parents == ("aaaaaaaaaaaa", PARTS.id)
    assert linked(design, {"careful": found}) == design
    assert check(design, blocks()).call_bound == 2


@pytest.mark.slow
def test_what_a_name_is_given_to_later_changes_no_design(archive):
    for design in (VOTE, PARTS):
        archive.add_design(design)
    first = archive.promote(VOTE.id, "careful")
    old = linked(Design(CALLER), archive.promoted())
    archive.add_design(old)
    archive.promote(PARTS.id, "careful")
    assert archive.promoted()["careful"].version == PARTS.id
    assert archive.promoted({"careful": VOTE.id}) == {"careful": first}
    new = linked(Design(CALLER), archive.promoted())
    assert (old.id, old.source) == (archive.design(old.id).id, archive.design(old.id).source)
    assert new.id != old.id
    assert [r.design_id for r in archive.lineage(old.id).ancestors] == [VOTE.id]
    assert [r.design_id for r in archive.lineage(VOTE.id).descendants] == [old.id]
    archive.promote(VOTE.id, "careful")
    assert archive.promoted() == {"careful": first}


def test_it_is_typed_and_documented_from_its_evidence(archive, make):
    archive.add_design(VOTE)
    archive.add_evaluation(make.evaluation(VOTE, 70))
    archive.promote(VOTE.id, "careful")
    card = archive.promoted()["careful"].block()
    assert card.stub() == "async def careful(task: Question) -> Answer: ..."
    assert card.version == VOTE.id
    assert "0.700 (0.60 to 0.78) on 100 items of arithmetic val, 30 tokens an item" in card.doc
    listed = catalogue(blocks() | {"careful": card})
    assert "async def careful(task: Question) -> Answer:" in listed
    compile(listed, "catalogue", "exec")
    with pytest.raises(InputError, match="within a design alone"):
        card(Question("x")).send(None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("direct", "something of that name"), ("majority", "something of that name"), ("workflow", "name"),
        ("Careful", "lower case"), ("with space", "lower case"), ("class", "lower case"),
        ("__import__", "begin with a letter"), ("x" * 50, "at most 40"), ("café", "lower case"),
    ],
)  # fmt: skip
def test_a_name_that_will_not_do(name, said, archive):
    archive.add_design(VOTE)
    with pytest.raises(InputError, match=said):
        archive.promote(VOTE.id, name)
    assert archive.promoted() == {}


def test_a_design_that_will_not_do(archive):
    counted = "COUNT = 0\nasync def workflow(task):\n    global COUNT\n    return await direct(task)\n"
    for source, said in (
        (counted, "global COUNT"),
        ("async def workflow(task):\n    return await gone(task)\n", "gone"),
    ):
        archive.add_design(Design(source))
        with pytest.raises(SourceError, match=said):
            archive.promote(Design(source).id, "careful")


def test_the_grammar_grows_with_it():
    found = promoted(VOTE, "careful", blocks())
    grammar = Grammar(promoted=(found,))
    texts = (
        "careful()",
        "repair(careful(), verify(), revise())",
        "retry(careful(), verify(), chain_of_thought())",
        "vote(trio(careful(), chain_of_thought(), chain_of_thought(temperature=0.8)))",
    )
    for tree in map(grammar.parse, texts):
        design = design_of(tree, parents=("p",))
        assert design.parents == ("p", VOTE.id)
        assert "careful(task)" in design.source
        assert check(design, blocks()).call_bound <= 13
    assert grammar.parse(texts[1]) in classics(grammar)
    rng = Random(0)
    assert any("careful" in design_of(grammar.grow(rng)).source for _ in range(120))
    mutant = mutate(grammar.parse(texts[2]), grammar, rng)
    assert mutant is not None
    assert Grammar().grow(Random(3)) == replace(grammar, promoted=()).grow(Random(3))
