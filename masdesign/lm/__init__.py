"""How a completion is had, paid for and remembered.

Wrappers stack: ``Budgeted(Cached(Limited(Retrying(provider))))``. Each is an `LM` itself, in a
file of its own. Names are imported when they are first used, so that this import stays cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from masdesign.modules import lazily

if TYPE_CHECKING:
    from masdesign.lm.budget import Budget
    from masdesign.lm.budgeted import Budgeted
    from masdesign.lm.cache import Cache
    from masdesign.lm.cached import Cached
    from masdesign.lm.embedding import Embedding, load_embedding
    from masdesign.lm.keys import cache_key
    from masdesign.lm.ledger import Account, Ledger, current_account
    from masdesign.lm.limited import Limited
    from masdesign.lm.litellm import LiteLLM
    from masdesign.lm.load import load_lm
    from masdesign.lm.protocol import LM, Price, Wrapper
    from masdesign.lm.recorded import Recorded
    from masdesign.lm.repertoire import Repertoire, note_of, repertoire_of
    from masdesign.lm.replay import Replay
    from masdesign.lm.retrying import Retrying, RetryPolicy
    from masdesign.lm.scripted import Scripted
    from masdesign.lm.spend import Spend

_HOMES = {
    "Account": "ledger",
    "Budget": "budget",
    "Budgeted": "budgeted",
    "Cache": "cache",
    "Cached": "cached",
    "LM": "protocol",
    "Embedding": "embedding",
    "Ledger": "ledger",
    "Limited": "limited",
    "LiteLLM": "litellm",
    "Price": "protocol",
    "Recorded": "recorded",
    "Repertoire": "repertoire",
    "Replay": "replay",
    "RetryPolicy": "retrying",
    "Retrying": "retrying",
    "Scripted": "scripted",
    "Spend": "spend",
    "Wrapper": "protocol",
    "cache_key": "keys",
    "current_account": "ledger",
    "load_embedding": "embedding",
    "load_lm": "load",
    "note_of": "repertoire",
    "repertoire_of": "repertoire",
}

__all__ = [
    "LM",
    "Account",
    "Budget",
    "Budgeted",
    "Cache",
    "Cached",
    "Embedding",
    "Ledger",
    "Limited",
    "LiteLLM",
    "Price",
    "Recorded",
    "Repertoire",
    "Replay",
    "RetryPolicy",
    "Retrying",
    "Scripted",
    "Spend",
    "Wrapper",
    "cache_key",
    "current_account",
    "load_embedding",
    "load_lm",
    "note_of",
    "repertoire_of",
]

__getattr__, __dir__ = lazily(__name__, _HOMES)
