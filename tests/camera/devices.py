"""What the camera machine's tests share: its devices, other programs that use them, other users."""

import contextlib
import os
import pickle
import pwd
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

INSIDE = os.environ.get("CAMERA_VM") == "1"
VIVID = os.environ.get("CAMERA_VM_VIVID", "")
VIRTUAL = os.environ.get("CAMERA_VM_VIRTUAL", "")
CAMERA = os.environ.get("CAMERA_VM_CAMERA", "")
MODULES = Path(os.environ.get("CAMERA_VM_MODULES", ""))
IS_FED = CAMERA != VIVID
"""Whether the machine plays a clip into a camera; its module must not be unloaded then."""
_WRITE = """
import sys, time, threading, numpy, pyvirtualcam
camera = pyvirtualcam.Camera(640, 480, 30, device=sys.argv[1])
done = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), done.set())).start()
picture = numpy.full((480, 640, 3), 90, numpy.uint8)
for number in range(10**6):
    camera.send(picture)
    if number == 2:
        print("writing", flush=True)
    if done.wait(0.03):
        break
camera.close()
"""
_READ = """
import sys, av
container = av.open(sys.argv[1], format="v4l2", options={"video_size": "640x480"})
frames = container.decode(video=0)
next(frames)
print("reading", flush=True)
sys.stdin.read()
container.close()
"""
Answer = TypeVar("Answer")


@contextlib.contextmanager
def _program(code: str, device: str) -> Iterator[int]:
    words = [sys.executable, "-c", code, device]
    program = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert program.stdin is not None
    assert program.stdout is not None
    try:
        assert program.stdout.readline(), "the other program could not use the device"
        yield program.pid
    finally:
        program.stdin.close()
        program.wait(20)
        program.stdout.close()


def writing(device: str) -> contextlib.AbstractContextManager[int]:
    """Another program, by its process number, that writes pictures to `device` for so long."""
    return _program(_WRITE, device)


def reading(device: str) -> contextlib.AbstractContextManager[int]:
    """Another program that reads the camera `device` for so long."""
    return _program(_READ, device)


def as_nobody(work: Callable[[], Answer]) -> Answer:
    """What `work` returns to a user without rights, with the groups it has when it logs in now."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            user = pwd.getpwnam("nobody")
            os.initgroups("nobody", user.pw_gid)
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            os.write(write, pickle.dumps(work()))
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return pickle.loads(answer)  # type: ignore[no-any-return]


def do(cure: str) -> None:
    """Carry out what a hint says, as root, who needs no sudo."""
    words = ["bash", "-c", cure.replace("sudo ", "")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{cure}: {done.stderr}"
