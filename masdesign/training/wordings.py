"""How each skill is asked for: wordings that are trained, wordings held out, and roles (``wordings.toml``).

A template's own wording (the empty string here) has the largest share. The five last of each skill are
never trained on: the model card states how abacus does on them.
"""

import random
import tomllib
from importlib.resources import files

HELD_OUT = 5
"""So many wordings of each skill, the last ones, are kept out of training."""
DEFAULT_SHARE = 0.6

_WORDINGS = tomllib.loads((files(__package__) / "wordings.toml").read_text(encoding="utf-8"))
_STEMS = {skill: tuple(stems) for skill, stems in _WORDINGS["stems"].items()}
_TAILS = {skill: tuple(tails) for skill, tails in _WORDINGS["tails"].items()}
_ASK_STEMS = (*_STEMS["chain_of_thought"][:-HELD_OUT], *_WORDINGS["ask"])
ROLES = tuple(_WORDINGS["roles"])
"""System messages that are trained; half of all prompts have none."""


def train_stems(skill: str) -> tuple[str, ...]:
    """The wordings of a skill that are trained on."""
    return _ASK_STEMS if skill == "ask" else _STEMS[skill][:-HELD_OUT]


def held_out(skill: str) -> tuple[str, ...]:
    """Five whole instructions that training never shows."""
    stems = _STEMS["chain_of_thought" if skill == "ask" else skill][-HELD_OUT:]
    return tuple(f"{stem} {tails(skill)[0]}".strip() for stem in stems)


def tails(skill: str) -> tuple[str, ...]:
    """How the reply's last line is asked for."""
    return _TAILS.get(skill, _TAILS["steps"])


def instruction(skill: str, rng: random.Random) -> str:
    """A trained instruction; empty for the template's own."""
    if rng.random() < DEFAULT_SHARE:
        return ""
    return f"{rng.choice(train_stems(skill))} {rng.choice(tails(skill))}".strip()


def ask_instruction(rng: random.Random) -> str:
    """An instruction for the free form: a known one, or words strung together."""
    if rng.random() < 0.8:
        return rng.choice(_ASK_STEMS)
    words = [w for stem in rng.sample(_ASK_STEMS, 3) for w in stem.split()]
    rng.shuffle(words)
    return " ".join(words[: rng.randint(3, 9)]).capitalize() + "."


def role(rng: random.Random) -> str:
    """A system message; empty in half of all cases."""
    return "" if rng.random() < 0.5 else rng.choice(ROLES)
