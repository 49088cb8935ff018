"""The control page in a real browser: what it shows, and how it stands."""

import pytest

from tests.page_browser import Seen
from tests.page_room import CAMERA, SENT, SLATE, origin

playwright = pytest.importorskip(
    "playwright.sync_api", reason="needs playwright: pip install playwright"
)
expect = playwright.expect
pytest_plugins = ["tests.page_fixtures"]


def test_token_leaves_the_address(seen: Seen) -> None:
    assert seen.tab.url == f"{origin(seen.page)}/"


def test_result_matte_and_comparison_are_shown(seen: Seen) -> None:
    seen.shows("#after", SENT)
    expect(seen.tab.locator("#veil")).to_be_hidden()
    expect(seen.tab.locator("#before")).to_be_hidden()
    seen.tab.get_by_role("radio", name="Matte").check()
    seen.shows("#after", (255, 255, 255))
    seen.tab.get_by_role("radio", name="Compare").check()
    seen.shows("#after", SENT)
    seen.shows("#before", CAMERA)


def test_comparison_is_moved_by_mouse_and_keyboard(seen: Seen) -> None:
    seen.tab.get_by_role("radio", name="Compare").check()
    split = seen.tab.get_by_label("How much of the camera's picture to show")
    expect(split).to_be_visible()
    box = seen.tab.locator("#stage").bounding_box()
    seen.tab.mouse.click(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    expect(split).to_have_value("25")
    split.press("ArrowRight")
    expect(split).to_have_value("26")
    assert "26%" in seen.tab.locator("#stage").get_attribute("style")


def test_privacy_shows_the_slate_and_hides_the_camera(seen: Seen) -> None:
    seen.tab.get_by_role("radio", name="Compare").check()
    seen.shows("#before", CAMERA)
    privacy = seen.tab.get_by_role("switch", name="Privacy")
    privacy.click()
    seen.is_in_force(private=True)
    expect(privacy).to_be_checked()
    expect(seen.tab.locator("#state")).to_have_text("Private")
    seen.shows("#after", SLATE)
    expect(seen.tab.locator("#before")).to_be_hidden()
    seen.tab.get_by_role("radio", name="Matte").check()
    expect(seen.tab.locator("#veil")).to_have_text("No matte while the slate is shown")


def test_status_is_shown(seen: Seen) -> None:
    for name, text in (("state", "Live"), ("latency", "40 ms"), ("dropped", "3"), ("late", "2")):
        expect(seen.tab.locator(f"#{name}")).to_have_text(text)
    expect(seen.tab.locator("#stages li")).to_have_text(["segment9.0 ms", "refine14.0 ms"])


def test_hidden_tab_asks_for_no_pictures(seen: Seen) -> None:
    seen.shows("#after", SENT)
    seen.tab.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    seen.until(lambda: not seen.room.preview.wanted)
    seen.tab.evaluate(
        "delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))"
    )
    seen.until(lambda: seen.room.preview.wanted)


def test_lost_program_is_told_and_found_again(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    token = seen.page.url.partition("=")[2]
    port = int(origin(seen.page).rpartition(":")[2])
    seen.page.close()
    lost = seen.tab.get_by_role("alert").filter(has_text="The connection is lost")
    expect(lost).to_be_visible()
    expect(seen.tab.locator("#state")).to_have_text("Not connected")
    seen.tab.get_by_role("switch", name="Privacy").click()
    expect(seen.tab.locator("#privacy-error")).to_contain_text("does not answer")
    other = seen.room.page(port)
    other.start()
    expect(seen.tab.locator("#lost")).to_contain_text("open the address that it printed")
    other.close()
    monkeypatch.setattr("secrets.token_urlsafe", lambda size: token)
    again = seen.room.page(port)
    again.start()
    expect(seen.tab.locator("#lost")).to_be_hidden()
    seen.tab.keyboard.press("p")
    seen.is_in_force(private=True)
    again.close()


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_nothing_sticks_out_and_nothing_is_nameless(seen: Seen, width: int) -> None:
    seen.tab.set_viewport_size({"width": width, "height": 740})
    assert seen.tab.evaluate("document.documentElement.scrollWidth") <= width
    nameless = (
        "[...document.querySelectorAll('button, input, select')].filter(e => !(e.textContent.trim()"
        " || e.ariaLabel || [...(e.labels ?? [])].some(l => l.textContent.trim())))"
        ".map(e => e.outerHTML)"
    )
    assert seen.tab.evaluate(nameless) == []


def test_nothing_moves_when_the_background_changes(seen: Seen) -> None:
    before = seen.tab.locator("#set-softness").bounding_box()
    for name in ("Colour", "beach", "Blur"):
        seen.tab.get_by_role("radio", name=name).check()
        assert seen.tab.locator("#set-softness").bounding_box() == before


def test_every_control_is_reached_by_tab_and_shows_it(seen: Seen) -> None:
    wanted = {"privacy", "set-softness", "set-mirror", "camera", "file", "defaults", "shortcuts"}
    outline = "document.activeElement.matches(':focus-visible') && document.activeElement.id"
    reached = set()
    for _ in range(60):
        seen.tab.keyboard.press("Tab")
        reached.add(seen.tab.evaluate(outline))
    assert wanted <= reached
