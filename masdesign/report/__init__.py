"""What would a person look at? One self-contained HTML page on a run.

Names are imported on first use (PEP 562), so that importing this package costs next to nothing.
"""

from typing import TYPE_CHECKING

from masdesign.modules import lazily

if TYPE_CHECKING:
    from masdesign.report.findings import RunFindings, chosen_run, findings_of
    from masdesign.report.page import render
    from masdesign.report.verbs import run_report, run_report_async

__all__ = ["RunFindings", "chosen_run", "findings_of", "render", "run_report", "run_report_async"]

__getattr__, __dir__ = lazily(__name__)
