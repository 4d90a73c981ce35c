"""The records of this app."""

from .leak import AcceptedLeak, FoundLeak

__all__ = ["AcceptedLeak", "FoundLeak"]
