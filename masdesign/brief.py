"""Results that show themselves in one line, and in a notebook as a small table."""

from collections.abc import Mapping
from html import escape


class ShortRepr:
    """Base of results: `facts` is what ``repr`` and a notebook show of one.

    >>> class Sum(ShortRepr):
    ...     def facts(self): return {"terms": "3", "sum": "7"}
    >>> Sum()
    Sum(terms=3, sum=7)
    """

    def facts(self) -> Mapping[str, str]:
        """What to show, by name, in order."""
        raise NotImplementedError

    def __repr__(self) -> str:
        facts = (f"{name}={' '.join(value.split())}" for name, value in self.facts().items())
        return f"{type(self).__name__}({', '.join(facts)})"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{escape(name)}</th><td>{escape(value)}</td></tr>"
            for name, value in self.facts().items()
        )
        return f"<table><caption>{type(self).__name__}</caption>{rows}</table>"
