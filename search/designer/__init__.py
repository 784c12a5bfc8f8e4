"""A language model as a designer: what it is shown, how its replies are read, how what fails is repaired.

Strategies use `Designer` and nothing else of this package:

    brief = Brief("propose", {"parents": …}, parents=(a.id, b.id))
    written = await designer.write_all([brief] * n, known=ids)
    return [one.proposal for one in written]
"""

from masdesign.search.designer.brief import Brief, Written
from masdesign.search.designer.designer import Designer

__all__ = ["Brief", "Designer", "Written"]
