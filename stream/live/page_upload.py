"""Take a picture or film that the operator drops on the page, and keep it when it is sound."""

import asyncio
import re
import secrets
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path, PurePosixPath

from aiohttp import web

from stream.errors import SourceError, UsageError
from stream.live.page_folder import FILMS, INSIDE, PICTURES, Folder, entry_of
from stream.live.page_media import check_media

LIMIT = 64 * 2**20
"""Bytes of an upload."""
_CHUNK = 256 * 1024
_PATIENCE = 30.0
"""Seconds without a byte after which an upload is given up."""
_LONGEST = 60
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
"""Names that mean devices on Windows, whatever follows."""


class TooLargeError(UsageError):
    """The upload has more bytes than LIMIT."""


def limit() -> int:
    """Bytes that an upload may have."""
    return LIMIT


def safe_name(sent: str) -> str:
    """A plain file name made of whatever was sent, never a path.

    Raises UsageError when its suffix is none of PICTURES and FILMS.
    """
    name = PurePosixPath(unicodedata.normalize("NFKC", sent).replace("\\", "/")).name
    stem, dot, suffix = name.rpartition(".")
    suffix = dot + suffix.lower()
    if suffix not in PICTURES | FILMS:
        kinds = ", ".join(sorted(kind[1:] for kind in PICTURES | FILMS))
        raise UsageError(f"{name[:_LONGEST] or 'the file'}: must end in one of {kinds}")
    stem = re.sub(r"[^\w ().-]+", "_", stem)[:_LONGEST].strip(" .-") or "background"
    return ("_" if _DEVICES.fullmatch(stem) else "") + stem + suffix


class Uploads:
    """Writes under a hidden name first; only what was decoded gets its own."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._naming = threading.Lock()

    def routes(self) -> Sequence[web.RouteDef]:
        """What can be asked."""
        return [web.post("/backgrounds", self._upload)]

    async def _upload(self, request: web.Request) -> web.Response:
        """The file as the body, its name in the query."""
        try:
            path = await self._received(request, safe_name(request.query.get("name", "")))
        except TooLargeError as error:
            return web.json_response({"error": str(error)}, status=413)
        except (UsageError, SourceError) as error:
            return web.json_response({"error": str(error)}, status=400)
        except OSError as error:
            line = f"the file cannot be kept: {error.strerror or error}"
            return web.json_response({"error": line}, status=400)
        return web.json_response(asdict(entry_of(INSIDE + path.name, path)))

    async def _received(self, request: web.Request, name: str) -> Path:
        _check_bytes(name, request.content_length or 0)
        self._folder.path.mkdir(parents=True, exist_ok=True)
        suffix = PurePosixPath(name).suffix
        part = self._folder.path / f".upload-{secrets.token_hex(8)}{suffix}"
        try:
            await _write(request, part, name)
            await asyncio.to_thread(check_media, part, name)
            return self._named(part, name)
        finally:
            part.unlink(missing_ok=True)

    def _named(self, part: Path, name: str) -> Path:
        """Give it its name, or name-2, name-3, … where that is taken."""
        stem, _, suffix = name.rpartition(".")
        with self._naming:
            path, number = self._folder.path / name, 1
            while path.exists():
                number += 1
                path = self._folder.path / f"{stem}-{number}.{suffix}"
            return part.rename(path)


async def _write(request: web.Request, part: Path, name: str) -> None:
    received = 0
    with part.open("xb") as file:
        while True:
            try:
                chunk = await asyncio.wait_for(request.content.read(_CHUNK), _PATIENCE)
            except TimeoutError as error:
                raise UsageError(f"{name}: the upload came to a halt") from error
            if not chunk:
                break
            received += len(chunk)
            _check_bytes(name, received)
            await asyncio.to_thread(file.write, chunk)
    if not received:
        raise UsageError(f"{name}: the file is empty")


def _check_bytes(name: str, count: int) -> None:
    if count > limit():
        raise TooLargeError(f"{name}: is larger than {limit() / 2**20:g} MB")
