"""Customer service of an airline, after tau-bench: `TauAirline`."""

from masdesign.environments.tau_airline.environment import TauAirline, oracle, read_items

__all__ = ["TauAirline", "oracle", "read_items"]
