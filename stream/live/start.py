"""Puts a live session together from its settings, runs it, and takes it apart."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Timer

from models.clock import StageClock
from stream.collisions import check_paths
from stream.live.capture import Capture
from stream.live.compute import Compute
from stream.live.config import ConfigWatch
from stream.live.console import Console
from stream.live.governor import Governor, Step
from stream.live.keys import HELP, Keys, listening
from stream.live.look import Controls
from stream.live.memory import keep_memory
from stream.live.outbox import Outbox
from stream.live.outlets import Outlet, open_outlet
from stream.live.plan import Plan, plan_for
from stream.live.recorder import Recorder
from stream.live.rehearsal import is_first
from stream.live.session import Session
from stream.live.settings import LiveSettings
from stream.live.work import Opened, OpenMatting
from stream.preparing import PREPARING

BACKGROUNDS = Path.home() / ".local" / "share" / "hairline" / "backgrounds"
"""Where pictures and films to stand behind the subject are kept."""
_HEADROOM = 0.97
"""Share of a frame's time that computing may take: sending needs the rest."""


def run_live(settings: LiveSettings, stop: Event, console: Console) -> Session:
    """Run until `stop` is set, the operator quits, or the time asked for is over.

    Returns the session, for its figures. Raises SinkError, SourceError or UsageError with one line
    for the operator.
    """
    check_paths(settings)
    keep_memory()
    controls, say = Controls(settings.look), console.say
    with contextlib.ExitStack() as stack:
        if settings.config is not None:
            stack.callback(ConfigWatch(settings.config, controls, say).close)
        plan = plan_for(settings.camera, settings.size, settings.rate, settings.device)
        outlets = _outlets(settings, plan)
        session = open_session(settings, plan, outlets, controls)
        stack.callback(session.close)
        say(_told(plan, outlets))
        if is_first():
            say(PREPARING)
        console.watch(session.status)
        stack.enter_context(_timed(stop, settings.seconds))
        if settings.ui is not None:
            say(f"control page: {_serve(settings, session, controls, stack)}")
        stack.enter_context(listening(Keys(controls, stop.set, BACKGROUNDS), say))
        session.run(stop, say)
    for outlet in outlets:
        if isinstance(outlet, Recorder) and outlet.left_out:
            say(f"{outlet.name}: {outlet.left_out} pictures left out, the encoder had no time")
    return session


def _outlets(settings: LiveSettings, plan: Plan) -> list[Outlet]:
    """All that were asked for; none stays open when one cannot be opened."""
    opened: list[Outlet] = []
    try:
        opened.append(open_outlet(settings.to, *plan.size, float(plan.rate), settings.device))
        if settings.record is not None:
            opened.append(Recorder(settings.record, *plan.size, plan.rate, settings.overwrite))
    except BaseException:
        for outlet in opened:
            outlet.close()
        raise
    return opened


def open_session(
    settings: LiveSettings, plan: Plan, outlets: list[Outlet], controls: Controls
) -> Session:
    """A session that has begun to read its camera, and is not running yet; close it."""
    rate = float(plan.rate)
    governor = Governor(_HEADROOM / rate) if settings.quality == "auto" else None
    capture, outbox = Capture(plan.open, plan.size), Outbox()
    compute = Compute(capture, controls, outbox, governor, opener(settings), rate, settings.latency)
    return Session(capture, compute, outbox, outlets, controls, governor, rate, plan.name)


def opener(settings: LiveSettings) -> OpenMatting:
    """Opens the matting that `settings` ask for, in the thread that is to use it."""

    def opened(clock: StageClock) -> Opened:
        # Here, since kernels take a second to load and a slate can be shown meanwhile.
        from models.following import FollowingSegmenter
        from models.matting import Matting, open_matting
        from models.person_segmenter import PersonSegmenter
        from models.segmenter import open_segmenter
        from models.stepped_refiner import SteppedRefiner
        from models.temporal import TemporalSmoother

        if settings.quality != "auto":
            quality = settings.quality
            return open_matting(settings.segmenter, quality, None, clock, patient=False), _stay
        refiner = SteppedRefiner()
        looker = open_segmenter(settings.segmenter, "fast", patient=False)
        if isinstance(looker, PersonSegmenter):
            segmenter = FollowingSegmenter(looker, looker.glance, looker.glimpse, looker.set_detail)
        else:
            segmenter = FollowingSegmenter(looker)
        matting = Matting(segmenter, refiner, TemporalSmoother(), clock)

        def follow(step: Step) -> None:
            segmenter.every, segmenter.brief = step.beside, step.glances
            segmenter.detail = step.detail
            refiner.set_cost(step.pass2, step.tiles)

        return matting, follow

    return opened


def _stay(step: Step) -> None:
    """What one quality throughout makes of a step."""


def _told(plan: Plan, outlets: list[Outlet]) -> str:
    height, width = plan.size
    places = " and ".join(outlet.name for outlet in outlets)
    return f"{plan.name}, {width}x{height} at {float(plan.rate):.4g} fps, to {places}; {HELP}"


def _serve(
    settings: LiveSettings, session: Session, controls: Controls, stack: contextlib.ExitStack
) -> str:
    """Open the control page; returns its address. Raises UsageError when that cannot be done."""
    from stream.live.cameras import list_cameras, offered
    from stream.live.page import Page

    BACKGROUNDS.mkdir(parents=True, exist_ok=True)

    def choose(camera: str) -> None:
        session.go_over(plan_for(camera, session.size, None, settings.device))

    page = Page(
        settings.ui or 0, controls, session.preview, session.status,
        lambda: offered(list_cameras()), choose, BACKGROUNDS,
    )  # fmt: skip
    page.start()
    stack.callback(page.close)
    return page.url


@contextlib.contextmanager
def _timed(stop: Event, seconds: float | None) -> Iterator[None]:
    """Set `stop` after `seconds`; None for never."""
    if seconds is None:
        yield
        return
    timer = Timer(seconds, stop.set)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
