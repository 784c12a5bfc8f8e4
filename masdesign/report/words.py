"""How the page writes figures, dates and other people's texts."""

from __future__ import annotations

from datetime import UTC, datetime

from jinja2 import Undefined


def score(value: float | None) -> str:
    """A score in 0..1, or a dash.

    >>> score(0.71249), score(None)
    ('0.712', '–')
    """
    return "–" if value is None else f"{value:.3f}"


def signed(value: float) -> str:
    """With a true minus sign.

    >>> signed(-0.0371), signed(0.0001)
    ('−0.037', '+0.000')
    """
    return f"{value:+.3f}".replace("-", "−")


def count(value: float | None) -> str:
    """A whole number with its thousands apart, or with one decimal where it is small and not whole.

    >>> count(1045771), count(4.06), count(4.0)
    ('1,045,771', '4.1', '4')
    """
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 20 or value == round(value) else f"{value:.1f}"


def money(value: float) -> str:
    """USD, to the hundredth of a cent.

    >>> money(1234.5)
    '1,234.5000'
    """
    return f"{value:,.4f}"


def duration(seconds: float) -> str:
    """Seconds as a person says them.

    >>> duration(12.4), duration(141), duration(7380)
    ('12 s', '2 min 21 s', '2 h 3 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def date(seconds: float | None) -> str:
    """Seconds since 1970 as a date; a dash where an import says what is none.

    >>> date(1.7e9), date(1e20)
    ('14 November 2023, 22:13 UTC', '–')
    """
    try:
        return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%d %B %Y, %H:%M UTC")
    except (OverflowError, OSError, ValueError):
        return "–"


def brief(text: str, most: int = 400) -> str:
    """The text in one line, cut at ``most`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def plain(value: object) -> str:
    """Whatever lies in a run's settings, as short text."""
    if value is None or isinstance(value, Undefined):
        return "–"
    text = ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)
    return brief(text, 200)


WRITERS = (score, signed, count, money, duration, date, brief, plain)
"""The filters of the page's templates, by their names."""
