"""The program: `python -m masdesign`, and the command `masdesign`."""

import atexit
import gc
import sys

from masdesign.stopping import handle_signals, ignore_signals

COLLECT_AT = 50_000
"""New objects after which Python looks for reference cycles. What hundreds of items in flight hold is many
objects and few cycles: at Python's default (700 objects) the look takes 15 % of a call's processor time."""


def program() -> None:
    """Run the command line as this process."""
    gc.set_threshold(COLLECT_AT)
    atexit.register(ignore_signals)  # registered first, so that it runs last
    handle_signals()
    from masdesign.cli import main

    sys.exit(main())


if __name__ == "__main__":
    program()
