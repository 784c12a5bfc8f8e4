"""The item's own files: what an agent writes down and reads again."""

import posixpath

from masdesign.environments.schema import tool
from masdesign.environments.state import State, StateEnvironment, WrongCall
from masdesign.types import Item

MOST_FILES = 100
MOST_CHARACTERS = 100_000
"""Of all files of an item together."""


class Files(State):
    """Files in memory, by path."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}

    @tool
    def write_file(self, path: str, text: str, append: bool = False) -> str:
        """Write a file of your own, which is empty at first.

        Args:
            path: such as notes.md or plan/todo.md.
            text: what to write.
            append: add to what is there.
        """
        name = _normal(path)
        whole = self.files.get(name, "") + text if append else text
        others = sum(len(t) for n, t in self.files.items() if n != name)
        if name not in self.files and len(self.files) >= MOST_FILES:
            raise WrongCall(f"There are {MOST_FILES} files already; write to one of them.")
        if others + len(whole) > MOST_CHARACTERS:
            raise WrongCall(f"Files hold {MOST_CHARACTERS} characters together, no more; write less.")
        self.files[name] = whole
        return f"{name}: {len(whole)} characters."

    @tool
    def read_file(self, path: str) -> str:
        """Read a file that you wrote."""
        name = _normal(path)
        if name not in self.files:
            raise WrongCall(f"There is no file {name}; {self.list_files()}")
        return self.files[name]

    @tool
    def list_files(self) -> str:
        """List the files that you wrote."""
        return "\n".join(f"{n} ({len(t)} characters)" for n, t in sorted(self.files.items())) or "No files."


def _normal(path: str) -> str:
    """A relative path in its normal form."""
    name = posixpath.normpath(path.strip().replace("\\", "/")).lstrip("/")
    if name in ("", ".") or name.startswith(".."):
        raise WrongCall(f"{path!r} is not the path of a file here; use a name such as notes.md")
    return name


def _begin(item: Item, seed: int) -> tuple[State, str]:
    return Files(), ""


SCRATCH = StateEnvironment("scratch", "1", Files, _begin)
"""An item's scratch files; nothing of them is kept when the item is done."""
