"""How does a design leave masdesign? As a script that stands alone, or as a picture of its calls."""

from masdesign.export.picture import graphml, mermaid, rehearse
from masdesign.export.script import export_script

__all__ = ["export_script", "graphml", "mermaid", "rehearse"]
