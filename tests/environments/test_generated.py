"""What every generated environment keeps to: the oracle earns everything, chance next to nothing; replay and
fork are exact; two episodes share no state."""

import importlib
import random

import pytest

from masdesign.protocols import Environment
from masdesign.tasks.families import families, sample_items
from masdesign.tasks.scorers.outcome import OUTCOME
from masdesign.testing import LentServices
from masdesign.types import Action, Answer

ACTING = sorted(name for name, family in families().items() if family.environment is not None)


def items_of(name, count, difficulty):
    return sample_items(families()[name], count, 0, difficulty, reserved=True)


def oracle_of(name):
    module = {"text_games": "gym"}.get(name, name)
    if module == "gym":
        pytest.importorskip("gymnasium")
    return importlib.import_module(f"masdesign.environments.{module}").oracle


async def played(name, item, actions):
    """The episode after the actions, and what they came to."""
    episode = await families()[name].environment.open(item, 0, LentServices())
    return episode, [await episode.call(a.tool, a.arguments) for a in actions]


async def score(name, item, episode, text):
    if families()[name].metric == "outcome":
        return (await OUTCOME.score(Answer(text), item, await episode.outcome(), LentServices())).value
    return float(text == item.target)


def random_actions(name, item, rng, count):
    """Actions whose tools and arguments are drawn from all that occurs in the item's own right ones."""
    right = oracle_of(name)(item)
    tools = families()[name].environment.tools
    values: dict[str, list] = {}
    for action in right:
        for key, value in action.arguments.items():
            values.setdefault(key, []).append(value)
    drawn = []
    for _ in range(count):
        tool = rng.choice(tools)
        keys = tool.schema.get("required", [])
        drawn.append(Action(tool.name, {k: rng.choice(values.get(k, ["x"])) for k in keys}))
    return drawn


def test_there_are_six():
    assert ACTING == ["house", "lookup", "mend", "repair", "text_games", "wide_search"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ACTING)
@pytest.mark.parametrize("difficulty", [0, 1, 2, 4])
async def test_the_oracle_earns_everything(name, difficulty):
    for item in items_of(name, 12, difficulty):
        actions = oracle_of(name)(item)
        episode, seen = await played(name, item, actions)
        assert not any(observation.error for observation in seen), (actions, seen)
        assert await score(name, item, episode, item.target or "done") == 1.0
        await episode.aclose()
        await episode.aclose()


@pytest.mark.slow
@pytest.mark.parametrize("name", ACTING)
async def test_a_random_policy_earns_next_to_nothing(name):
    rng, earned = random.Random(0), []
    for item in items_of(name, 25, families()[name].default_difficulty):
        # Edits of repair and of mend are drawn without the right text, which only the oracle knows.
        drawn = [a for a in random_actions(name, item, rng, 25) if a.tool != "write"]
        actions = [a for a in drawn if a.tool != "edit" or a.arguments.get("old")]
        episode, _ = await played(name, item, actions)
        earned.append(await score(name, item, episode, str(rng.randrange(2000))))
    assert sum(earned) / len(earned) <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize("name", ACTING)
async def test_replay_is_equal_and_a_fork_is_the_replayed_prefix(name):
    rng = random.Random(1)
    for item in items_of(name, 4, 2):
        right = oracle_of(name)(item)
        mixed = zip(right, random_actions(name, item, rng, len(right)), strict=True)
        actions = [a for pair in mixed for a in pair]
        actions = [a for a in actions if a.tool != "run_tests"]
        episode, seen = await played(name, item, actions)
        assert (await played(name, item, actions))[1] == seen
        half = len(actions) // 2
        begun, first = await played(name, item, actions[:half])
        fork = await begun.fork()
        rest = [await fork.call(a.tool, a.arguments) for a in actions[half:]]
        assert first + rest == seen
        assert await fork.outcome() == await episode.outcome()
        # What happens in the fork stays there.
        assert [await begun.call(a.tool, a.arguments) for a in actions[half:]] == rest


@pytest.mark.parametrize("name", ACTING)
async def test_two_episodes_share_no_state(name):
    item = items_of(name, 1, 2)[0]
    environment = families()[name].environment
    oracle_of(name)
    idle = await environment.open(item, 0, LentServices())
    before = await idle.outcome()
    await played(name, item, oracle_of(name)(item))
    assert await idle.outcome() == before
    assert (await environment.open(item, 0, LentServices())).start == idle.start


@pytest.mark.parametrize("name", ACTING)
async def test_wrong_calls_are_observations(name):
    item = items_of(name, 1, 1)[0]
    oracle_of(name)  # skips where what it needs is absent
    environment = families()[name].environment
    assert isinstance(environment, Environment)
    episode = await environment.open(item, 0, LentServices())
    for tool in environment.tools:
        if tool.schema.get("required"):
            assert (await episode.call(tool.name, {})).error
    seen = await episode.call("sing", {})
    assert seen.error
    assert seen.text.startswith("There is no tool 'sing'; there are ")


async def test_a_house_ends_at_its_last_step():
    item = items_of("house", 1, 1)[0]
    episode, seen = await played("house", item, [Action("look", {})] * item.record["world"]["steps"])
    assert seen[-1].done
    assert not seen[-2].done
    assert (await episode.call("look", {})).text == "The episode has ended."
    assert (await episode.outcome())["reward"] == 0.0


async def test_locks_doors_and_hands():
    item = next(i for i in items_of("house", 40, 2) if i.record["world"]["locks"])
    world = item.record["world"]
    ((box, key),) = world["locks"].items()
    episode, _ = await played("house", item, [])
    house = episode.state
    house.room = world["places"][box]
    assert (await episode.call("open", {"place": box})).text == f"The {box} is locked. You need the {key}."
    house.things[key] = "you"
    assert not (await episode.call("open", {"place": f"the {box.upper()}"})).error
    assert house.things[key] == box
    thing = next(t for t in house.things if t != key)
    house.things[thing] = box
    house.things |= dict.fromkeys([t for t in house.things if t not in (key, thing)][:2], "you")
    assert (await episode.call("take", {"thing": thing})).text == "Your hands are full."


async def test_repair_runs_the_tests_of_the_repository():
    item = items_of("repair", 1, 2)[0]
    episode, (failing, *_) = await played("repair", item, [Action("run_tests", {})])
    assert " failed (AssertionError: " in failing.text
    path = next(iter(episode.state.files))
    broken = await episode.call("edit", {"path": path, "old": "", "new": "def f(:\n"})
    assert broken.text == f"{path}: 1 lines."
    assert (await episode.call("run_tests", {})).text == f"{path}, line 1: invalid syntax"
    assert (await episode.outcome())["reward"] == 0.0
    twice = await episode.call("edit", {"path": path, "old": "x", "new": "y"})
    assert twice.text == f"The passage stands 0 times in {path}; it must stand there once."


async def test_repair_is_not_passed_by_looking_at_hidden_tests_or_by_printing():
    item = items_of("repair", 1, 1)[0]
    episode, _ = await played("repair", item, oracle_of("repair")(item))
    path = next(p for p in episode.state.files if not p.startswith("tests/"))
    text = episode.state.files[path]
    assert (await episode.outcome())["reward"] == 1.0
    episode.state.files[path] = text.replace("return ", "print([]) or ") + "\nprint([])\n"
    assert (await episode.outcome())["reward"] == 0.0


async def test_documents_do_not_fit_a_window_and_are_found_by_search():
    from masdesign.environments.wide_search import documents, make

    assert sum(len(d.text) for d in documents(5, 2)) > 400_000
    case = next(c for c in (make(seed, 1) for seed in range(50)) if "supplies" in c.question)
    seed = int(case.question.split()[1].rstrip("."))
    assert {d.id for d in documents(seed, 1)} >= set(case.documents)
    assert len({d.id for d in documents(seed, 1)}) == 200
