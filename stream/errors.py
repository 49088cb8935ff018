"""Faults of the world outside, each with a text an operator can act on."""

from models.weights import WeightsError

__all__ = ["SinkError", "SourceError", "StreamError", "UsageError", "WeightsError"]


class StreamError(Exception):
    """Reading or writing media failed."""


class SourceError(StreamError):
    """The input cannot be read; the text names it and says what to do."""


class TruncatedError(SourceError):
    """The input ended or broke early; what was there before has been delivered."""


class SinkError(StreamError):
    """The output cannot be written; the text names it and says what to do."""


class UsageError(Exception):
    """The command line asks for something that does not exist or does not fit together."""
