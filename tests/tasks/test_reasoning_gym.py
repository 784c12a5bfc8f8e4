"""Reasoning Gym: whatever has a right answer scores it 1 through the whole reading of a reply, and junk 0."""

from __future__ import annotations

import pytest

from masdesign.errors import InputError
from masdesign.tasks import load_task
from masdesign.tasks.forms import form_named
from masdesign.tasks.scorers import scorer_named
from masdesign.tasks.scorers.reasoning_gym import gym_score
from masdesign.testing import LentServices
from masdesign.types import Answer, Item

reasoning_gym = pytest.importorskip("reasoning_gym", reason="the extra `reasoning-gym` is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
JUNK = "I cannot say: zzz-none"
MOST_FOR_JUNK = 0.05
"""Some of its rules give a word of any kind a little."""
REPLIES = ("Let me think.\n<answer>{}</answer>", "Let me think.\nSo be it.\nAnswer: {}")
FIRST = 3


def score(name: str, index: int, question: str, answer: str, target: str | None) -> float:
    return 1.0 if answer == target else gym_score(name, index, (question, target or ""), answer)


@pytest.mark.parametrize("name", sorted(reasoning_gym.factory.DATASETS))
def test_a_right_answer_is_worth_1_and_junk_nothing(name: str):
    try:
        dataset = reasoning_gym.create_dataset(name, size=700, seed=0)
        entries = [dataset[index] for index in range(FIRST)]
    except Exception as error:  # noqa: BLE001
        pytest.skip(f"the library makes no items of it: {error}")
    text = form_named("text")
    for index, entry in enumerate(entries):
        question, target = str(entry["question"]).strip(), entry["answer"]
        junk = score(name, index, question, text.read(f"Answer: {JUNK}", ()), target)
        assert junk <= MOST_FOR_JUNK, f"junk is worth {junk}"
        for reply in REPLIES if target is not None else ():
            read = text.read(reply.format(target), ())
            assert read is not None
            assert score(name, index, question, read, str(target)) == 1.0, (target, read)


async def test_a_task_of_it(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    task = load_task("reasoning_gym:countdown", items=3, test_items=3)
    assert (task.scorer.name, task.form.name) == ("reasoning_gym:countdown", "text")
    item = task.val[0]
    assert set(item.record) == {"question", "target", "index"}
    services = LentServices()
    for answer, value in ((item.target, 1.0), (f" {item.target} ", 1.0), ("1 + 1", 0.0)):
        assert (await task.scorer.score(Answer(answer), item, {}, services)).value == pytest.approx(
            value, abs=0.1
        )
    other = Item("x", "another question", "1", record={"index": 0})
    with pytest.raises(InputError, match="asks something else"):
        await scorer_named("reasoning_gym:countdown").score(Answer("2"), other, {}, services)
