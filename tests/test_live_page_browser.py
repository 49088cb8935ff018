"""The control page in a real browser: clicks, keys and drops, and what is then in force."""

from pathlib import Path
from typing import Any

import pytest

from stream.errors import UsageError
from stream.live.look import Controls, Look
from tests.page_browser import PNG, Seen

playwright = pytest.importorskip(
    "playwright.sync_api", reason="needs playwright: pip install playwright"
)
expect = playwright.expect
pytest_plugins = ["tests.page_fixtures"]


@pytest.mark.parametrize(
    ("label", "key", "change"),
    [
        ("Softness", "ArrowRight", {"softness": 0.1}),
        ("Inward or outward", "ArrowLeft", {"shift": -0.1}),
        ("Light from the background", "End", {"wrap": 1}),
        ("Size", "Home", {"scale": 0.2}),
        ("Left or right", "ArrowRight", {"x": 0.01}),
        ("Up or down", "Home", {"y": -1}),
        ("Strength", "End", {"background": "blur:1.00"}),
    ],
)
def test_sliders_work_by_keyboard_and_go_back(
    seen: Seen, label: str, key: str, change: dict[str, Any]
) -> None:
    slider = seen.tab.get_by_role("slider", name=label, exact=True)
    slider.press(key)
    seen.is_in_force(**change)
    seen.tab.get_by_role("button", name=f"Reset: {label}").click()
    neutral = {**{name: getattr(Look(), name) for name in change}, "background": "blur"}
    if "background" in change:
        neutral["background"] = "blur:0.50"
    seen.is_in_force(**neutral)
    expect(slider).to_be_focused()


def test_switches_toggle_by_click_and_space(seen: Seen) -> None:
    for name, on, off in (
        ("Mirror", {"mirror": True}, {"mirror": False}),
        ("Send the matte", {"view": "matte"}, {"view": "picture"}),
    ):
        switch = seen.tab.get_by_role("switch", name=name)
        switch.click()
        seen.is_in_force(**on)
        expect(switch).to_be_checked()
        switch.press("Space")
        seen.is_in_force(**off)
        expect(switch).not_to_be_checked()


def test_keys_switch_privacy_matte_and_background(seen: Seen) -> None:
    press = seen.tab.keyboard.press
    press("p")
    seen.is_in_force(private=True)
    press("p")
    seen.is_in_force(private=False)
    press("m")
    seen.is_in_force(view="matte")
    press("b")
    seen.is_in_force(background="#3a4a5c")
    press("b")
    seen.is_in_force(background=str(seen.room.folder / "beach.png"))
    press("b")
    seen.is_in_force(background="blur:0.50")
    seen.tab.get_by_label("Keys").uncheck()
    press("p")
    seen.tab.get_by_role("switch", name="Mirror").click()
    seen.is_in_force(mirror=True, private=False)


def test_change_from_elsewhere_appears(seen: Seen) -> None:
    seen.room.controls.change(private=True, softness=4.0, background="#ff8800")
    expect(seen.tab.get_by_role("switch", name="Privacy")).to_be_checked()
    expect(seen.tab.get_by_label("Softness", exact=True)).to_have_value("4")
    expect(seen.tab.locator("#colour")).to_have_value("#ff8800")
    expect(seen.tab.get_by_role("radio", name="Colour")).to_be_checked()
    for background, strength in (("blur:0.9", "0.9"), ("blur", "0.5")):
        seen.room.controls.change(background=background)
        expect(seen.tab.locator("#set-blur")).to_have_value(strength)


def test_colour_and_fit_are_chosen(seen: Seen) -> None:
    seen.tab.get_by_role("radio", name="Colour").check()
    seen.tab.locator("#colour").fill("#112233")
    seen.is_in_force(background="#112233")
    seen.tab.get_by_role("radio", name="beach").check()
    seen.is_in_force(background=str(seen.room.folder / "beach.png"))
    seen.tab.get_by_role("radio", name="Whole").check()
    seen.is_in_force(fit="contain")


def test_upload_by_dialogue_and_by_drop(seen: Seen, tmp_path: Path) -> None:
    (tmp_path / "lake.png").write_bytes(PNG)
    seen.tab.get_by_label("Add a file").set_input_files(tmp_path / "lake.png")
    seen.is_in_force(background=str(seen.room.folder / "lake.png"))
    expect(seen.tab.get_by_role("radio", name="lake")).to_be_checked()
    drop = (
        "(card, data) => { const all = new DataTransfer();"
        "all.items.add(new File([new Uint8Array(data)], 'hill.png'));"
        "card.dispatchEvent(new DragEvent('drop', {dataTransfer: all, bubbles: true})); }"
    )
    seen.tab.locator("#backgrounds").evaluate(drop, list(PNG))
    seen.is_in_force(background=str(seen.room.folder / "hill.png"))
    expect(seen.tab.locator("#background-note")).to_have_text("hill was added.")


def test_unsound_upload_is_told_at_the_control(seen: Seen, tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("words")
    seen.tab.get_by_label("Add a file").set_input_files(tmp_path / "notes.png")
    note = seen.tab.locator("#background-note")
    expect(note).to_have_text("notes.png: is not the picture its name says")
    expect(seen.tab.get_by_role("radio", name="notes")).to_have_count(0)


def test_refused_change_is_told_at_the_control(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Controls, **changes: Any) -> Look:
        raise UsageError("not today")

    monkeypatch.setattr(Controls, "change", refuse)
    slider = seen.tab.get_by_label("Softness", exact=True)
    slider.press("End")
    expect(seen.tab.locator("#error-softness")).to_have_text("not today")
    expect(slider).to_have_value("0")
    seen.tab.get_by_role("switch", name="Privacy").click()
    expect(seen.tab.locator("#privacy-error")).to_have_text("not today")
    expect(seen.tab.get_by_role("switch", name="Privacy")).not_to_be_checked()


def test_camera_is_chosen(seen: Seen) -> None:
    expect(seen.tab.get_by_role("combobox", name="Camera")).to_have_value("/dev/video0")
    seen.tab.get_by_role("combobox", name="Camera").select_option("Desk")
    seen.until(lambda: seen.room.chosen == ["/dev/video2"])


def test_back_to_defaults(seen: Seen) -> None:
    seen.room.controls.change(softness=9.0, mirror=True, background="#ff8800")
    seen.tab.get_by_role("button", name="Back to defaults").click()
    seen.is_in_force(softness=0.0, mirror=False, background="blur")
