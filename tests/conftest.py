"""One BLAS thread, before anything imports NumPy: the engine's tiles are small, and two threads only wait.

And Ctrl-C as a terminal has it: where the tests run in the background, a shell has it ignored, and so would
every process that they start.
"""

import os
import signal

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
