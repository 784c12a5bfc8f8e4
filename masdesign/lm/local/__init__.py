"""Models on this machine: a llama.cpp server on the loopback address, started with the first call."""
