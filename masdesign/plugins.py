"""Plug-ins: a user's own files and modules, whose blocks, strategies, scorers, models count as ours.

A plug-in is trusted code on the host. What it defines is seen within the overlay that is active when it is
loaded (`masdesign.registry.Overlay`).
"""

import hashlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType

from masdesign.errors import InputError
from masdesign.overlays import add_module, coming_from, forget_module
from masdesign.versions import SOURCE


def load_plugins(names: Iterable[str]) -> None:
    """Load plug-ins into the overlay that is active.

    Parameters:
        names: paths of ``.py`` files, and names of modules that can be imported. A file's folder is
            importable from then on; a file that has not changed is not run again.

    Raises:
        InputError: one does not exist, or cannot be run; one line with the place of its error.

    Example::

        with overlay():
            load_plugins(["shout.py", "my_package.strategies"])
    """
    for name in names:
        if not name.strip():
            raise InputError("a plug-in's name is empty; name a .py file or a module")
        add_module(load_module(name), f"{'file' if name.endswith('.py') else 'module'} {name}")


def load_module(name: str) -> ModuleType:
    """The module of a ``.py`` file or of a name, loaded as plug-ins are, without becoming one.

    Raises:
        InputError: it does not exist, or cannot be run; one line with the place of its error.
    """
    return _from_file(Path(name)) if name.endswith(".py") else _from_name(name)


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """Within the ``with``, modules of the folder can be imported, after all others."""
    place = str(folder.resolve())
    added = place not in sys.path
    if added:
        sys.path.append(place)
    try:
        yield
    finally:
        if added and place in sys.path:
            sys.path.remove(place)


def _from_name(name: str) -> ModuleType:
    try:
        with coming_from(f"module {name}", name):
            return import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            cure = "give a .py file, or a module that can be imported from here"
            raise InputError(f"plug-in {name!r} does not exist; {cure}") from None
        raise _broken(name, error) from error
    except Exception as error:
        raise _broken(name, error) from error


def _from_file(path: Path) -> ModuleType:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"plug-in {path} does not exist; check the path") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"plug-in {path} cannot be read ({error}); check it") from error
    place = path.resolve()
    if str(place.parent) not in sys.path:
        sys.path.append(str(place.parent))
    loaded = sys.modules.get(place.stem)
    name = place.stem if loaded is None or _is_of(loaded, place) else _another_name(place)
    loaded = sys.modules.get(name)
    if loaded is not None and _is_unchanged(loaded, text, place):
        return loaded
    return _run(name, place, text, f"file {path}")


def _run(name: str, place: Path, text: str, origin: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, place)
    assert spec is not None  # of any .py file
    module = importlib.util.module_from_spec(spec)
    setattr(module, SOURCE, text)
    setattr(module, _TEMPLATES, _templates_beside(place))
    before, sys.modules[name] = sys.modules.get(name), module
    forget_module(name)
    try:
        with coming_from(origin, name):
            exec(compile(text, str(place), "exec"), module.__dict__)  # noqa: S102 - the user's own code
    except Exception as error:
        if before is None:
            del sys.modules[name]
        else:
            sys.modules[name] = before
        raise _broken(str(place.name), error) from error
    return module


def _is_of(module: ModuleType, place: Path) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and Path(file).resolve() == place


def _is_unchanged(module: ModuleType, text: str, place: Path) -> bool:
    """Whether file and prompts are still what was run; an ordinary import does not say what it ran."""
    names = vars(module)
    templates = _templates_beside(place)
    same = names.setdefault(SOURCE, text) == text
    return bool(same and names.setdefault(_TEMPLATES, templates) == templates)


_TEMPLATES = "__masdesign_templates__"


def _templates_beside(place: Path) -> str:
    """A hash of the prompts beside a file: a block is another where its prompt is."""
    texts = [path.read_bytes() for path in sorted(place.parent.glob("*.j2"))]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def _another_name(place: Path) -> str:
    """For a file whose own name another module has."""
    return f"{place.stem}_{hashlib.sha256(str(place).encode()).hexdigest()[:8]}"


def _broken(name: str, error: BaseException) -> InputError:
    """What is wrong with a plug-in, in one line, with the innermost line of its own file."""
    trace, line = error.__traceback__, None
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename).name == Path(name).name:
            line = trace.tb_lineno
        trace = trace.tb_next
    line = error.lineno if isinstance(error, SyntaxError) else line
    where = f"line {line}: " if line is not None else ""
    return InputError(f"plug-in {name} cannot be loaded ({where}{type(error).__name__}: {error}); correct it")
