"""Where items run: one executor a file, each an `Executor` (`masdesign.workflow.executor`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from masdesign.errors import InputError
from masdesign.evaluation.executors.local import Local
from masdesign.workflow import Executor

LOCAL = "local"


@contextmanager
def open_executor(name: str = LOCAL) -> Iterator[Executor]:
    """The executor called ``name``, for as long as the ``with`` lasts.

    ``local`` is this process. ``ray`` is Ray on this machine, or the cluster that the environment variable
    ``RAY_ADDRESS`` names (as in a Ray job). ``ray://HOST:PORT`` is the cluster whose client port that is.

    Raises:
        InputError: there is no such executor, the extra ``ray`` is not installed, or nothing answers there.
    """
    if name == LOCAL:
        yield Local()
    elif name == "ray" or name.startswith("ray://"):
        from masdesign.evaluation.executors.ray import connected  # Ray itself is imported there

        with connected(name) as executor:
            yield executor
    else:
        raise InputError(f"--executor {name}: there is no such executor; give local, ray or ray://HOST:PORT")
