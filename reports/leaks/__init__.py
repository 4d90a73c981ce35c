"""Leaks: where money is lost without anybody noticing."""
