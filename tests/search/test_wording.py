"""Wordings: those that ship keep what blocks read; putting them in changes nothing else."""

from __future__ import annotations

from random import Random

import pytest

from masdesign.building_blocks import blocks
from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.tree import design_of
from masdesign.search.grammar.wording import PLAIN, Wording, shipped, slots, worded
from masdesign.workflow import call_bound, check

READ = {"verify": "Verdict:", "choose": "Choice:", "write_program": "Program:"}


def test_each_instruction_asks_for_what_its_block_reads() -> None:
    known = blocks()
    for block, offers in shipped().items():
        assert {"instruction", "role"} <= known[block].signature.parameters.keys()
        assert offers[0] == PLAIN
        assert len({(w.instruction, w.role) for w in offers}) == len({w.label for w in offers}) == len(offers)
        for wording in offers[1:]:
            assert not wording.instruction or READ.get(block, "Answer:") in wording.instruction


@pytest.mark.slow
def test_any_design_of_the_grammar_can_be_worded() -> None:
    rng, grammar, known = Random(0), Grammar(tools=("python",), models=("large",)), blocks()
    for _ in range(40):
        plain = design_of(grammar.grow(rng))
        chosen = {block: rng.choice(offers[1:]) for block, offers in shipped().items()}
        other = worded(plain, chosen)
        assert check(other, known).call_bound == call_bound(plain, known)
        for slot in slots(plain.source):
            # A call keeps its own role or instruction; a wording that no call takes is not named.
            put_in = f"={slot.upper()}" in other.source
            assert (f"{slot} {chosen[slot].label!r}" in other.name) == put_in
            constants = (f"{slot.upper()} = ", f"{slot.upper()}_ROLE = ")
            assert any(constant in other.source for constant in constants) == put_in
        assert worded(plain, {}) == plain == worded(plain, dict.fromkeys(chosen, PLAIN))


def test_quotes_and_line_breaks_in_a_wording_stay_text() -> None:
    wording = Wording("odd", 'Say "yes"\nor {{ no }} \\ é. Answer: ...', "It's you")
    plain = design_of(Grammar().grow(Random(3)))
    source = worded(plain, dict.fromkeys(shipped(), wording)).source
    space: dict[str, str] = {}
    exec("\n".join(line for line in source.splitlines() if line[:1].isupper()), space)  # noqa: S102
    assert wording.instruction in space.values()
