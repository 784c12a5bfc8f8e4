"""What the grammar writes is well-formed in the design language, and as cheap as it says."""

from __future__ import annotations

from random import Random

import pytest

from masdesign.building_blocks import blocks
from masdesign.experiments.baselines import direct, step_by_step
from masdesign.experiments.votes import self_consistency_design
from masdesign.search.grammar.calls import calls
from masdesign.search.grammar.classics import BASELINES
from masdesign.search.grammar.emit import emit
from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.tree import design_of
from masdesign.types import SAMPLING_TEMPERATURE
from masdesign.workflow import call_bound, check


@pytest.mark.slow
def test_500_random_designs_are_well_formed() -> None:
    rng, grammar, known = Random(0), Grammar(python=True), blocks()
    grown = {emit(tree): tree for tree in (grammar.grow(rng) for _ in range(800))}
    assert len(grown) >= 500
    for source, tree in list(grown.items())[:500]:
        assert call_bound(source, known) == calls(tree)
    for source in list(grown)[:500]:
        check(source, known)


def test_the_baselines_have_their_trees() -> None:
    designs = [direct(), step_by_step(), step_by_step(SAMPLING_TEMPERATURE)]
    designs += [self_consistency_design(k) for k in (3, 5, 9)]
    assert [design_of(tree).id for tree in BASELINES] == [design.id for design in designs]
