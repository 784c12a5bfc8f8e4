"""Features, what comparisons say of them, and what is kept for which task."""

from __future__ import annotations

from collections import Counter
from random import Random
from types import SimpleNamespace

import pytest

from masdesign.archive import Archive, Evidence, Insight, RunRecord
from masdesign.evaluation import Evaluation
from masdesign.experiments.baselines import direct, step_by_step
from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.tree import design_of
from masdesign.search.insights.features import features
from masdesign.search.insights.learning import begin, distil, paired_gain
from masdesign.search.insights.library import dealt, leanings, likeness, pruned, relevant, told
from masdesign.search.loop.candidate import Candidate
from masdesign.types import Answer, Failure, Result
from masdesign.workflow import Design

VERIFIED = design_of(Grammar().parse("vote(keep(repeat(chain_of_thought(temperature=0.8), n=3), verify()))"))
VOTED = design_of(Grammar().parse("self_consistency(n=3)"))


def candidate(
    index: int, design: Design, scores: list[float | None], failure: Failure | None = None
) -> Candidate:
    results = [Result(f"secret item {n}", Answer("1"), score) for n, score in enumerate(scores)]
    found = Evaluation(design.id, "sums", "1", "val", "toy-1", 0, "x", 200, ()).extended(results)
    return Candidate(index, design, found if scores else None, failure)


def child(design: Design, *parents: Design) -> Design:
    return Design(design.source, design.name, parents=tuple(p.id for p in parents), origin="test")


def test_features_are_blocks_helpers_wordings_models_and_calls() -> None:
    worded = Design(
        "async def workflow(task):\n"
        "    drafts = await gather(*[direct(task, model='large', role='r') for _ in range(3)])\n"
        "    if agreement(drafts) < 1:\n"
        "        return await chain_of_thought(task, instruction='i')\n"
        "    return majority(drafts)\n"
    )
    assert features(worded) == {
        "asks direct", "asks chain_of_thought", "asks the model large", "gives direct a role",
        "gives chain_of_thought an instruction", "a vote", "stops on agreement", "calls: 2 to 4",
    }  # fmt: skip
    assert features(Design("not Python at all")) == frozenset()
    assert features(VOTED, 3) == features(VOTED)


def test_a_gain_goes_to_what_the_design_has_and_its_parent_has_not() -> None:
    parent = candidate(0, VOTED, [0.0, 1.0] * 15)
    better = candidate(1, child(VERIFIED, VOTED), [1.0, 1.0] * 12)  # 24 items: compared on these alone
    assert paired_gain(better, parent) == 0.5
    found = {one.what: one.evidence for one in distil([parent, better], task="sums", model="toy-1")}
    assert found["asks verify"].helped == 1
    assert found["asks verify"].total > 0
    assert found["calls: 2 to 4"].hurt == 1  # it was given up, and that helped
    assert "a vote" not in found  # both have one, however it is written
    shares = sum(evidence.weight for evidence in found.values())
    assert shares == pytest.approx(1.0)


def test_a_design_without_parents_is_compared_with_step_by_step() -> None:
    plain, quick = candidate(0, step_by_step(), [1.0] * 30), candidate(1, direct(), [0.0] * 30)
    found = {one.what: one.evidence for one in distil([plain, quick], task="sums", model="toy-1")}
    assert found["asks direct"].hurt == 1
    assert found["asks direct"].gain < 0


def test_few_common_items_and_unscored_ones_say_nothing() -> None:
    plain = candidate(0, step_by_step(), [1.0] * 30)
    assert distil([plain, candidate(1, direct(), [0.0] * 10)], task="sums", model="toy-1") == []
    assert distil([plain, candidate(1, direct(), [None] * 30)], task="sums", model="toy-1") == []


def test_failures_are_told_as_failures_and_a_providers_is_none() -> None:
    broken = [candidate(i, Design(f"broken {i}"), [], Failure("design", "no workflow")) for i in range(3)]
    down = candidate(3, Design("down"), [], Failure("provider", "503"))
    found = distil([*broken, down], task="sums", model="toy-1")
    assert [(one.what, one.evidence.hurt) for one in found] == [("fails: no workflow", 3)]
    assert told(found[0]) == "On sums, 3 designs failed: no workflow."


def test_no_item_is_in_an_insight() -> None:
    plain, other = candidate(0, step_by_step(), [1.0] * 30), candidate(1, direct(), [0.0] * 30)
    assert "secret" not in repr(distil([plain, other], task="sums", model="toy-1"))


def insight(what: str, *gains: float, when: str = "sums", model: str = "toy-1", about: str = "") -> Insight:
    return Insight(when, model, what, sum((Evidence.of(g) for g in gains), Evidence()), "", about)


def test_evidence_from_similar_tasks_counts_for_less_and_from_others_not_at_all() -> None:
    about = "Add two whole numbers."
    known = [
        insight("asks verify", 0.2, 0.2, about=about),
        insight("asks verify", 0.2, 0.2, when="products", about="Multiply two whole numbers."),
        insight("asks choose", 0.2, when="poems", about="Write verses"),
        insight("a vote", 0.2, model="toy-2", about=about),
    ]
    found = {one.what: one for one in relevant(known, task="sums", model="toy-1", about=about)}
    assert found.keys() == {"asks verify", "a vote"}
    assert 2 < found["asks verify"].evidence.weight < 3
    assert found["a vote"].evidence.weight == 0.5
    assert {one.when for one in found.values()} == {"sums"}
    assert likeness("", about) == 0


def test_what_much_evidence_shows_to_do_nothing_is_dropped() -> None:
    nothing = insight("asks choose", *[0.1, -0.1] * 10)
    something = insight("asks verify", *[0.1, 0.05] * 10)
    little = insight("asks focus", 0.0)
    assert [one.what for one in pruned([nothing, something, little])] == ["asks focus", "asks verify"]


def test_choosing_is_a_feature_that_the_grammar_writes() -> None:
    assert "asks choose" in features(
        design_of(Grammar().parse("pick(repeat(chain_of_thought(temperature=0.8), n=3), choose())"))
    )


@pytest.mark.slow
def test_what_is_grown_leans_to_blocks_that_helped_and_shuffling_undoes_it() -> None:
    known = [
        insight("asks isolate", *[0.2] * 8),
        insight("asks direct", *[-0.2] * 8),
        insight("a vote", 0.3),
    ]
    leans = leanings(known)
    assert leans == {"isolate": 8.0, "direct": 1 / 8}
    assert 1 < leanings([insight("asks isolate", 0.05)])["isolate"] < 1.5  # little evidence leans little

    def grown(grammar: Grammar) -> Counter[str]:
        rng = Random(0)
        return Counter(name for _ in range(400) for name in {e.name for e in grammar.grow(rng).walk()})

    plain, leaning = grown(Grammar()), grown(Grammar(leanings=leans))
    assert leaning["isolate"] > 3 + 3 * plain["isolate"]
    assert leaning["direct"] < plain["direct"] / 2
    evidence = {one.what: one.evidence for one in dealt(known, Random(0))}
    assert sorted(e.gain for e in evidence.values()) == sorted(one.evidence.gain for one in known)
    assert evidence["asks isolate"] != known[0].evidence


@pytest.mark.parametrize(
    ("how", "begins_with"),
    [
        ({"told": True}, {"asks isolate", "asks verify"}),
        ({"told": False, "leans": True}, {"asks isolate"}),  # so that a search again is the same search
        ({"told": True, "experience": "warm"}, {"asks isolate"}),
        ({"told": True, "experience": "cold"}, set()),
        ({"told": True, "leans": True, "experience": "seeds"}, set()),
        ({"told": False}, set()),
    ],
)
def test_what_a_run_begins_with(how, begins_with) -> None:
    about = "Add two whole numbers."
    runtime = SimpleNamespace(models={"": SimpleNamespace(model="toy-1")})
    task = SimpleNamespace(name="sums", version="1", description=about)
    with Archive(":memory:") as archive:
        archive.start_run(RunRecord("earlier", "sums", "1", "toy-1", "random", 0, {}))
        archive.add_insights("earlier", [insight("asks verify", 0.2, about=about)])
        archive.start_run(RunRecord("another", "sums", "2", "toy-1", "random", 0, {}))  # more difficult
        archive.add_insights("another", [insight("asks isolate", 0.2, about=about)])
        learning = begin(archive, "", task, runtime, **how)
    assert {one.what for one in learning.prior} == begins_with
