"""Customer service of an airline, after tau-bench: `TauAirline`."""

from masdesign.environments.tau_airline.airline import TAU_AIRLINE, TauAirline, oracle, read_items

__all__ = ["TAU_AIRLINE", "TauAirline", "oracle", "read_items"]
