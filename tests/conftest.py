"""One BLAS thread, before anything imports NumPy: the engine's tiles are small, and two threads only wait."""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
