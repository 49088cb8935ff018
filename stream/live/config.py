"""Settings in a TOML file that is read again whenever it changes."""

import threading
import tomllib
from collections.abc import Callable
from pathlib import Path

from stream.errors import UsageError
from stream.live.look import Controls, Look

_EVERY = 0.5


def read_look(path: str, controls: Controls) -> Look:
    """Take over what the file says of the look: its keys are a Look's, at the top or in [look].

    Raises UsageError when it cannot be read or says what makes no sense; nothing changes then.
    """
    try:
        told = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not TOML: {error}") from error
    inner = told.pop("look", {})
    if not isinstance(inner, dict):
        raise UsageError(f"{path}: [look] is a table")
    try:
        return controls.change(**told, **inner)
    except (UsageError, TypeError) as error:
        raise UsageError(f"{path}: {error}") from error


class ConfigWatch:
    """Looks at the file in a thread of its own, and takes over what changed."""

    def __init__(self, path: str, controls: Controls, say: Callable[[str], None]) -> None:
        """Reads it once. say: told in a line what came of it. Raises UsageError as read_look."""
        self._path, self._controls, self._say = path, controls, say
        self._seen = self._stamp()
        read_look(path, controls)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="config", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.wait(_EVERY):
            stamp = self._stamp()
            if stamp is None or stamp == self._seen:
                continue
            self._seen = stamp
            try:
                read_look(self._path, self._controls)
            except UsageError as error:
                self._say(f"{error}; nothing was changed")
            else:
                self._say(f"{self._path}: read again")

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = Path(self._path).stat()
        except OSError:  # editors replace files: the next look finds the new one
            return None
        return found.st_mtime_ns, found.st_size
