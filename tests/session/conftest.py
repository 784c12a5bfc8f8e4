"""The task of sums with its scripted model, as fixtures."""

from sums import runtime, script, sums

__all__ = ["runtime", "script", "sums"]
