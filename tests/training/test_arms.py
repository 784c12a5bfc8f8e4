"""Arms of training: the losses are those of the papers, a step moves the right way, and a run goes on."""

from __future__ import annotations

import asyncio
import json
import math
import random

import pytest

torch = pytest.importorskip("torch", reason="the extra `training` is not installed")

from benchmarks import bench_arms
from benchmarks.bench_arms import Experiment, run
from masdesign.training.case import Exercise
from masdesign.training.dpo import dpo_loss, prefer, reply_log_probabilities
from masdesign.training.export import WEIGHTS, load
from masdesign.training.grpo import advantages, grpo_loss, reinforce
from masdesign.types import Message

ASKED = (Message("user", "Problem: ((1 + 2)) ="),)
RIGHT, WRONG = Exercise("", ASKED, "I know.\nAnswer: 3"), Exercise("", ASKED, "I know.\nAnswer: 4")


def likelihoods(folder):
    model, tokenizer, _ = load(folder)
    with torch.no_grad():
        each, mask = reply_log_probabilities(model, tokenizer, [RIGHT, WRONG])
    return (each * mask).sum(1).tolist()


def test_the_loss_of_pairs_is_that_of_the_paper():
    chosen, rejected, ref_chosen, ref_rejected = -2.0, -5.0, -3.0, -4.0
    margin = 0.1 * ((chosen - ref_chosen) - (rejected - ref_rejected))
    found = dpo_loss(
        (torch.tensor([chosen]), torch.tensor([rejected])),
        (torch.tensor([ref_chosen]), torch.tensor([ref_rejected])),
    )
    assert found.item() == pytest.approx(-math.log(1 / (1 + math.exp(-margin))), abs=1e-5)


def test_the_loss_of_groups_is_clipped_and_keeps_near_the_reference():
    mask, old = torch.ones(1, 1), torch.zeros(1, 1)
    far = grpo_loss(torch.tensor([[1.0]]), old, torch.tensor([[1.0]]), mask, torch.tensor([1.0]))
    assert far.item() == pytest.approx(-1.2)
    drawn = grpo_loss(old, old, torch.tensor([[math.log(2)]]), mask, torch.tensor([0.0]))
    assert drawn.item() == pytest.approx(0.04 * (2 - math.log(2) - 1), abs=1e-6)
    assert advantages(torch.tensor([[1.0, 1.0, 0.0, 0.0]])).tolist() == [[1.0, 1.0, -1.0, -1.0]]


@pytest.mark.slow
def test_steps_on_a_pair_make_the_chosen_reply_likelier_than_the_other(tmp_path):
    prefer(WEIGHTS, [(RIGHT, WRONG)], tmp_path, lambda line: None, steps=3, rate=1e-4)
    (right, wrong), (right_before, wrong_before) = likelihoods(tmp_path), likelihoods(WEIGHTS)
    assert right - wrong > right_before - wrong_before


@pytest.mark.slow
def test_what_is_rewarded_becomes_more_likely(tmp_path):
    told = []

    async def reward(number, replies):
        return [float(len(reply) > 30) + random.Random(reply).random() for reply in replies]

    asyncio.run(reinforce(WEIGHTS, [ASKED], reward, tmp_path, told.append, steps=2, group=4))
    assert len(told) == 2
    assert load(tmp_path)[2]["fine_tuning"]["method"] == "grpo"
    assert load(tmp_path)[2]["revision"] != load(WEIGHTS)[2]["revision"]


@pytest.mark.slow
def test_a_run_has_its_rows_and_goes_on_where_it_stopped(tmp_path, monkeypatch):
    torch.set_num_threads(1)
    experiment = Experiment(
        "isolate", "ledger", tmp_path, train_items=24, items=4, steps=2, others=("boolean",)
    )
    rows = asyncio.run(run(experiment, ["untrained", "traces"]))
    assert [(r["arm"], r["family"]) for r in rows] == [
        (arm, family) for arm in ("untrained", "traces") for family in ("ledger", "ledger", "boolean")
    ]
    assert all(row["minus_untrained"]["mean"] == 0 for row in rows[:3])
    monkeypatch.setattr(bench_arms, "measure", None)  # nothing is measured twice
    assert asyncio.run(run(experiment, ["untrained", "traces"])) == json.loads(json.dumps(rows))
