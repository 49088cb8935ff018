"""Two names for one file: refused before any work, for one would destroy the other."""

import glob
from collections.abc import Iterator
from pathlib import Path

from stream.errors import UsageError
from stream.formats import PIPE
from stream.image_source import SUFFIXES
from stream.settings import Settings


def check_paths(settings: Settings) -> None:
    """See that no output of `settings` is another output or replaces an input.

    Links are followed; a folder is taken for the pictures in it. Raises UsageError naming the
    output and what it would destroy.
    """
    outputs = [settings.out] if settings.matte_out is None else [settings.out, settings.matte_out]
    if "" in outputs:
        raise UsageError("an output needs a name, it is empty")
    if settings.matte_out == PIPE:
        raise UsageError("--matte-out: standard output takes no matte; name a file or a folder")
    for out in outputs:
        for what, name in _inputs(settings):
            if out != PIPE and _replaces(Path(out), name):
                raise UsageError(f"{out}: would replace the {what}; choose another name")
    if len(outputs) > 1 and PIPE not in outputs:
        first, second = (Path(out).resolve() for out in outputs)
        if first == second or first in second.parents or second in first.parents:
            raise UsageError(f"{settings.matte_out}: is the output too; give the matte its own")


def _inputs(settings: Settings) -> Iterator[tuple[str, str]]:
    """(what it is, its path) of every input that is a local file, folder or pattern."""
    background = settings.background
    if background is not None and (
        background in {"transparent", "blur"} or background.startswith(("#", "blur:"))
    ):
        background = None
    named = {"source": settings.source, "masks": settings.masks, "background": background}
    for what, name in named.items():
        local = name.removeprefix("file://") if name else PIPE
        if local != PIPE and "://" not in local:
            yield what, local


def _replaces(out: Path, name: str) -> bool:
    """Whether writing `out` could replace input `name`, or a picture in that folder or pattern."""
    try:
        if not out.exists():
            return False
        source, target = Path(name), out.resolve()
        # glob is right about patterns that start at the root, Path.glob is not.
        files = [source] if source.exists() else map(Path, glob.glob(name))  # noqa: PTH207
        if source.is_dir() and _is_picture(target) and target.parent == source.resolve():
            return True
        return any(_meet(target, file) for file in files)
    except OSError:
        # Whatever is wrong with a name, its own opener says it better.
        return False


def _meet(target: Path, file: Path) -> bool:
    found = file.resolve()
    return found.samefile(target) or (_is_picture(found) and found.parent == target)


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and path.is_file()
