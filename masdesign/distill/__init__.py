"""How does a design become one prompt? One method a file in `masdesign/distill/methods/`.

Names are imported on first use (PEP 562), so that importing this package costs next to nothing.
"""

from typing import TYPE_CHECKING

from masdesign.modules import lazily

if TYPE_CHECKING:
    from masdesign.distill.job import Draft, Method
    from masdesign.distill.prompt import DistilledPrompt
    from masdesign.distill.result import Distillation
    from masdesign.distill.row import Row
    from masdesign.distill.verbs import run_distill, run_distill_async

__all__ = ["Distillation", "DistilledPrompt", "Draft", "Method", "Row", "run_distill", "run_distill_async"]

__getattr__, __dir__ = lazily(__name__)
