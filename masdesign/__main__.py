"""The program: `python -m masdesign`, and the command `masdesign`."""

import atexit
import sys

from masdesign.stopping import handle_signals, ignore_signals


def program() -> None:
    """Run the command line as this process."""
    atexit.register(ignore_signals)  # registered first, so that it runs last
    handle_signals()
    from masdesign.cli import main

    sys.exit(main())


if __name__ == "__main__":
    program()
