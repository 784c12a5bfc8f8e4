"""How a search decides what to try next: one strategy a file, and the registry of them."""

from masdesign.registry import Registry
from masdesign.search.strategy import Strategy

DEFAULT_STRATEGY = "portfolio"

STRATEGIES: Registry[type[Strategy]] = Registry(
    "strategy", Strategy, home=__name__, classes=True, argument=lambda kind, text: kind.variant(text)
)
