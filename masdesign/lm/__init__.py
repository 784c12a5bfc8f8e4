"""Language models: completions, what they cost, and the wrappers that retry, limit and remember them.

Wrappers stack: ``Budgeted(Cached(Retrying(Limited(provider))))``. Each is an `LM` itself. Names are
imported when they are first used, so that this import stays cheap.
"""

from typing import TYPE_CHECKING

from masdesign.modules import lazily

if TYPE_CHECKING:
    from masdesign.lm.budgeted import Budgeted
    from masdesign.lm.cached import Cached
    from masdesign.lm.embedding import Embedding, load_embedding
    from masdesign.lm.lane import Limited
    from masdesign.lm.load import load_lm
    from masdesign.lm.profile import ModelProfile
    from masdesign.lm.protocol import LM, Repertoire, Wrapper, note_of, repertoire_of
    from masdesign.lm.providers.recorded import Recorded
    from masdesign.lm.providers.replay import Replay
    from masdesign.lm.providers.scripted import Scripted
    from masdesign.lm.retrying import Retrying, RetryPolicy
    from masdesign.lm.spec import ModelSpec

__all__ = [
    "LM",
    "Budgeted",
    "Cached",
    "Embedding",
    "Limited",
    "ModelProfile",
    "ModelSpec",
    "Recorded",
    "Repertoire",
    "Replay",
    "RetryPolicy",
    "Retrying",
    "Scripted",
    "Wrapper",
    "load_embedding",
    "load_lm",
    "note_of",
    "repertoire_of",
]

__getattr__, __dir__ = lazily(__name__)
