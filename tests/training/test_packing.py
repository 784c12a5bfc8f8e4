"""A packed batch teaches exactly what its examples would teach one by one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest

torch = pytest.importorskip("torch", reason="needs the extra `training`")
from torch.nn import functional as F

from masdesign.lm.abacus.tokenizer import Tokenizer
from masdesign.training.model import Abacus, Architecture
from masdesign.training.packing import SHAPES, Packer, trees
from masdesign.training.recipe import TrainingRecipe, cases
from masdesign.training.sample import Sampler
from masdesign.training.train import losses, tensors

TOKENIZER = Tokenizer.load()


def model(smear: bool) -> Abacus:
    torch.manual_seed(0)
    return Abacus(Architecture(len(TOKENIZER), width=32, layers=2, heads=2, smear=smear))


@pytest.mark.parametrize("smear", [False, True])
def test_packed_loss_is_the_loss_of_single_examples(smear: bool) -> None:
    abacus, packer, batch = model(smear), Packer(640, 2), None
    singles = []
    for examples in islice(cases(TrainingRecipe(), 5, frozenset()), 40):
        packed = trees(examples, TOKENIZER, 640)
        for tree in packed:
            batch = batch or packer.add(tree)
        singles.append(packed)
    assert batch is not None
    assert batch.ids.shape == (2, 640)
    packed_loss = losses(abacus, *tensors(abacus, batch))
    total, count = torch.zeros(()), 0
    for row in range(2):
        for tree_number in range(batch.tree[row].max() + 1):
            mine = batch.tree[row] == tree_number
            for branch in range(1, batch.branch[row][mine].max() + 1):
                keep = mine & ((batch.branch[row] == 0) | (batch.branch[row] == branch))
                ids = torch.from_numpy(batch.ids[row][keep]).long()
                scores = abacus.logits(abacus(ids[None])[0, :-1])
                replies = torch.tensor(list(_replies(ids.tolist())))
                each = F.cross_entropy(scores, ids[1:], reduction="none")
                total = total + each[replies - 1].sum()
                count += len(replies)
    assert count == batch.reply.sum()
    assert torch.allclose(packed_loss, total / count, atol=1e-4)


def _replies(ids: list[int]) -> Iterator[int]:
    """The places of what the assistant says, with the token that ends it."""
    for begin in (n for n, token in enumerate(ids) if token == TOKENIZER.assistant):
        yield from range(begin + 1, ids.index(TOKENIZER.end, begin) + 1)


def test_trees_keep_every_example_and_fit_a_row() -> None:
    for examples in islice(cases(TrainingRecipe(), 6, frozenset()), 100):
        whole = [
            [*TOKENIZER.encode_chat(e.messages), *TOKENIZER.encode(e.reply), TOKENIZER.end] for e in examples
        ]
        found = trees(examples, TOKENIZER)
        rebuilt = [tree.root + ids for tree in found for ids, _ in tree.branches]
        assert sorted(rebuilt) == sorted(w for w in whole if len(w) <= SHAPES[-1][0])
        assert all(tree.size <= SHAPES[-1][0] for tree in found)


@pytest.mark.parametrize("smear", [False, True])
def test_sampler_agrees_with_the_module(smear: bool) -> None:
    abacus = model(smear)
    prompts = [[0, 2, 340 + i, *range(280, 280 + 7 * i), 4, 3] for i in range(4)]
    replies = Sampler(abacus, TOKENIZER).replies(prompts, 0.0, longest=6)
    for prompt, (text,) in zip(prompts, replies, strict=True):
        ids = list(prompt)
        for _ in range(6):
            ids.append(int(abacus.logits(abacus(torch.tensor([ids]))[0, -1]).argmax()))
        assert text == TOKENIZER.decode(ids[len(prompt) :])
