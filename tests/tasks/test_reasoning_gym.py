"""Reasoning Gym: whatever has a right answer scores it 1 through the whole reading of a reply, and junk 0."""

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
A_LITTLE = (
    "advanced_geometry", "color_cube_rotation", "countdown", "emoji_mystery", "fraction_simplification",
    "power_function", "puzzle24", "rubiks_cube", "rush_hour", "tsumego",
)  # fmt: skip
GIVEN_FOR_JUNK = {**dict.fromkeys(A_LITTLE, 0.01), "palindrome_generation": 0.02, "sentence_reordering": 0.05}
"""The most that the library's own rule gives it, for an answer of any kind; all others nothing."""
REPLIES = ("Let me think.\n<answer>{}</answer>", "Let me think.\nSo be it.\nAnswer: {}")
FIRST = 3
_TEXT = form_named("text")


def names() -> list[str]:
    """The data sets."""
    return sorted(reasoning_gym.factory.DATASETS)


def entries(name: str) -> list[dict] | None:
    """The first items of a data set; ``None`` where the library makes none."""
    try:
        dataset = reasoning_gym.create_dataset(name, size=700, seed=0)
        return [dataset[index] for index in range(FIRST)]
    except Exception:  # noqa: BLE001
        return None


def score(name: str, index: int, entry: dict, reply: str) -> float:
    """What a reply is worth, read as any reply is."""
    answer, target = _TEXT.read(reply, ()), entry["answer"]
    if answer is not None and answer == target:
        return 1.0
    return gym_score(name, index, (str(entry["question"]).strip(), target or ""), answer or "")


def right_answers(name: str) -> list[bool]:
    """Whether each right answer of a data set is worth 1, in both of `REPLIES`; empty where it has none."""
    gold = [(i, entry) for i, entry in enumerate(entries(name) or ()) if entry["answer"] is not None]
    return [score(name, i, e, reply.format(e["answer"])) == 1.0 for i, e in gold for reply in REPLIES]


@pytest.mark.parametrize("name", names())
def test_a_right_answer_is_worth_1_and_junk_what_the_library_says(name: str):
    found = entries(name)
    if found is None:
        pytest.skip("the library makes no items of it")
    assert all(right_answers(name))
    junk = [score(name, i, entry, f"Answer: {JUNK}") for i, entry in enumerate(found)]
    assert max(junk) == pytest.approx(GIVEN_FOR_JUNK.get(name, 0.0)), junk


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
