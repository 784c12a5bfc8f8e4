"""A design: the source of a workflow, where it came from, and an id that formatting does not change.

The id is taken from the canonical form of the syntax tree (`masdesign.syntax`).
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from masdesign.errors import SourceError
from masdesign.syntax import canonical
from masdesign.syntax import without_docstring as without_docstring  # `adas` imports it from here
from masdesign.workflow.parsing import parse as parse  # as above


@dataclass(frozen=True)
class Design:
    """A workflow as source in the design language, untrusted.

    >>> a = Design("async def workflow(task):\\n    return await direct(task)")
    >>> b = Design('async def workflow( task ):\\n    "Ask once."\\n    return await direct(task)  # at once')
    >>> a.id == b.id
    True
    """

    source: str
    name: str = ""
    thought: str = ""
    """Why whoever wrote it thinks that it is good."""
    parents: tuple[str, ...] = ()
    """Ids of the designs that it was made from."""
    origin: str = ""
    """What made it: a strategy, a file, an import."""

    @cached_property
    def id(self) -> str:
        """First 12 hex digits of the SHA-256 of the canonical form; of the text where it does not parse."""
        try:
            form = canonical(parse(self.source))
        except SourceError:
            form = "unparsed:" + self.source
        return hashlib.sha256(form.encode("utf-8", "surrogatepass")).hexdigest()[:12]
