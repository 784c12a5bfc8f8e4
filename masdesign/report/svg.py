"""A matplotlib figure as SVG that stands inside the page.

matplotlib writes colours and fonts into ``style`` attributes, which the page's Content-Security-Policy
forbids, and fixed colours cannot follow the reader's light or dark theme. So a figure is drawn in the
stand-in colours below; here each becomes a class (``f-accent`` fills, ``s-accent`` strokes) that the page's
style sheet colours, and what else a style says becomes an attribute. Elements and attributes that are not
known are left out, and links lead within the page only.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {
    name: f"#0{place:x}0{place:x}0{place:x}"
    for place, name in enumerate(
        ("ink", "muted", "grid", "paper", "accent", "reference", "good", "bad", "faint", "tint"), start=1
    )
}
"""Stand-ins by name; what they look like is said in ``page/style.css``."""
FONT_SIZE, POINTS, SCALE = 9.0, 72, 1.4
"""Of a figure's text, in points; points an inch; and how much larger the page shows a figure."""

_NAMES = {colour: name for name, colour in COLOURS.items()}
_ELEMENTS = {"svg", "g", "defs", "clipPath", "path", "rect", "use", "text", "tspan", "a", "title", "desc"}
_ATTRIBUTES = {
    "id", "d", "x", "y", "width", "height", "transform", "viewBox", "href", "clip-path", "class",
    "fill", "stroke", "stroke-width", "stroke-linejoin", "stroke-linecap", "stroke-dasharray",
    "stroke-dashoffset", "stroke-opacity", "fill-opacity", "opacity", "font-size", "font-weight",
    "text-anchor",
}  # fmt: skip
_SIZE = re.compile(r"([\d.]+)px")
_REFERENCE = re.compile(r"#([\w-]+)")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold, though a design's name may, and matplotlib writes as it is."""


@contextmanager
def drawing(width: float, height: float) -> Iterator[tuple[Figure, Axes]]:
    """Make a figure of a size in inches and its axes, in the page's colours."""
    import matplotlib
    from matplotlib.figure import Figure

    quiet: Any = {  # any: matplotlib's stubs name every setting of their own version
        "svg.fonttype": "none",
        "svg.hashsalt": "masdesign",
        "text.parse_math": False,  # a name is a name, whatever dollar signs it has
        "font.size": FONT_SIZE,
        "axes.edgecolor": COLOURS["muted"],
        "axes.labelcolor": COLOURS["ink"],
        "axes.facecolor": "none",
        "figure.facecolor": "none",
        "text.color": COLOURS["ink"],
        "xtick.color": COLOURS["muted"],
        "ytick.color": COLOURS["muted"],
        "grid.color": COLOURS["grid"],
        "grid.linewidth": 0.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with matplotlib.rc_context(quiet), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a glyph that its font lacks: the reader's browser has its own
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, figure.add_subplot()


def inline(
    figure: Figure, name: str, title: str, tips: Mapping[str, str] | None = None, *, natural: bool = False
) -> Markup:
    """The figure as an ``svg`` element, to be called within `drawing`.

    Parameters:
        name: begins every id in it, so that two figures in one page do not meet.
        title: what a screen reader says of it.
        tips: what is said of a link's target, by its address (``#d-1f2a…``).
        natural: keep its size, however wide the page; otherwise it fills the width that it is given.
    """
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    root = _plain(ElementTree.fromstring(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", file.getvalue())))
    _shorten_ids(root, name)
    for link in root.iter("a"):
        text = (tips or {}).get(link.get("href", ""))
        if text:
            hint = ElementTree.Element("title")
            hint.text = text
            link.insert(0, hint)
    for attribute in ("width", "height"):
        root.attrib.pop(attribute, None)
    if natural:
        root.set("width", f"{SCALE * figure.get_figwidth() * POINTS:.0f}")
    kind = "figure natural" if natural else "figure"
    root.attrib |= {"role": "group", "aria-label": title, "class": kind, "id": name}
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _plain(element: Element) -> Element:
    """A copy without name spaces, styles, and whatever is not known."""
    copy = ElementTree.Element(element.tag.rpartition("}")[2])
    copy.text, copy.tail = element.text, None
    for key, value in element.attrib.items():
        _take(copy, key.rpartition("}")[2], value)
    for child in element:
        if child.tag.rpartition("}")[2] in _ELEMENTS:
            copy.append(_plain(child))
    if copy.tag not in ("text", "tspan", "title", "desc"):
        copy.text = None
    return copy


def _take(element: Element, name: str, value: str) -> None:
    if name == "style":
        for part in value.split(";"):
            key, _, style = part.partition(":")
            _take(element, key.strip(), style.strip())
    elif name == "font":
        if size := _SIZE.search(value):
            element.set("font-size", size[1])
        if "bold" in value or "700" in value:
            element.set("font-weight", "bold")
    elif name in ("fill", "stroke") and value in _NAMES:
        classes = [*element.get("class", "").split(), f"{name[0]}-{_NAMES[value]}"]
        element.set("class", " ".join(classes))
    elif name == "href" and not value.startswith("#"):
        return
    elif name in _ATTRIBUTES:
        element.set(name, value.removesuffix("px") if name == "font-size" else value)


def _shorten_ids(root: Element, name: str) -> None:
    """Keep the ids that something inside refers to, under names of this figure's own."""
    wanted: dict[str, str] = {}
    ids = {element.get("id") for element in root.iter()}
    for element in root.iter():
        for key in ("href", "clip-path"):
            for match in _REFERENCE.findall(element.get(key, "")):
                if match in ids:
                    wanted.setdefault(match, f"{name}-{len(wanted)}")
    for element in root.iter():
        if (old := element.attrib.pop("id", None)) in wanted:
            element.set("id", wanted[old])
        for key in ("href", "clip-path"):
            if old := element.get(key):
                element.set(key, _REFERENCE.sub(lambda match: "#" + wanted.get(match[1], match[1]), old))
