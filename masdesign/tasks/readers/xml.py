"""XML, as ASDiv and older question sets come: one element a row, its attributes and children the fields."""

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from masdesign.errors import InputError
from masdesign.tasks.readers import Record
from masdesign.tasks.readers._text import open_bytes

Element = ElementTree.Element


class Xml:
    """Reads XML documents; the rows are the first elements that have a sibling, or no grandchildren."""

    name = "xml"
    endings = (".xml",)
    prefix = ""

    def read(self, source: str) -> Iterator[Record]:
        try:
            with open_bytes(source) as file:
                rows = ElementTree.parse(file).getroot()
        except (ElementTree.ParseError, EOFError, OSError) as error:
            raise InputError(f"{source}: broken XML ({error}); mend it") from None
        while len(rows) == 1 and any(len(inner) for inner in rows[0]):
            rows = rows[0]
        for number, row in enumerate(rows, start=1):
            yield Record(f"{source}, element {number}", _fields(row))


def _fields(element: Element) -> dict[str, Any]:
    """The attributes and children of an element by name; children of one name are a list."""
    fields: dict[str, Any] = dict(element.attrib)
    for child in element:
        value = _value(child)
        if child.tag in fields:
            earlier = fields[child.tag]
            value = [*earlier, value] if isinstance(earlier, list) else [earlier, value]
        fields[child.tag] = value
    return fields


def _value(element: Element) -> Any:
    if not len(element):
        return (element.text or "").strip()
    same = len({child.tag for child in element}) == 1
    return [_value(child) for child in element] if same else _fields(element)


xml = Xml()
