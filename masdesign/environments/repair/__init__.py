"""A small generated repository whose unit tests fail: `REPAIR`."""

from masdesign.environments.repair.make import make
from masdesign.environments.repair.repository import REPAIR, oracle, task_of

__all__ = ["REPAIR", "make", "oracle", "task_of"]
