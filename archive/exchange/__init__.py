"""The archive as lines of JSON: what is written, what is taken in, and what of a run is compared."""
