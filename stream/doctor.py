"""Tell what this machine can do, what is missing, and what to do about it."""

import importlib
import os
import platform
from collections.abc import Callable, Iterator

from stream.doctor_devices import cameras, virtual_cameras
from stream.doctor_machine import features, memory, model
from stream.findings import Finding, Status, report, works

__all__ = ["Finding", "examine", "report", "works"]

_SPARE = {"selfie_landscape"}
"""The weights that come along though no quality runs them."""
_EXTRAS = {
    "onnxruntime": ("onnx", "--segmenter PATH.onnx"),
    "matplotlib": ("bench", "bench --plot"),
    "aiohttp": ("ui", "live --ui"),
}
_DRAWING_LIBRARY = (
    "install the library it names (Debian, Ubuntu: apt install libgl1 libglib2.0-0; Fedora: "
    "dnf install mesa-libGL glib2), or pip install opencv-python-headless in its place"
)
_FORMATS_HINT = "pip install --force-reinstall av, whose wheels hold this encoder"


def examine() -> list[Finding]:
    """Look at everything; never raises, whatever is missing or broken.

    A check that fails in a way nobody foresaw becomes a warning of its own.
    """
    findings: list[Finding] = []
    for check in _CHECKS:
        try:
            findings += check()
        except Exception as error:  # a doctor must not fall ill
            name = check.__name__.strip("_").replace("_", " ")
            text = f"could not be examined: {type(error).__name__}: {error}"
            findings.append(Finding(name, "warn", text))
    return findings


def _machine() -> Iterator[Finding]:
    found = features()
    yield Finding("processor", "ok", f"{model()}, {os.cpu_count()} logical cores, {_usable()}")
    if found is None:
        yield Finding("instructions", "warn", "unknown on this system")
    else:
        fast = "avx2" in found or "neon" in found or "asimd" in found
        hint = "" if fast else "no AVX2: expect a fraction of the usual speed"
        yield Finding("instructions", "ok" if fast else "warn", ", ".join(found) or "none", hint)
    total, free = memory()
    if total is not None:
        text = f"{total / 2**30:.1f} GiB" + (f", {free / 2**30:.1f} GiB free" if free else "")
        yield Finding("memory", "ok" if total > 2 * 2**30 else "warn", text)


def _usable() -> str:
    affinity = getattr(os, "sched_getaffinity", None)
    return f"{len(affinity(0))} usable" if affinity else "all usable"


def _python() -> Iterator[Finding]:
    yield Finding("python", "ok", f"{platform.python_version()} on {platform.platform()}")


def _torch() -> Iterator[Finding]:
    try:
        torch = importlib.import_module("torch")
    except Exception as error:
        yield _absent("torch", error, "pip install torch")
        return
    cuda = torch.cuda.is_available()
    where = torch.cuda.get_device_name(0) if cuda else "no CUDA device, runs on the processor"
    text = f"{torch.__version__}, {torch.get_num_threads()} threads, {where}"
    yield Finding("torch", "ok", text)


def _numba() -> Iterator[Finding]:
    try:
        numba = importlib.import_module("numba")
        numpy = importlib.import_module("numpy")
    except Exception as error:
        yield _absent("numba", error, "pip install numba numpy")
        return

    @numba.njit(parallel=True)
    def _count(out):  # type: ignore[no-untyped-def]
        for place in numba.prange(out.size):
            out[place] = place

    _count(numpy.zeros(64))
    text = f"{numba.__version__}, threading layer {numba.threading_layer()}"
    yield Finding("numba", "ok", f"{text}, {numba.get_num_threads()} threads")


def _opencv() -> Iterator[Finding]:
    try:
        cv2 = importlib.import_module("cv2")
    except Exception as error:
        is_library = ".so" in str(error)
        hint = _DRAWING_LIBRARY if is_library else "pip install opencv-python"
        yield _absent("opencv", error, hint)
        return
    yield Finding("opencv", "ok", f"{cv2.__version__}, {cv2.getNumThreads()} threads")


def _codecs() -> Iterator[Finding]:
    try:
        av = importlib.import_module("av")
    except Exception as error:
        yield _absent("PyAV", error, "pip install av")
        return
    versions = av.library_versions
    text = f"libavcodec {'.'.join(map(str, versions.get('libavcodec', ())))}"
    yield Finding("PyAV", "ok", f"{av.__version__}, {text}")
    formats = importlib.import_module("stream.formats").FORMATS
    for name, format_ in formats.items():
        names = [encoder.name for encoder in format_.encoders]
        yield _encoder(name, names, av.codecs_available)


def _encoder(name: str, wanted: list[str], available: set[str]) -> Finding:
    found = [encoder for encoder in wanted if encoder in available]
    if found:
        return Finding(f"format {name}", "ok", f"encoder {found[0]}")
    return Finding(f"format {name}", "warn", f"no encoder {' or '.join(wanted)}", _FORMATS_HINT)


def _weights() -> Iterator[Finding]:
    weights = importlib.import_module("models.weights")
    try:
        names = weights.listed()
    except weights.WeightsError as error:
        detail, _, hint = str(error).rpartition(": ")
        yield Finding("weights", "missing", detail, hint)
        return
    for name in names:
        try:
            tensors = weights.load_weights(name)
        except weights.WeightsError as error:
            detail, _, hint = str(error).rpartition(": ")
            status: Status = "warn" if name in _SPARE else "missing"
            yield Finding(f"weights {name}", status, detail, hint)
        else:
            yield Finding(f"weights {name}", "ok", f"{len(tensors)} tensors, checksum right")


def _extras() -> Iterator[Finding]:
    for name, (extra, purpose) in _EXTRAS.items():
        try:
            version = getattr(importlib.import_module(name), "__version__", "installed")
        except Exception:
            hint = f'for {purpose}: pip install ".[{extra}]"'
            yield Finding(f"extra {name}", "warn", "not installed", hint)
        else:
            yield Finding(f"extra {name}", "ok", str(version))


def _absent(name: str, error: Exception, hint: str) -> Finding:
    return Finding(name, "missing", f"cannot be imported: {error}", hint)


_CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    _machine, _python, _torch, _numba, _opencv, _codecs, _weights, _extras, cameras,
    virtual_cameras,
)  # fmt: skip
