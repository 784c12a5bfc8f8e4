"""Designs as DSPy programs, and back; our models as DSPy's. DSPy is imported where it is used.

Names are imported on first use (PEP 562), so that importing this package costs next to nothing.
"""

from typing import TYPE_CHECKING

from masdesign.modules import lazily

if TYPE_CHECKING:
    from masdesign.distill.bridge.convert import from_dspy, to_dspy
    from masdesign.distill.bridge.engine import dspy_lm

__all__ = ["dspy_lm", "from_dspy", "to_dspy"]

__getattr__, __dir__ = lazily(__name__)
