"""A game of TextWorld, where the package is installed."""

import subprocess
import sys
from pathlib import Path

import pytest

from masdesign.environments.textworld import TextWorld
from masdesign.errors import InputError
from masdesign.testing import EnvironmentContract, LentServices
from masdesign.types import Action, Item

ITEM = Item("a", "?", "")


async def test_what_is_missing_is_said():
    with pytest.raises(InputError, match=r"need the package textworld|does not exist"):
        await TextWorld("absent.z8").open(ITEM, 0, LentServices())


async def test_a_game_is_won_by_its_walkthrough(tmp_path):
    textworld = pytest.importorskip("textworld")
    path = tmp_path / "game.z8"
    maker = Path(sys.executable).with_name("tw-make")
    made = subprocess.run(  # noqa: ASYNC221
        [maker, "tw-simple", "--rewards", "dense", "--goal", "brief", "--seed", "3", "--output", path, "-f"]
    )
    assert made.returncode == 0
    env = textworld.start(str(path), textworld.EnvInfos(extras=["walkthrough"]))
    walkthrough = env.reset()["extra.walkthrough"]
    names = {
        "environment": TextWorld(str(path)),
        "actions": [Action("command", {"text": c}) for c in walkthrough],
    }
    contract = type("Contract", (EnvironmentContract,), names)()
    observations, outcome = await contract._played(contract.actions)
    assert observations[-1].done
    assert outcome["won"]
    assert outcome["reward"] == 1.0
    assert (await contract._played(contract.actions)) == (observations, outcome)
