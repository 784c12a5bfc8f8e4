"""Measurements around a search: baselines, votes, headroom, transfer, controls."""
