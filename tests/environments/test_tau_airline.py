"""The airline's desk against GPT-4o's 200 recorded episodes: observations, hashes, rewards."""

import json
from pathlib import Path

import pytest

from masdesign.environments import read_arguments
from masdesign.environments.tau_airline import TauAirline, oracle, read_items
from masdesign.environments.tau_airline.airline import default_folder, replayed
from masdesign.errors import InputError
from masdesign.protocols import Environment
from masdesign.testing import LentServices
from masdesign.types import Item

DATA = Path(__file__).parents[3] / "shared" / "data" / "tau_bench"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="no ../shared/data/tau_bench beside this checkout")


@pytest.fixture(scope="module")
def airline() -> TauAirline:
    return TauAirline(DATA)


@pytest.fixture(scope="module")
def episodes() -> list[dict]:
    return json.loads((DATA / "gpt-4o-airline.json").read_text())


@pytest.mark.slow
@needs_data
async def test_the_recorded_agent_gets_the_recorded_observations_and_rewards(airline, episodes):
    tools = {tool.name: tool for tool in airline.tools}
    observations = same = rewards = 0
    for item, recorded in zip(read_items(DATA), episodes, strict=True):
        episode = await airline.open(item, 0, LentServices())  # no model: the customer follows the record
        messages = recorded["traj"][1:]
        assert item.question == f"Case {recorded['task_id']}.{recorded['trial']}. {messages[0]['content']}"
        for message, answer in zip(messages[1::2], messages[2::2], strict=False):
            if calls := message.get("tool_calls"):
                function = calls[0]["function"]
                arguments = read_arguments(tools[function["name"]], function["arguments"])
                assert not isinstance(arguments, str), arguments
                seen = await episode.call(function["name"], arguments)
                observations += 1
                same += seen.text == answer["content"]
            else:
                seen = await episode.call("respond", {"text": message["content"]})
                assert seen.text == answer["content"]
        outcome = await episode.outcome()
        rewards += outcome["reward"] == recorded["reward"]
        assert outcome["done"] is (recorded["info"]["reward_info"] is not None)
    assert (same, observations, rewards, len(episodes)) == (1164, 1164, 200, 200)


@needs_data
def test_the_right_actions_give_the_recorded_hashes(airline, episodes):
    digests: dict[int, str] = {}
    right = hashes = 0
    for recorded in episodes:
        info = (recorded["info"]["reward_info"] or {"info": {}})["info"]
        if "gt_data_hash" in info:
            number, actions = recorded["task_id"], recorded["info"]["task"]["actions"]
            if number not in digests:
                digests[number] = replayed(airline.database, actions).digest()
            hashes += 1
            right += digests[number] == info["gt_data_hash"]
    assert (right, hashes) == (182, 182)


@needs_data
async def test_the_oracle_always_earns_its_reward_and_doing_nothing_seldom(airline):
    services = LentServices(lambda messages: "Thank you. ###STOP###")
    items = [item for item in read_items(DATA) if item.record["trial"] == 0]
    earned, idle = [], []
    for item in items:
        episode = await airline.open(item, 0, services)
        for action in oracle(item):
            await episode.call(action.tool, action.arguments)
        earned.append((await episode.outcome())["reward"])
        episode = await airline.open(item, 0, services)
        await episode.call("respond", {"text": "I cannot help you."})
        idle.append((await episode.outcome())["reward"])
        assert (await episode.call("think", {"thought": "x"})).error
    assert (sum(earned), len(earned)) == (50, 50)
    assert sum(idle) == sum(
        not item.record["outputs"]
        and replayed(airline.database, item.record["actions"]).same_content(airline.database)
        for item in items
    )
    # What is said to a customer who leaves the record goes to the model, with what it is to know.
    role, messages = services.asked[-1]
    assert role == "user"
    assert items[-1].record["instruction"] in messages[0].content
    assert messages[-1].content == "I cannot help you."


@needs_data
async def test_episodes_share_nothing_and_a_fork_is_the_replayed_prefix(airline):
    item = next(i for i in read_items(DATA) if len(oracle(i)) >= 4)
    actions = oracle(item)[:-1]

    async def run(steps):
        episode = await airline.open(item, 0, LentServices())
        return episode, [await episode.call(a.tool, a.arguments) for a in steps]

    first, seen = await run(actions[:1])
    second, again = await run(actions[:1])
    assert seen == again
    fork = await first.fork()
    rest = [await first.call(a.tool, a.arguments) for a in actions[1:]]
    assert rest == [await fork.call(a.tool, a.arguments) for a in actions[1:]]
    assert fork.desk.database.digest() == first.desk.database.digest()
    assert second.desk.database.digest() != first.desk.database.digest()
    assert airline.database.digest() == (await run([]))[0].desk.database.digest()


@needs_data
@pytest.mark.parametrize(
    ("tool", "arguments", "text"),
    [
        ("calculate", {"expression": "2 ** 3 / 4"}, "Error: not an arithmetic expression"),
        ("calculate", {"expression": "1 / 0"}, "Error: division by zero"),
        ("calculate", {"expression": "x"}, "Error: invalid characters in expression"),
        ("calculate", {"expression": " 7 / 2"}, "3.5"),
        ("get_user_details", {"user_id": "nobody"}, "Error: user not found"),
        ("get_user_details", {}, "Error: get_user_details: 'user_id' is a required property"),
        ("fly", {}, "There is no tool 'fly'"),
        ("send_certificate", {"user_id": "mia_li_3668", "amount": "50"}, "Error: send_certificate: amount"),
    ],
)
async def test_wrong_calls_are_observations(airline, tool, arguments, text):
    item = Item("a", "?", (), record={"instruction": "", "opening": "?", "actions": []})
    seen = await (await airline.open(item, 0, LentServices())).call(tool, arguments)
    assert seen.text.startswith(text)
    assert seen.error is (text != "3.5")


@needs_data
def test_it_is_an_environment_with_fifteen_tools(airline):
    assert isinstance(airline, Environment)
    assert len(airline.tools) == 15
    assert airline.version == TauAirline(DATA).version


def test_absent_data_are_named_with_the_cure(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"airline_tools\.json cannot be read .* MASDESIGN_DATA"):
        _ = TauAirline(tmp_path).tools
    monkeypatch.delenv("MASDESIGN_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="set MASDESIGN_DATA"):
        default_folder()
