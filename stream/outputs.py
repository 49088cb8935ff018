"""What a job writes: the picture or its matte, and the layers asked for beside it."""

import contextlib
from dataclasses import dataclass
from typing import Literal

from stream.formats import Format, choose_format, matte_format
from stream.render import Rendered
from stream.settings import Settings
from stream.sinks import Sink, open_sink
from stream.source_info import SourceInfo
from stream.sources import Source

DEFAULT_COLOUR = "#00b140"
"""Chroma-key green, for a format that needs a background when none is named."""
Layer = Literal["picture", "matte", "confidence"]


@dataclass(frozen=True, slots=True)
class Output:
    """A sink, and what it shows: the picture with its alpha, if any, or a layer beside it."""

    sink: Sink
    layer: Layer

    def write(self, item: Rendered) -> None:
        """Give the sink its layer of `item`."""
        layers = {"picture": item.alpha, "matte": item.matte, "confidence": item.confidence}
        self.sink.write(item.frame, layers[self.layer])


def look_of(settings: Settings) -> tuple[bool, Format, str]:
    """(is alpha written, the format, the background's name); UsageError where they disagree."""
    named = settings.background
    wants = None if named is None else named == "transparent"
    chosen = choose_format(settings.out, settings.format, wants)
    transparent = wants if wants is not None else not chosen.needs_background
    return transparent, chosen, named or DEFAULT_COLOUR


def open_outputs(
    settings: Settings,
    chosen: Format,
    transparent: bool,
    source: Source,
    stack: contextlib.ExitStack,
) -> list[Output]:
    """The outputs that `settings` ask for, the main one first; `stack` closes them.

    Raises SinkError or UsageError when one cannot be opened.
    """
    info, overwrite = source.info, settings.overwrite
    sink = open_sink(settings.out, chosen, info, source.companions, overwrite, transparent)
    layer: Layer = "picture" if chosen.content == "picture" else "matte"
    outputs = [Output(stack.enter_context(sink), layer)]
    if settings.matte_out is not None:
        matte = _open_gray(settings.matte_out, info, overwrite)
        outputs.append(Output(stack.enter_context(matte), "matte"))
    if settings.confidence_out is not None:
        confidence = _open_gray(settings.confidence_out, info, overwrite)
        outputs.append(Output(stack.enter_context(confidence), "confidence"))
    return outputs


def _open_gray(out: str, info: SourceInfo, overwrite: bool) -> Sink:
    return open_sink(out, matte_format(out), info, None, overwrite)
