"""Which designs lessons speak for: what a search tries before all else."""

from masdesign.archive.insight import Evidence, Insight
from masdesign.search.grammar.generate import Grammar
from masdesign.search.insights.promising import MOST, promising


def lesson(what: str, gain: float, weight: float = 1.0) -> Insight:
    return Insight("sums", "toy-1", what, Evidence.of(gain, weight))


def names(*lessons: Insight, grammar: Grammar | None = None) -> list[str]:
    return [str(tree) for tree in promising(grammar or Grammar(), lessons)]


def test_the_block_that_gained_most_comes_first_and_one_that_lost_never() -> None:
    known = [lesson("asks debate", 0.2), lesson("asks isolate", 0.3), lesson("asks verify", -0.2)]
    assert names(*known) == ["isolate()", "debate()"]
    assert names(lesson("asks debate", 0.1), lesson("asks isolate", 0.3)) == ["isolate()"]
    assert names(lesson("asks debate", -0.1), lesson("asks verify", -0.3)) == []


def test_features_add_up_and_those_of_step_by_step_count_the_other_way() -> None:
    verified = [lesson("asks verify", 0.3), lesson("a vote", 0.2)]
    assert names(*verified)[0].startswith("vote(keep(")
    worse = lesson("asks chain_of_thought", -0.1)  # whatever leaves it out gains
    assert "chain_of_thought" not in "".join(names(worse, lesson("asks isolate", 0.1)))


def test_few_are_tried_and_only_what_the_run_can_play_and_no_plain_way() -> None:
    gains = [lesson(f"asks {name}", 0.3) for name in ("isolate", "debate", "self_refine", "react")]
    assert len(names(*gains)) == MOST
    without = names(*gains, grammar=Grammar(without=("isolate", "debate")))
    assert not any("isolate" in text or "debate" in text for text in without)
    calls = [lesson("asks isolate", 0.1), lesson("calls: 9 to 16", 0.3)]
    assert "isolate()" in names(*calls)
    assert "react()" not in names(*calls)  # of other blocks with as many calls nothing is known
    plain = names(lesson("asks direct", 0.3))
    assert "direct()" not in plain
