"""A copy of abacus trained further: the file it learns from, and what comes out."""

import json

import pytest

torch = pytest.importorskip("torch", reason="the extra `training` is not installed")

from masdesign.aio import run_sync
from masdesign.errors import InputError
from masdesign.records.cache import Cache
from masdesign.lm import load_lm
from masdesign.training.case import Exercise
from masdesign.training.export import WEIGHTS, load
from masdesign.training.fine_tune import Tuning, fine_tune, read_examples
from masdesign.types import Message, Request

REPLY = "I know this one by heart.\nAnswer: 7"


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    """A copy that was taught one reply to everything."""
    folder = tmp_path_factory.mktemp("tuned")
    reply = {"role": "assistant", "content": REPLY}
    asked = [{"role": "user", "content": f"Problem: {n} + {n} ="} for n in range(8)]
    chats = [{"messages": [question, reply]} for question in asked]
    file = folder / "examples.jsonl"
    file.write_text("".join(json.dumps(chat) + "\n" for chat in chats))
    told = []
    torch.set_num_threads(1)
    tuning = Tuning(steps=3, rate=2e-3, warm_up=1, replay=0.4)
    kept = fine_tune(WEIGHTS, read_examples(file), folder, tuning, told.append)
    return folder, told, kept


def test_it_learns_what_it_is_shown(tuned):
    folder, told, kept = tuned
    assert told[0].startswith("step 3 of 3 loss")
    assert told[-1] == str(kept)
    assert kept.step == 3
    assert kept.after < kept.before
    before, after = load(WEIGHTS), load(folder)
    assert after[2]["revision"] != before[2]["revision"]
    assert after[2]["fine_tuned_from"] == before[2]["revision"]
    assert (after[2]["fine_tuning"]["prompts"], after[2]["fine_tuning"]["examples"]) == (7, 7)
    ids = after[1].encode_chat([Message("user", "Problem: 3 + 3 =")]) + after[1].encode(REPLY)
    assert _loss(after[0], ids) < _loss(before[0], ids)


def test_what_does_not_help_on_held_out_examples_is_not_kept(tmp_path):
    """Steps so great that they lead nowhere."""
    shown = [
        Exercise("", (Message("user", f"Problem: ((1 + {n})) ="),), f"A +1 +{n} = +{n + 1}\nAnswer: {n + 1}")
        for n in range(10)
    ]
    tuning = Tuning(steps=2, rate=1.0, warm_up=1, replay=0.0)
    kept = fine_tune(WEIGHTS, shown, tmp_path, tuning, lambda line: None)
    assert (kept.step, kept.after) == (0, kept.before)
    assert load(tmp_path)[2]["revision"] == load(WEIGHTS)[2]["revision"]


def test_too_little_to_learn_from(tmp_path):
    with pytest.raises(ValueError, match="fewer than two"):
        fine_tune(WEIGHTS, [Exercise("", (Message("user", "?"),), "x" * 2000)], tmp_path, Tuning(), print)


def _loss(model, ids):
    with torch.no_grad():
        row = torch.tensor([ids])
        cos, sin = model.turns(torch.arange(len(ids))[None])
        mask = torch.full((1, 1, len(ids), len(ids)), -1e30).triu(1)
        scores = model.logits(model(row, (cos, sin), mask).flatten(0, 1))
        return float(torch.nn.functional.cross_entropy(scores[:-1], row[0, 1:]))


def test_it_is_a_model_by_the_name_of_its_folder(tuned):
    folder, *_ = tuned
    with Cache.memory() as cache:
        lm = load_lm(f"abacus:{folder}", cache=cache, concurrency=1)
        assert lm.model.startswith("abacus")
        said = run_sync(lm.complete, Request((Message("user", "Problem: 1 + 1 ="),), max_tokens=4))
        assert said.usage.completion_tokens >= 1
        run_sync(lm.aclose)


def test_a_folder_without_weights_is_refused(tmp_path):
    with Cache.memory() as cache, pytest.raises(InputError, match="no weights"):
        load_lm(f"abacus:{tmp_path}", cache=cache, concurrency=1)
