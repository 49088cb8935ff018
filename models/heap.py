"""Which parts of a memory are in use."""

from operator import itemgetter


class Heap:
    """Memory of which parts are taken and given back."""

    def __init__(self, first: int) -> None:
        self.end = first
        self._free: list[tuple[int, int]] = []

    def take(self, size: int) -> int:
        """Where so many numbers are free: the smallest part that has them, or a new one."""
        fitting = [part for part in self._free if part[1] >= size]
        if not fitting:
            at, self.end = self.end, self.end + size
            return at
        at, free = min(fitting, key=itemgetter(1))
        self._free.remove((at, free))
        if free > size:
            self._free.append((at + size, free - size))
        return at

    def give(self, at: int, size: int) -> None:
        """Join it with what is free beside it."""
        parts = sorted([*self._free, (at, size)])
        self._free = parts[:1]
        for first, more in parts[1:]:
            before, length = self._free[-1]
            if before + length == first:
                self._free[-1] = before, length + more
            else:
                self._free.append((first, more))
