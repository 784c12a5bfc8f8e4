"""What did other systems find? Their archives, read as data: nothing of them is run, imported or unpickled.

Each reader gives the designs that it could bring in, in the design language, with what their makers claim
of them, and for all else the reason. A design's own code runs in the sandbox, as every design does.
"""

from masdesign.archive.elsewhere.brought import Brought, Rejected
from masdesign.archive.elsewhere.reading import read_elsewhere

__all__ = ["Brought", "Rejected", "read_elsewhere"]
