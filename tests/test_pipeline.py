import contextlib
import threading
from collections.abc import Iterator

import pytest

from stream.pipeline import Waits, prefetch, side_by_side

pytestmark = pytest.mark.usefixtures("no_thread_remains")
SOON = 10.0


class BrokenError(Exception):
    pass


@pytest.mark.parametrize("depth", [1, 2, 7])
@pytest.mark.parametrize("count", [0, 1, 50])
def test_order_is_kept_and_nothing_is_lost(count: int, depth: int) -> None:
    assert list(prefetch(range(count), depth)) == list(range(count))


def test_nested_stages_keep_order() -> None:
    doubled = (2 * item for item in prefetch(range(30), 2))
    assert list(prefetch(doubled, 3)) == list(range(0, 60, 2))


def failing(after: int) -> Iterator[int]:
    yield from range(after)
    raise BrokenError("source")


@pytest.mark.parametrize("after", [0, 1, 9])
def test_an_error_of_the_source_comes_after_the_items_before_it(after: int) -> None:
    seen = []
    with (
        pytest.raises(BrokenError, match="source"),
        contextlib.closing(prefetch(failing(after), 3)) as items,
    ):
        for item in items:
            seen.append(item)
    assert seen == list(range(after))


def test_an_error_of_a_stage_between_two_threads_surfaces() -> None:
    closed = threading.Event()

    def source() -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            closed.set()

    def stage() -> Iterator[int]:
        with contextlib.closing(prefetch(source(), 2)) as items:
            for item in items:
                if item == 5:
                    raise BrokenError("stage")
                yield item

    seen = []
    with (
        pytest.raises(BrokenError, match="stage"),
        contextlib.closing(prefetch(stage(), 2)) as items,
    ):
        for item in items:
            seen.append(item)
    assert seen == list(range(5))
    assert closed.is_set()


def test_an_error_of_the_consumer_stops_the_source() -> None:
    closed = threading.Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    with pytest.raises(BrokenError), contextlib.closing(prefetch(endless(), 2)) as items:
        for _ in items:
            raise BrokenError("consumer")
    assert closed.is_set()


def test_an_error_while_the_source_closes_surfaces() -> None:
    class Source:
        def __init__(self) -> None:
            self.left = 2

        def __iter__(self) -> "Source":
            return self

        def __next__(self) -> int:
            if not self.left:
                raise StopIteration
            self.left -= 1
            return self.left

        def close(self) -> None:
            raise BrokenError("close")

    with pytest.raises(BrokenError, match="close"):
        list(prefetch(Source(), 2))


def test_an_error_in_iter_surfaces() -> None:
    with pytest.raises(TypeError):
        list(prefetch(5, 2))  # type: ignore[arg-type]


@pytest.mark.parametrize("depth", [1, 3])
def test_the_source_runs_at_most_depth_items_ahead(depth: int) -> None:
    made = 0
    ahead = threading.Event()

    def source() -> Iterator[int]:
        nonlocal made
        for made in range(1, 101):
            if made == depth + 2:
                ahead.set()
            yield made

    with contextlib.closing(prefetch(source(), depth)) as items:
        next(items)
        # One is consumed, `depth` lie in the box, one waits to be put.
        assert ahead.wait(SOON)
        assert not threading.Event().wait(0.15)
        assert made <= depth + 2


def test_closing_early_joins_and_closes_every_stage() -> None:
    closed = []

    def source() -> Iterator[int]:
        try:
            yield from range(10**9)
        finally:
            closed.append(threading.current_thread().name)

    def stage() -> Iterator[int]:
        with contextlib.closing(prefetch(source(), 2, "inner")) as items:
            yield from items

    items = prefetch(stage(), 2, "outer")
    assert next(items) == 0
    items.close()
    items.close()
    assert closed == ["inner"]


def test_nothing_starts_before_the_first_item_is_asked_for() -> None:
    before = threading.active_count()
    items = prefetch(range(3), 1)
    assert threading.active_count() == before
    items.close()


def test_a_keyboard_interrupt_of_the_source_is_not_swallowed() -> None:
    def source() -> Iterator[int]:
        yield 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(prefetch(source(), 1))


def test_depth_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1, got 0"):
        next(prefetch(range(3), 0))


def test_waits_are_counted_once_an_item() -> None:
    waits = Waits()
    assert len(list(prefetch(range(20), 2, waits=waits))) == 20
    assert (len(waits.full), len(waits.empty)) == (20, 20)
    assert min(*waits.full, *waits.empty) >= 0


def test_side_by_side_keeps_order_and_uses_all_threads() -> None:
    together = threading.Barrier(3, timeout=SOON)

    def work(item: int) -> int:
        if item < 3:
            together.wait()  # breaks unless three are at work at once
        return 2 * item

    begun = list[str]()
    found = side_by_side(work, range(20), 3, "w", lambda: begun.append("begun"))
    assert list(found) == list(range(0, 40, 2))
    assert begun == ["begun"] * 3


@pytest.mark.parametrize("after", [0, 1, 9])
def test_side_by_side_an_error_of_the_source_comes_after_what_was_made_before(after: int) -> None:
    made = []
    with pytest.raises(BrokenError, match="source"):
        for item in side_by_side(lambda item: item, failing(after), 2):
            made.append(item)
    assert made == list(range(after))


def test_side_by_side_an_error_of_the_work_comes_in_its_turn() -> None:
    def work(item: int) -> int:
        if item == 4:
            raise BrokenError("work")
        return item

    made = []
    with pytest.raises(BrokenError, match="work"):
        for item in side_by_side(work, range(1000), 2):
            made.append(item)
    assert made == [0, 1, 2, 3]


def test_side_by_side_closed_early_takes_little_ahead_and_leaves_no_thread() -> None:
    taken = list[int]()

    def source() -> Iterator[int]:
        for item in range(1000):
            taken.append(item)
            yield item

    with contextlib.closing(side_by_side(lambda item: item, source(), 3)) as items:
        assert next(items) == 0
    assert len(taken) == 4
