"""What opens a model: one file a provider, in `masdesign.lm.providers` or a user's own."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from masdesign.lm.protocol import LM
from masdesign.lm.spec import ModelSpec


@dataclass(frozen=True)
class Hosts:
    """What a run lends a provider."""

    abacus: Callable[[Path], LM]
    """Makes the embedded model from its folder of weights, on this machine or on nodes."""


@dataclass(frozen=True)
class Provider:
    """Opens models whose names begin with its own: ``NAME`` or ``NAME:ARGUMENT``.

    Example::

        def _open(spec: ModelSpec, argument: str, hosts: Hosts) -> LM:
            return MyModel(argument)

        MINE = Provider("mine", "mine:SIZE", "my own model", _open)
    """

    name: str
    form: str
    """How a model is written: ``recorded:FILE#COLUMN``."""
    summary: str
    """One line for people."""
    open: Callable[[ModelSpec, str, Hosts], LM] = field(repr=False)
    """Gives the model of a spec; the text is what follows the colon of its name.

    It asks no network, and raises `InputError` or `CredentialsError` in one line."""
    keeps: bool = True
    """Whether completions are new, so that they are cached, limited and asked again after a fault."""
    options: frozenset[str] = frozenset()
    """Options that change a reply and that it takes beside ``max_tokens``, ``temperature`` and ``system``."""
