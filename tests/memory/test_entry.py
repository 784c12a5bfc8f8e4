"""Entries of a memory: identity, evidence, and their form in an archive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masdesign.memory import MemoryEntry, Provenance
from masdesign.memory.entry import LONGEST, MOST_USES

BOLT = MemoryEntry(
    "the customer is Bolt", "double the price", provenance=Provenance(item="a", writer="reflect")
)


def test_the_id_stays_while_an_entry_is_refined():
    from dataclasses import replace

    assert replace(BOLT, when="the customer is Bolt, not Bolton").id == BOLT.id
    assert MemoryEntry("the customer is Bolt", "double the price").id != BOLT.id  # of another item


def test_evidence_is_counted_and_the_last_problems_are_kept():
    entry = BOLT
    for number in range(MOST_USES + 2):
        entry = entry.used(f"problem {number}", helped=number % 2 == 0)
    assert entry.evidence == (3, 3)
    assert entry.trust == pytest.approx(0.5)
    assert entry.helped_with[-1] == "problem 4"
    assert BOLT.evidence == (0, 0)


def test_texts_have_a_limit():
    assert len(MemoryEntry("a" * 5000, "b").when) == LONGEST


def test_only_what_is_not_at_its_default_is_written():
    assert set(BOLT.to_json()) == {"when", "what", "provenance", "id"}
    assert BOLT.to_json()["provenance"] == {"item": "a", "writer": "reflect"}


@given(
    st.text(min_size=1), st.text(min_size=1), st.text(), st.integers(0, 9), st.lists(st.text(), max_size=3)
)
def test_an_entry_comes_back_as_it_was(when, what, example, hurt, problems):
    entry = MemoryEntry(when, what, example=example, hurt=hurt, hurt_with=tuple(p.strip() for p in problems))
    assert MemoryEntry.from_json(entry.to_json()) == entry


@pytest.mark.parametrize(
    "values",
    [
        {"when": "a"},
        {"when": "a", "what": 3},
        {"when": "a", "what": "b", "helped": -1},
        {"when": "a", "what": "b", "helped": True},
        {"when": "a", "what": "b", "kind": "rumour"},
        {"when": "a", "what": "b", "helped_with": "a"},
        {"when": "a", "what": "b", "provenance": "me"},
    ],
)
def test_a_wrong_entry_is_refused_by_name(values):
    with pytest.raises(ValueError, match="entry of a memory"):
        MemoryEntry.from_json(values)
