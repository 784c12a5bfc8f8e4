"""Runs masdesign under a wall clock that jumps: ``python -m masdesign.chaos.clock SEED ARGUMENTS…``."""

import random
import sys
import time

HOURS = 6.0
"""Largest jump."""


def jump(seed: int) -> None:
    """Let `time.time` jump by up to `HOURS` in either direction, at one reading in twenty."""
    rng, real, offset = random.Random(seed), time.time, [0.0]

    def jumping() -> float:
        if rng.random() < 0.05:
            offset[0] = rng.uniform(-HOURS, HOURS) * 3600
        return real() + offset[0]

    time.time = jumping


if __name__ == "__main__":
    seed, *arguments = sys.argv[1:]
    jump(int(seed))
    sys.argv = ["masdesign", *arguments]
    from masdesign.__main__ import program

    program()
