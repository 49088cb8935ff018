"""The only threads and queues: stages run side by side, joined by bounded boxes."""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from models.clock import samples

Item = TypeVar("Item")
Done = TypeVar("Done")

_END = object()
_POLL = 0.05
GRACE = 60.0
"""Seconds to wait for a thread to end: longer than any picture takes once kernels are compiled."""


@dataclass(frozen=True, slots=True)
class _Raised:
    error: BaseException


@dataclass(slots=True)
class Waits:
    """Seconds spent blocked on one box: `full` by the producer, `empty` by the consumer."""

    full: deque[float] = field(default_factory=samples)
    empty: deque[float] = field(default_factory=samples)


def prefetch(
    items: Iterable[Item],
    depth: int,
    name: str = "prefetch",
    waits: Waits | None = None,
    halt: threading.Event | None = None,
) -> Generator[Item, None, None]:
    """Iterate `items` in a thread of its own, at most `depth` ahead.

    An error raised by `items` is raised here, after the items before it. Closing the generator
    (use contextlib.closing) stops the thread, closes `items` and joins; a thread stuck in a read
    that never returns is left behind after GRACE seconds. Once `halt` is set, iteration ends as
    soon as there is nothing to give.
    """
    if depth < 1:
        raise ValueError(f"depth must be at least 1, got {depth}")
    box: queue.Queue[Any] = queue.Queue(depth)
    stop = threading.Event()
    thread = threading.Thread(target=_fill, args=(box, items, stop, waits), name=name, daemon=True)
    thread.start()
    try:
        while True:
            started = time.perf_counter()
            item = _get(box, halt)
            if item is _END:
                return
            if isinstance(item, _Raised):
                raise item.error
            if waits is not None:
                waits.empty.append(time.perf_counter() - started)
            yield item
    finally:
        stop.set()
        thread.join(GRACE)


def side_by_side(
    work: Callable[[Item], Done],
    items: Iterable[Item],
    threads: int,
    name: str = "work",
    begin: Callable[[], None] | None = None,
) -> Generator[Done, None, None]:
    """What `work` makes of each of `items`, in their order, in several `threads`.

    begin: called in each of them first. One more item than there are threads is taken ahead. An
    error raised by `items` or `work` is raised here, after the results before it. Closing the
    generator (use contextlib.closing) waits for what has begun; `items` are the caller's to close.
    Raises ValueError when there is no thread.
    """
    pending: deque[Future[Done]] = deque()
    pool = ThreadPoolExecutor(threads, name, begin)
    failure: BaseException | None = None
    iterator = iter(items)
    try:
        while failure is None:
            try:
                pending.append(pool.submit(work, next(iterator)))
            except BaseException as error:  # its turn comes after what was there before
                failure = error
            while pending and (failure is not None or len(pending) > threads):
                yield pending.popleft().result()
        if not isinstance(failure, StopIteration):
            raise failure
    finally:
        del failure  # which holds this frame, and with it pictures
        pool.shutdown(cancel_futures=True)


def _fill(
    box: "queue.Queue[Any]", items: Iterable[Any], stop: threading.Event, waits: Waits | None
) -> None:
    iterator: Iterator[Any] = iter(())
    last: Any = _END
    try:
        iterator = iter(items)
        for item in iterator:
            started = time.perf_counter()
            if not _put(box, item, stop):
                break
            if waits is not None:
                waits.full.append(time.perf_counter() - started)
    except BaseException as error:  # whatever it is, the caller must see it
        last = _Raised(error)
    finally:
        last = _closed(iterator, last)
        _put(box, last, stop)


def _closed(iterator: Iterator[Any], last: Any) -> Any:
    close = getattr(iterator, "close", None)
    if close is None:
        return last
    try:
        close()
    except BaseException as error:  # a failing clean-up surfaces too
        return last if isinstance(last, _Raised) else _Raised(error)
    return last


def _get(box: "queue.Queue[Any]", halt: threading.Event | None) -> Any:
    """The next item; the end when there is none and `halt` is set."""
    while halt is not None:
        try:
            return box.get(timeout=_POLL)
        except queue.Empty:
            if halt.is_set():
                return _END
    return box.get()


def _put(box: "queue.Queue[Any]", item: Any, stop: threading.Event) -> bool:
    """Whether `item` got in; False once the consumer has gone."""
    while not stop.is_set():
        try:
            box.put(item, timeout=_POLL)
        except queue.Full:
            continue
        return True
    return False
