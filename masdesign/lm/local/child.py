"""The process that holds the model: ``python -P -m masdesign.lm.local.child``, settings on standard input.

The first line is a JSON object of settings; afterwards standard input only says, by its end, that the owner
is gone. The address is written to standard output; what the server says goes to standard error.
"""

import json
import os
import sys


def main() -> int:
    """Serve until standard input ends."""
    settings = json.loads(sys.stdin.readline())
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # the library prints; only the address belongs on standard output
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = settings["path"]
    params.n_parallel = settings["slots"]
    params.n_ctx = settings["slots"] * settings["window"]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings["threads"]
    params.api_keys = [settings["key"]]
    params.port = 0
    params.n_gpu_layers = settings["gpu_layers"]
    if settings["pooling"] is not None:
        params.embedding, params.pooling_type = True, settings["pooling"]
        params.n_batch = params.n_ubatch = settings["window"]  # a text is embedded as a whole
    params.warmup = params.ui = params.endpoint_slots = False
    params.cache_ram_mib = 0  # else up to 8 GB of earlier prompts beside the slots, which keep their own
    params.ctx_shift = False  # a prompt that is too long is refused, not cut
    server = xllamacpp.Server(params)
    print(server.listening_address, file=answers, flush=True)
    sys.stdin.read()
    os._exit(0)  # nothing is to be saved, and waiting calls need no farewell


if __name__ == "__main__":
    sys.exit(main())
