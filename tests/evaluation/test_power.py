"""The visible difference, against simulated tests."""

from __future__ import annotations

import numpy as np
import pytest

from masdesign.evaluation.paired import mcnemar_exact
from masdesign.evaluation.power import power_note, smallest_difference


def test_more_items_show_smaller_differences():
    seen = [smallest_difference(n) for n in (1, 5, 10, 20, 50, 100, 200, 400, 10_000)]
    assert seen == sorted(seen, reverse=True)
    assert seen[0] == 1.0
    assert seen[-1] < 0.02
    assert smallest_difference(0) == 1.0


@pytest.mark.parametrize(("items", "disagreement"), [(50, 0.3), (200, 0.3), (400, 0.15), (40, 0.1)])
def test_the_difference_is_seen_four_times_in_five(items, disagreement):
    difference = smallest_difference(items, disagreement=disagreement)
    share = max(difference, disagreement)
    rng = np.random.default_rng(0)
    wins, losses, _ = rng.multinomial(
        items, [(share + difference) / 2, (share - difference) / 2, 1 - share], size=1500
    ).T
    seen = np.mean([mcnemar_exact(int(w), int(n)) < 0.05 for w, n in zip(wins, losses, strict=True)])
    assert 0.68 < seen < 0.9  # the exact test spends a little less than the 5 % that the formula supposes


def test_the_note_says_how_much():
    assert power_note(20).startswith("20 items show a difference of 0.35 or more")
