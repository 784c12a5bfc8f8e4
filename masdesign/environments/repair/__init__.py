"""A small generated repository whose unit tests fail: `REPAIR`."""

from masdesign.environments.repair.environment import REPAIR, oracle, task_of
from masdesign.environments.repair.make import make

__all__ = ["REPAIR", "make", "oracle", "task_of"]
