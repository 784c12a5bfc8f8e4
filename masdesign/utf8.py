"""Text that is text: half a character can be sent, stored or shown nowhere."""


def utf8(text: str) -> str:
    """The text with halves of characters (lone surrogates) as "?".

    >>> utf8("a \\ud800 b")
    'a ? b'
    """
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
