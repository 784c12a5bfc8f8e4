"""Claims are tested together: Holm keeps the chance of any wrong one below 5 %."""

from __future__ import annotations

import numpy as np
import pytest

from masdesign.statistics.claims import claims_of, error_of_look, holm


def _by_item(scores) -> dict[str, float]:
    return {str(item): float(score) for item, score in enumerate(scores)}


def test_holm_as_in_the_textbook() -> None:
    assert holm([0.01, 0.02, 0.03, 0.5]) == pytest.approx([0.04, 0.06, 0.06, 0.5])
    assert holm([]) == []


@pytest.mark.parametrize("seed", range(20))
def test_holm_lies_between_no_correction_and_bonferroni_and_keeps_order(seed) -> None:
    rng = np.random.default_rng(seed)
    values = rng.random(1 + seed % 8) ** 2
    found = holm(values)
    assert all(p <= q <= min(1.0, len(values) * p) + 1e-12 for p, q in zip(values, found, strict=True))
    order = sorted(range(len(values)), key=lambda i: values[i])
    assert [found[i] for i in order] == sorted(found)


def test_a_claim_holds_only_where_it_is_better_and_beyond_chance() -> None:
    winner = _by_item(np.arange(100) < 60)
    others = {"much worse": _by_item(np.arange(100) < 30), "better": _by_item(np.arange(100) < 90)}
    others["a little worse"] = _by_item(np.arange(100) < 58)
    found = {claim.than: claim for claim in claims_of(winner, others, seed=0)}
    assert [found[name].holds for name in others] == [True, False, False]
    assert found["better"].p_holm < 0.05
    assert found["a little worse"].difference.mean == pytest.approx(0.02)
    assert set(found["better"].to_json()) == {"than", "mean", "low", "high", "p", "p_holm", "items", "holds"}


def test_what_would_hold_alone_need_not_hold_among_many() -> None:
    winner, other = _by_item(np.arange(60) < 30), _by_item(np.arange(60) < 24)  # 6 to 0: p = 0.031
    alone = claims_of(winner, {"it": other}, seed=0)
    together = claims_of(winner, {"it": other, "another": other, "a third": other}, seed=0)
    assert alone[0].holds
    assert not any(claim.holds for claim in together)


def test_a_later_look_may_claim_less_and_all_looks_together_no_more_than_one() -> None:
    assert sum(error_of_look(look) for look in range(1, 60)) == pytest.approx(0.05)
    winner, other = _by_item(np.arange(60) < 30), _by_item(np.arange(60) < 20)  # 10 to 0: p = 0.002
    by_look = [claims_of(winner, {"it": other}, seed=0, look=look)[0] for look in (1, 2, 3)]
    assert [claim.holds for claim in by_look] == [True, True, True]
    weaker = _by_item(np.arange(60) < 21)  # 9 to 0: p = 0.004
    assert [claims_of(winner, {"it": weaker}, seed=0, look=look)[0].holds for look in (1, 2, 3)] == [
        True, True, False
    ]  # fmt: skip
    assert by_look[0].difference.low > by_look[1].difference.low


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(60))
def test_intervals_and_tests_agree(seed) -> None:
    """No interval excludes 0 where the corrected test does not reject, and the verdict says what both do."""
    rng = np.random.default_rng(seed)
    graded, items = seed % 2, int(rng.integers(12, 80))

    def scores(share: float) -> dict[str, float]:
        return _by_item(rng.random(items) if graded else rng.random(items) < share)

    design = scores(0.5)
    for claim in claims_of(design, {str(n): scores(rng.uniform(0.3, 0.8)) for n in range(3)}, seed=seed):
        by = claim.difference
        if claim.p_holm > 0.05:
            assert claim.verdict == "cannot tell"
        assert (claim.verdict == "cannot tell") == (by.low <= 0 <= by.high)
        assert by.low <= by.mean <= by.high


def test_a_difference_that_does_not_survive_the_correction_has_an_interval_that_says_so() -> None:
    """On its own its 95 % interval lies below 0; beside two others its corrected p-value is above 5 %."""
    winner, other = _by_item(np.arange(60) < 24), _by_item(np.arange(60) < 30)
    alone, *_ = claims_of(winner, {"it": other}, seed=0)
    among, *_ = claims_of(winner, {"it": other, "another": other, "a third": other}, seed=0)
    assert alone.verdict == "worse"
    assert (among.verdict, among.difference.high) == ("cannot tell", 0.0)
