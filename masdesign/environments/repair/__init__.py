"""A small generated repository whose unit tests fail: `REPAIR`."""

from masdesign.environments.repair.environment import REPAIR, oracle
from masdesign.environments.repair.make import Broken, make

__all__ = ["REPAIR", "Broken", "make", "oracle"]
