"""What a model can do, as data, apart from provider and wire format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from masdesign.lm.protocol import LM

USUAL_LENGTH = 4096
"""Tokens of a completion of a model that does not reason, where neither user nor design says."""
THINKING_LENGTH = 32_768
"""The longest completion of a model that reasons, where nothing says it."""
DEFAULT_WINDOW = 32_768
"""Tokens of the context window where nothing says it."""


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """Sizes of a model, and what may be asked of it.

    ``native`` shapes prompts, so it is frozen when a run opens; ``refuses`` concerns the wire only, and may
    be learnt while a run goes on.

    >>> ModelProfile(200_000, 100_000, reasons=True).length, ModelProfile(128_000, 16_384).length
    (100000, 4096)
    """

    window: int = DEFAULT_WINDOW
    """Tokens of prompt and completion together."""
    longest: int = USUAL_LENGTH
    """Tokens of the longest completion."""
    reasons: bool = False
    """Whether it reasons before it answers."""
    native: frozenset[str] = frozenset()
    """``tools``, ``schema``: what prompts may use natively."""
    refuses: frozenset[str] = frozenset()
    """Parameters that its server does not take: ``temperature``, ``stop`` …"""
    max_tokens: int = 0
    """Length of a completion where a design says none; 0: see `length`."""
    batch_independent: bool = True
    """Whether the same request gives the same text, whatever else its server computes at the time."""

    @property
    def length(self) -> int:
        """Tokens of a completion where a design says none: the longest of a reasoning model, else 4,096."""
        if self.max_tokens:
            return self.max_tokens
        return self.longest if self.reasons else min(self.longest, USUAL_LENGTH)

    def noted(self) -> dict[str, Any]:
        """What a replay must know, as JSON; empty for the length of 0.1, which is a record's default."""
        if self == replace(RECORDED, window=self.window):
            return {}
        sets = {"native": sorted(self.native)} if self.native else {}
        return {"longest": self.longest, "reasons": self.reasons, "max_tokens": self.max_tokens, **sets}

    @classmethod
    def recorded(cls, window: int, noted: Mapping[str, Any]) -> ModelProfile:
        """The profile that `noted` told of."""
        native = frozenset(noted.get("native", ()))
        return replace(RECORDED, window=window, **{**noted, "native": native})

    def corrected(self, profile: Mapping[str, Any], max_tokens: int = 0) -> ModelProfile:
        """The profile with what a user knows better (`ModelSpec.profile`)."""
        changed = replace(self, **profile)
        if "longest" not in profile:
            thinks = changed.reasons and self.longest == USUAL_LENGTH
            longest = THINKING_LENGTH if thinks else changed.longest
            changed = replace(changed, longest=min(longest, changed.window))
        return replace(changed, max_tokens=max_tokens or self.max_tokens)


RECORDED = ModelProfile(longest=512)
"""Of a model whose record says nothing, and of the embedded one."""


def profile_of(lm: LM) -> ModelProfile:
    """The profile of ``lm``; of one that says nothing but its window, a careful guess."""
    profile = getattr(lm, "profile", None)
    if isinstance(profile, ModelProfile):
        return profile
    return ModelProfile(lm.window, max(1, lm.window // 2))
