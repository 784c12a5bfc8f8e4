"""Text games of gymnasium."""

import pytest

from masdesign.environments.gym import GAMES, GYM
from masdesign.errors import InputError
from masdesign.testing import LentServices
from masdesign.types import Item

pytest.importorskip("gymnasium")


def opened(game, seed=1, **more):
    return GYM.open(Item("a", "?", (), record={"game": game, "seed": seed, **more}), 0, LentServices())


@pytest.mark.parametrize("game", GAMES)
async def test_a_game_is_shown_in_words_and_the_same_seed_is_the_same_game(game):
    one, two = await opened(game), await opened(game)
    assert one.start == two.start
    assert "\x1b" not in one.start.text
    moves = [GAMES[game].actions[n % len(GAMES[game].actions)] for n in range(6)]
    seen = [await one.call("act", {"action": move}) for move in moves]
    assert [await two.call("act", {"action": move}) for move in moves] == seen
    assert all("\x1b" not in observation.text for observation in seen)


async def test_a_lake_has_the_size_that_is_asked_for_and_a_hole_is_lost():
    episode = await opened("FrozenLake-v1", seed=4, size=6)
    rows = episode.start.text.splitlines()
    assert (len(rows), rows[0][:3]) == (6, "[S]")
    lost = 0
    for seed in range(20):
        episode = await opened("FrozenLake-v1", seed=seed)
        for move in ["right", "down"] * 3:
            if (await episode.call("act", {"action": move})).done:
                lost += (await episode.outcome())["reward"] == 0.0
                break
    assert lost > 3


async def test_blackjack_is_won_by_sticking_on_a_good_sum():
    wins = 0
    for seed in range(60):
        episode = await opened("Blackjack-v1", seed=seed)
        seen = episode.start
        while not seen.done:
            total = int(seen.text.split("Your sum: ")[1].split()[0].rstrip("."))
            seen = await episode.call("act", {"action": "stick" if total >= 17 else "Hit "})
        wins += (await episode.outcome())["reward"]
    assert 15 < wins < 40


async def test_what_is_no_move_or_no_game():
    episode = await opened("Taxi-v4")
    seen = await episode.call("act", {"action": "fly"})
    assert seen.text.startswith("There is no move 'fly'; there are south, ")
    with pytest.raises(InputError, match="is not a text game"):
        await opened("Pong-v0")
