"""Names of a package that are imported on first use."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazily(
    package: str, homes: Mapping[str, str] | None = None
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Make a package's ``__getattr__`` and ``__dir__`` (PEP 562), so that importing it costs next to nothing.

    Parameters:
        package: its name (``__name__``).
        homes: from each public name to the module below the package that defines it; by default read from
            the imports that stand in the package's source under ``if TYPE_CHECKING``.

    Example::

        __getattr__, __dir__ = lazily(__name__, {"search": "loop"})
    """
    places = {name: f"{package}.{module}" for name, module in (homes or {}).items()}

    def read() -> dict[str, str]:
        if not places:
            places.update(imports_for_types(package))
        return places

    def attribute(name: str) -> Any:
        if name not in read():
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(places[name]), name)

    return attribute, lambda: sorted(read())


def imports_for_types(package: str) -> dict[str, str]:
    """From each name that a package imports under ``if TYPE_CHECKING`` to the module that defines it.

    >>> imports_for_types("masdesign.archive")["Archive"]
    'masdesign.archive.store'
    """
    import ast

    source = getattr(sys.modules[package], "__loader__").get_source(package)  # noqa: B009
    guarded = (node for node in ast.parse(source).body if isinstance(node, ast.If))
    imports = (node for guard in guarded for node in guard.body if isinstance(node, ast.ImportFrom))
    return {alias.name: str(node.module) for node in imports for alias in node.names}
