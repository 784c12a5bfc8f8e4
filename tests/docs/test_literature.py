"""The page of the literature: every paper of a part has its row, every test of a row is there."""

import ast
import re
from importlib.resources import files
from pathlib import Path

import pytest

from masdesign.building_blocks import blocks
from masdesign.distill.methods import METHODS
from masdesign.search.strategies import STRATEGIES

PAGE = (files("masdesign") / "docs" / "literature.md").read_text(encoding="utf-8")
ROWS = [tuple(cell.strip() for cell in line.split("|")[1:-1]) for line in PAGE.splitlines() if "::" in line]
TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize(
    "parts", [blocks(), STRATEGIES.all(), METHODS.all()], ids=["block", "strategy", "method"]
)
def test_every_paper_of_a_part_has_its_row(parts):
    rows = {(paper.partition("]")[0].strip("["), carrier) for paper, carrier, *_ in ROWS}
    assert {(part.reference, f"`{name}`") for name, part in parts.items() if part.reference} <= rows


def test_every_test_of_a_row_is_there():
    for *_, step, named in ROWS:
        file, _, test = named.strip("`").partition("::")
        assert step
        tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
        assert test in {getattr(node, "name", "") for node in tree.body}, named
    assert len(re.findall(r"^## ", PAGE, re.MULTILINE)) == 3
