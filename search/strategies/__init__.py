"""Strategies, one file each. Adding one is adding a file with a subclass of `Strategy`."""
