"""Two names for one file: refused before any work, for one would destroy the other."""

import glob
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from stream.backgrounds import is_made
from stream.errors import UsageError
from stream.formats import PIPE
from stream.image_source import SUFFIXES
from stream.live.settings import LiveSettings
from stream.settings import Settings

Names = dict[str, str | None]
"""What a file is, and its name; None where none was asked for."""


def check_paths(settings: Settings | LiveSettings) -> None:
    """See that no output of `settings` is another output or replaces an input.

    Links are followed; a folder is taken for the pictures in it. Raises UsageError naming the
    output and what it would destroy.
    """
    outputs = {what: name for what, name in _outputs(settings).items() if name is not None}
    if "" in outputs.values():
        raise UsageError("an output needs a name, it is empty")
    for what, out in outputs.items():
        if out == PIPE and what != "output":
            raise UsageError(
                f"--{what}-out: standard output takes no {what}; name a file or a folder"
            )
        for replaced, name in _local(_inputs(settings)):
            if out != PIPE and _replaces(Path(out), name):
                raise UsageError(f"{out}: would replace the {replaced}; choose another name")
    for (what, first), (other, second) in combinations(outputs.items(), 2):
        if first != PIPE and _overlap(Path(first).resolve(), Path(second).resolve()):
            raise UsageError(f"{second}: is the {what} too; give the {other} its own")


def _outputs(settings: Settings | LiveSettings) -> Names:
    if isinstance(settings, LiveSettings):
        return {"output": settings.record}
    return {
        "output": settings.out,
        "matte": settings.matte_out,
        "confidence": settings.confidence_out,
    }


def _inputs(settings: Settings | LiveSettings) -> Names:
    if isinstance(settings, LiveSettings):
        named: Names = {"camera": settings.camera, "settings file": settings.config}
        background: str | None = settings.look.background
    else:
        named = {"source": settings.source, "masks": settings.masks}
        background = settings.background
    is_file = background is not None and not is_made(background)
    return {**named, "background": background if is_file else None}


def _local(inputs: Names) -> Iterator[tuple[str, str]]:
    """(what it is, its path) of every input that is a local file, folder or pattern."""
    for what, name in inputs.items():
        local = name.removeprefix("file://") if name else PIPE
        if local != PIPE and "://" not in local:
            yield what, local


def _overlap(first: Path, second: Path) -> bool:
    """Whether two outputs are one, or one lies in the other's folder."""
    return first == second or first in second.parents or second in first.parents


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
