"""One whole cut-out: source to sink, with every way it can end."""

import contextlib
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from threading import Event
from typing import Literal, TypeVar

from kernels.threads import leave_cores
from models.clock import StageClock
from models.matting import Matting, open_matting
from stream.backgrounds import open_background
from stream.collisions import check_paths
from stream.errors import TruncatedError
from stream.formats import Format, choose_format, matte_format
from stream.frame import Frame
from stream.mattes import Look, matted, seen
from stream.pipeline import Waits, prefetch
from stream.render import Rendered, Renderer
from stream.settings import Settings
from stream.sinks import Sink, open_sink
from stream.source_info import SourceInfo
from stream.sources import Source, open_source
from stream.verify import Verdict, verify

DEPTH = 4
"""Pictures held between two stages."""
BUSY_CORES = 1
"""Cores' worth of work that decoding, pass 1 and encoding do beside the compute thread."""
Item = TypeVar("Item")
Layer = Literal["picture", "matte", "confidence"]


@dataclass(slots=True)
class Progress:
    """Where a run stands. clock: seconds per stage and frame. waits: seconds stages stood idle."""

    info: SourceInfo
    frames: int = 0
    position: Fraction = Fraction(0)
    clock: StageClock = field(default_factory=StageClock)
    decoded: Waits = field(default_factory=Waits)
    seen: Waits = field(default_factory=Waits)
    rendered: Waits = field(default_factory=Waits)
    started: float = field(default_factory=time.perf_counter)


@dataclass(slots=True)
class Outcome:
    """How a run ended. interrupted: it was asked to stop, and paths are partial files."""

    progress: Progress
    seconds: float
    paths: list[Path]
    warnings: list[str]
    verdicts: list[Verdict]
    interrupted: bool = False
    truncated: str | None = None


@dataclass(frozen=True, slots=True)
class _Output:
    """A sink, and what it shows: the picture with its alpha, if any, or a layer beside it."""

    sink: Sink
    layer: Layer

    def write(self, item: Rendered) -> None:
        """Give the sink its layer of `item`."""
        layers = {"picture": item.alpha, "matte": item.matte, "confidence": item.confidence}
        self.sink.write(item.frame, layers[self.layer])


Watch = Callable[[Progress], None]


def run(settings: Settings, stop: Event | None = None, watch: Watch | None = None) -> Outcome:
    """Cut out `settings.source` into `settings.out`, as long as `stop` is not set.

    watch: called once before the first frame and after every one written. Raises StreamError,
    WeightsError or UsageError with a line for the operator; then nothing is left under a final
    name. A truncated or damaged source raises TruncatedError once what was there is kept under a
    partial name.
    """
    stop = stop or Event()
    check_paths(settings)
    with contextlib.ExitStack() as stack:
        transparent, chosen, background = _look(settings)
        source = stack.enter_context(open_source(settings.source, settings.trim, settings.audio))
        masks = _open_masks(settings, source.info, stack)
        progress = Progress(source.info)
        matting = _open_matting(settings, progress.clock)
        renderer = Renderer(None if transparent else open_background(background))
        outputs = _open_outputs(settings, chosen, transparent, source, stack)
        frames = _rendered(source, masks, matting, renderer, progress)
        with contextlib.closing(
            prefetch(frames, DEPTH, "compute", progress.rendered, stop)
        ) as items:
            progress.started = time.perf_counter()
            if watch is not None:
                watch(progress)
            interrupted = _write_all(items, outputs, progress, stop, watch)
        return _finished(settings, source, outputs, progress, interrupted)


def _look(settings: Settings) -> tuple[bool, Format, str]:
    """(is alpha written, the format, the background's name)."""
    named = settings.background
    wants = None if named is None else named == "transparent"
    chosen = choose_format(settings.out, settings.format, wants)
    transparent = wants if wants is not None else not chosen.needs_background
    return transparent, chosen, named or DEFAULT_COLOUR


DEFAULT_COLOUR = "#00b140"
"""Chroma-key green, for a format that needs a background when none is named."""


def _open_masks(settings: Settings, info: SourceInfo, stack: contextlib.ExitStack) -> Source | None:
    if settings.masks is None:
        return None
    masks = open_source(settings.masks, settings.trim, carry=False, rate=info.rate)
    return stack.enter_context(masks)


def _open_matting(settings: Settings, clock: StageClock) -> Matting:
    first = settings.segmenter if settings.masks is None else None
    confident = settings.confidence_out is not None
    return open_matting(first, settings.quality, settings.smoothing, clock, confident)


def _open_outputs(
    settings: Settings,
    chosen: Format,
    transparent: bool,
    source: Source,
    stack: contextlib.ExitStack,
) -> list[_Output]:
    info, overwrite = source.info, settings.overwrite
    sink = open_sink(settings.out, chosen, info, source.companions, overwrite, transparent)
    layer: Layer = "picture" if chosen.content == "picture" else "matte"
    outputs = [_Output(stack.enter_context(sink), layer)]
    if settings.matte_out is not None:
        matte = _open_gray(settings.matte_out, info, overwrite)
        outputs.append(_Output(stack.enter_context(matte), "matte"))
    if settings.confidence_out is not None:
        confidence = _open_gray(settings.confidence_out, info, overwrite)
        outputs.append(_Output(stack.enter_context(confidence), "confidence"))
    return outputs


def _open_gray(out: str, info: SourceInfo, overwrite: bool) -> Sink:
    return open_sink(out, matte_format(out), info, None, overwrite)


def _rendered(
    source: Source, masks: Source | None, matting: Matting, renderer: Renderer, progress: Progress
) -> Generator[Rendered, None, None]:
    """The compute thread's work; decoding and pass 1 run ahead of it in threads of their own."""
    clock = progress.clock
    leave_cores(BUSY_CORES)
    decoded = prefetch(_timed(source, clock, "decode"), DEPTH, "decode", progress.decoded)
    looks = prefetch(_seen(decoded, matting, masks), DEPTH, "pass 1", progress.seen)
    with contextlib.closing(looks):
        for matte in matted(looks, matting):
            with clock.stage("composite"):
                rendered = renderer(matte)
            yield rendered


def _seen(
    decoded: Generator[Frame, None, None], matting: Matting, masks: Source | None
) -> Iterator[Look]:
    with contextlib.closing(decoded) as frames:
        yield from seen(frames, matting, masks)


def _timed(items: Iterable[Item], clock: StageClock, name: str) -> Iterator[Item]:
    iterator = iter(items)
    while True:
        started = time.perf_counter()
        try:
            item = next(iterator)
        except StopIteration:
            return
        clock.add(name, time.perf_counter() - started)
        yield item


def _write_all(
    items: Iterable[Rendered],
    outputs: list[_Output],
    progress: Progress,
    stop: Event,
    watch: Watch | None,
) -> bool:
    """Write every item; True when `stop` ended it early."""
    for item in items:
        with progress.clock.stage("encode"):
            for output in outputs:
                output.write(item)
        progress.frames += 1
        progress.position = item.frame.seconds
        if watch is not None:
            watch(progress)
        if stop.is_set():
            break
    return stop.is_set()


def _finished(
    settings: Settings,
    source: Source,
    outputs: list[_Output],
    progress: Progress,
    interrupted: bool,
) -> Outcome:
    sinks = [output.sink for output in outputs]
    truncated = None if interrupted else source.truncated
    if truncated and not settings.allow_truncated:
        kept = ", ".join(str(sink.keep_partial()) for sink in sinks)
        raise TruncatedError(
            f"{settings.source}: {truncated}; what could be cut out is kept in {kept} "
            "(--allow-truncated accepts it)"
        )
    if interrupted and progress.frames == 0:
        raise KeyboardInterrupt
    if interrupted:
        paths = [sink.keep_partial() for sink in sinks]
    else:
        # All are complete before the first has its name.
        for sink in sinks:
            sink.complete()
        for sink in sinks:
            sink.commit()
        paths = [sink.receipt.path for sink in sinks]
    seconds = time.perf_counter() - progress.started
    # A sink may have learned something while closing.
    warnings = [*source.warnings, *(line for sink in sinks for line in sink.warnings)]
    verdicts = [] if interrupted else [verify(sink.receipt) for sink in sinks]
    return Outcome(progress, seconds, paths, warnings, verdicts, interrupted, truncated)
