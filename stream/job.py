"""One whole cut-out: source to sink, with every way it can end."""

import contextlib
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from threading import Event
from typing import TypeVar

from kernels.threads import available, may_be_shared, use_threads
from models.clock import StageClock
from models.matting import Matting, open_matting
from models.segmenter import SEGMENTERS
from stream.backgrounds import open_background
from stream.collisions import check_paths
from stream.errors import TruncatedError
from stream.frame import Frame
from stream.mattes import Look, matted, seen
from stream.outputs import Output, look_of, open_outputs
from stream.pipeline import Waits, prefetch
from stream.preparing import BY_COLOUR, FINISH, LAY, LOOK, REFINE, SETTLE, Part, prepare
from stream.render import Rendered, Renderer
from stream.settings import Settings
from stream.source_info import SourceInfo
from stream.sources import Source, open_source
from stream.verify import Verdict, verify

DEPTH = 4
"""Pictures held between two stages."""
MOST_REFINERS = 4
"""Frames that pass 2 refines at once, at most: it takes a few times as long as pass 1, which
remembers, and so must take one frame after another."""
_HELD = 1 << 25
"""Pixels that those frames have at most, for each takes some 20 bytes a pixel."""
Item = TypeVar("Item")


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
        transparent, chosen, background = look_of(settings)
        source = stack.enter_context(open_source(settings.source, settings.trim, settings.audio))
        masks = _open_masks(settings, source.info, stack)
        progress = Progress(source.info)
        matting = _open_matting(settings, progress)
        renderer = Renderer(None if transparent else open_background(background))
        outputs = open_outputs(settings, chosen, transparent, source, stack)
        if watch is not None:
            watch(progress)
        prepare(_parts(settings), stop.is_set)
        if stop.is_set():
            raise KeyboardInterrupt
        frames = _rendered(source, masks, matting, renderer, progress)
        with contextlib.closing(
            prefetch(frames, DEPTH, "compute", progress.rendered, stop)
        ) as items:
            progress.started = time.perf_counter()
            interrupted = _write_all(items, outputs, progress, stop, watch)
        return _finished(settings, source, outputs, progress, interrupted)


def _open_masks(settings: Settings, info: SourceInfo, stack: contextlib.ExitStack) -> Source | None:
    if settings.masks is None:
        return None
    masks = open_source(settings.masks, settings.trim, carry=False, rate=info.rate)
    return stack.enter_context(masks)


def _open_matting(settings: Settings, progress: Progress) -> Matting:
    first = settings.segmenter if settings.masks is None else None
    confident = settings.confidence_out is not None
    return open_matting(
        first, settings.quality, settings.smoothing, progress.clock, confident,
        refiners=_refiners(progress.info),
    )  # fmt: skip


def _parts(settings: Settings) -> list[Part]:
    """Of what must be compiled; see stream.preparing."""
    looks = settings.masks is None and settings.segmenter in SEGMENTERS
    refine = [BY_COLOUR] if settings.quality == "fast" else [REFINE, SETTLE]
    return [*refine, LOOK, FINISH, LAY] if looks else [*refine, FINISH, LAY]


def _refiners(info: SourceInfo) -> int:
    """How many frames of such a source are refined at once."""
    fitting = max(_HELD // (info.height * info.width), 1)
    return min(available(), MOST_REFINERS, fitting) if may_be_shared() else 1


def _threads(refiners: int) -> int:
    """Of kernels beside so many refiners. One that works alone leaves a core to what else runs."""
    return available() - 1 if refiners == 1 else available() // refiners


def _rendered(
    source: Source, masks: Source | None, matting: Matting, renderer: Renderer, progress: Progress
) -> Generator[Rendered, None, None]:
    """The compute thread's work; decoding and pass 1 run ahead of it in threads of their own.

    So does pass 2 where several frames are refined at once. Where kernels may not run beside each
    other, decoding alone does.
    """
    clock = progress.clock
    use_threads(_threads(matting.refiners))
    decoded = prefetch(_timed(source, clock, "decode"), DEPTH, "decode", progress.decoded)
    looks = _seen(decoded, matting, masks)
    if may_be_shared():
        looks = prefetch(_halved(looks), DEPTH, "pass 1", progress.seen)
    with contextlib.closing(looks), contextlib.closing(matted(looks, matting)) as mattes:
        for matte in mattes:
            with clock.stage("composite"):
                rendered = renderer(matte)
            yield rendered


def _halved(looks: Iterable[Look]) -> Iterator[Look]:
    """They leave half of the cores to what runs beside them."""
    use_threads(-(-available() // 2))
    yield from looks


def _seen(
    decoded: Generator[Frame, None, None], matting: Matting, masks: Source | None
) -> Generator[Look, None, None]:
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
    outputs: list[Output],
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
    outputs: list[Output],
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
