"""The page in a real browser: Chromium, headless, driven by Playwright.

Skipped where there is none; `CARDIODE_CHROMIUM` says where it is, else `chromium` on the path. With `CI` set, that
there is none is a failure.
"""

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import threading
from datetime import datetime, timedelta

import pytest
import wfdb
from playwright.sync_api import expect, sync_playwright

from app.keys import file as keys
from ecg.synthetic import synthesize

CHROMIUM = os.environ.get("CARDIODE_CHROMIUM") or shutil.which("chromium")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync"]

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and "CI" not in os.environ,
    reason="no chromium: install it, or say where it is in CARDIODE_CHROMIUM",
)

MADE = synthesize(120, fs=250.0, ectopic={"V": 0.4}, leads=("MLII", "V1"), seed=9)


@pytest.fixture(scope="module")
def address():
    """A service with the released models, in a process of its own."""
    with served() as address:
        yield address


@contextlib.contextmanager
def served(**settings):
    environment = os.environ | {"CARDIODE_PORT": "0"} | settings
    process = subprocess.Popen([sys.executable, "-m", "app"], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        found = next(filter(None, (re.search(r"on (http://[0-9.:]+)", line) for line in process.stderr)))
        reader = threading.Thread(target=process.stderr.read)  # else a full pipe would stop the process
        reader.start()
        yield found[1]
    finally:
        process.terminate()
        process.wait()
        reader.join()
        process.stderr.close()


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, address):
    """The page, which must ask no other host, make no error of its own and do nothing that its policy forbids."""
    with visited(browser, address) as page:
        yield page


@contextlib.contextmanager
def visited(browser, address, path="/"):
    context = browser.new_context(viewport={"width": 1300, "height": 850}, accept_downloads=True)
    page = context.new_page()
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda told: errors.append(told.text) if "Content Security Policy" in told.text else None)
    page.goto(f"{address}{path}")
    yield page
    context.close()
    assert errors == []
    assert [url for url in asked if not url.startswith((address, "data:", f"blob:{address}"))] == []


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dropped")
    signals = MADE.signals.T.astype(float)
    wfdb.wrsamp("made", 250, ["mV"] * 2, list(MADE.leads), signals, fmt=["16"] * 2, write_dir=str(folder))
    return [folder / "made.hea", folder / "made.dat"]


@pytest.fixture
def opened(page, files):
    page.set_input_files("#files", files)
    expect(page.locator("#view")).to_be_visible(timeout=30_000)
    return page


DROP = """async ([names, contents]) => {
  const transfer = new DataTransfer();
  names.forEach((name, place) => transfer.items.add(new File([Uint8Array.from(contents[place])], name)));
  const event = new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true });
  document.getElementById("drop").dispatchEvent(event);
}"""


def test_files_that_are_dropped_are_shown_with_their_summary(page, files):
    page.evaluate(DROP, [[file.name for file in files], [list(file.read_bytes()) for file in files]])
    expect(page.locator("#name")).to_have_text("made", timeout=30_000)
    expect(page.locator("#facts")).to_contain_text("0:02:00 at 250 Hz, leads MLII, V1")
    expect(page.locator("#summary")).to_contain_text("ventricular ectopic")
    expect(page.locator("#summary")).to_contain_text(re.compile(r"Heart rate\s*\d\d a minute"))
    expect(page.get_by_text("No medical device")).to_be_visible()


def test_the_demo_works_without_any_file(page):
    page.click("#demo")
    expect(page.locator("#name")).to_have_text("demo", timeout=30_000)
    expect(page.locator("#events li")).not_to_have_count(0)


def picture(page):
    return page.locator("#strip").evaluate("(canvas) => canvas.toDataURL()")


def test_the_strip_moves_and_zooms_by_key_wheel_and_drag(opened):
    strip, position = opened.locator("#strip"), opened.locator("#position")
    expect(position).to_contain_text("0:00:00.0")
    seen = [position.inner_text()]

    def moved(action):
        before = picture(opened)
        action()
        expect(position).not_to_have_text(seen[-1])
        seen.append(position.inner_text())
        opened.wait_for_timeout(200)
        assert picture(opened) != before

    strip.focus()
    moved(lambda: opened.keyboard.press("Shift+ArrowRight"))
    moved(lambda: opened.keyboard.press("+"))
    moved(lambda: (strip.hover(), opened.mouse.wheel(300, 0)))

    def drag():
        box = strip.bounding_box()
        opened.mouse.move(box["x"] + 400, box["y"] + 200)
        opened.mouse.down()
        opened.mouse.move(box["x"] + 200, box["y"] + 200, steps=5)
        opened.mouse.up()

    moved(drag)
    moved(lambda: opened.keyboard.press("a"))
    assert position.inner_text().endswith("0:02:00.0")


def test_the_overview_goes_where_it_is_clicked(opened):
    box = opened.locator("#overview").bounding_box()
    opened.locator("#overview").click(position={"x": box["width"] / 2, "y": 30})
    expect(opened.locator("#position")).to_contain_text("0:00:5")


def test_a_beat_that_is_clicked_tells_its_probabilities_and_its_receipt(opened):
    opened.keyboard.press(".")
    expect(opened.locator("#beat")).to_contain_text("Receipt")
    first = opened.locator("#beat").inner_text()
    assert "Evaluations" in first and "heun_euler" in first
    box = opened.locator("#strip").bounding_box()
    seconds = MADE.beat_annotations().samples[2] / 250
    opened.locator("#strip").click(position={"x": seconds * 25 * 96 / 25.4, "y": box["height"] / 2})
    expect(opened.locator("#beat")).to_contain_text(f"at 0:00:0{int(seconds)}.")


def test_a_beat_that_is_clicked_is_explained_in_words_and_by_a_curve_under_it(opened):
    opened.route("**/explanation", lambda route: None)  # held back, to see the strip without it
    opened.keyboard.press(".")
    expect(opened.locator("#beat")).to_contain_text("Receipt")
    opened.wait_for_timeout(300)
    before = picture(opened)
    opened.unroute("**/explanation")
    opened.keyboard.press(".")
    opened.keyboard.press(",")
    expect(opened.locator("#beat")).to_contain_text("The curve under the beat tells why")
    expect(opened.locator("#beat")).to_contain_text(re.compile(r"The odds of \w without"))
    expect(opened.locator("#beat caption").first).to_be_visible()
    opened.wait_for_timeout(300)
    assert picture(opened) != before
    opened.select_option("#model", "resnet")
    expect(opened.locator("#beat")).not_to_contain_text("the rhythm", timeout=30_000)
    expect(opened.locator("#beat")).to_contain_text("The curve under the beat tells why")


def test_events_are_gone_through_by_key_and_by_click(opened):
    count = opened.locator("#events button").count()
    assert count > 2
    opened.keyboard.press("n")
    expect(opened.locator("#events [aria-current=true]")).to_have_count(1)
    opened.locator("#events button").nth(count - 1).click()
    expect(opened.locator("#events button").nth(count - 1)).to_have_attribute("aria-current", "true")
    opened.select_option("#event-kind", index=1)
    assert opened.locator("#events button").count() <= count


def test_the_dial_shows_what_a_tolerance_costs(opened):
    def turned():
        result = opened.locator("#dial-result")
        expect(result).to_contain_text("Labels changed", timeout=30_000)
        return float(re.match(r"([\d.]+) evaluations a beat", result.inner_text())[1])

    opened.focus("#tolerance")
    opened.keyboard.press("Home")
    expect(opened.locator("#tolerance-value")).to_have_text("0.000001")
    tight = turned()
    opened.evaluate("document.getElementById('dial-result').textContent = ''")
    opened.keyboard.press("End")
    expect(opened.locator("#tolerance-value")).to_have_text("auto")
    assert turned() < tight
    opened.select_option("#model", "resnet")
    expect(opened.locator("#tolerance-label")).to_be_hidden()


def downloaded(page, button):
    with page.expect_download() as download:
        page.click(button)
    return download.value


def test_exports_are_what_the_service_writes(opened, tmp_path):
    rows = downloaded(opened, "#export-csv")
    assert rows.suggested_filename == "made.csv"
    lines = rows.path().read_text().splitlines()
    annotation = downloaded(opened, "#export-wfdb")
    (tmp_path / "made.cde").write_bytes(annotation.path().read_bytes())
    assert len(wfdb.rdann(str(tmp_path / "made"), "cde").sample) == len(lines) - 1
    assert downloaded(opened, "#export-png").path().read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_the_report_has_two_pages(opened):
    opened.evaluate("window.print = () => { window.printed = true }")
    opened.click("#report-button")
    expect(opened.locator("#report .sheet")).to_have_count(2)
    opened.wait_for_timeout(300)
    pages = io.BytesIO(opened.pdf(prefer_css_page_size=True)).getvalue()
    assert re.search(rb"/Type\s*/Pages.*?/Count 2\b|/Count 2\b.*?/Type\s*/Pages", pages, re.DOTALL)
    assert opened.locator("#report img").count() >= 2


@pytest.fixture
def dated(page, tmp_path):
    """A recording in volts, which nobody says, and which begins just before midnight."""
    begun = datetime(2024, 3, 5, 23, 59, 20)
    rows = (
        f"{(begun + timedelta(seconds=n / 250)).isoformat(timespec='milliseconds')},{value / 1000:.7f},72\n"
        for n, value in enumerate(MADE.signals[0].tolist())
    )
    (tmp_path / "dated.csv").write_text("Time,ECG,HR\n" + "".join(rows))
    page.set_input_files("#files", tmp_path / "dated.csv")
    expect(page.locator("#view")).to_be_visible(timeout=30_000)
    return page


def test_how_a_file_was_read_and_what_was_warned_of_is_shown(dated):
    expect(dated.locator("#warned")).to_contain_text("its values look like V")
    dated.click("#reading summary")
    expect(dated.locator("#reading-table")).to_contain_text("column 2, in V, by its values")
    expect(dated.locator("#reading-table")).to_contain_text("left out: its name is not that of a lead")


def test_what_was_read_without_a_doubt_is_not_warned_of(opened):
    expect(opened.locator("#warned")).to_be_hidden()


def test_times_are_those_of_the_day_where_it_is_known_when_a_recording_began(dated):
    expect(dated.locator("#facts")).to_contain_text("begun 2024-03-05 at 23:59:20")
    expect(dated.locator("#position")).to_contain_text(re.compile(r"^23:59:20\.0 . 23:59:\d\d\.\d$"))
    expect(dated.locator("#events")).to_contain_text(re.compile(r"day 2, 00:0\d:\d\d"))


@pytest.mark.parametrize(
    ("seconds", "digits", "written"),
    [
        (59.97, 0, "0:01:00"),
        (59.97, 1, "0:01:00.0"),
        (539.996, 2, "0:09:00.00"),
        (3599.6, 0, "1:00:00"),
        (8.94, 1, "0:00:08.9"),
        (-1, 0, "0:00:00"),
    ],
)
def test_a_time_is_rounded_before_it_is_parted(page, seconds, digits, written):
    clock = "([seconds, digits]) => import('./page/text.js').then((text) => text.clock(seconds, digits))"
    assert page.evaluate(clock, [seconds, digits]) == written


def test_a_bad_file_is_told_in_words(page, tmp_path):
    (tmp_path / "bad.edf").write_text("this is no EDF")
    page.set_input_files("#files", tmp_path / "bad.edf")
    expect(page.get_by_role("alert")).to_contain_text("bad.edf does not begin as an EDF file does", timeout=30_000)
    expect(page.locator("#welcome")).to_be_visible()


def test_what_could_not_be_judged_is_shaded_and_listed(page, tmp_path):
    made = synthesize(120, fs=250.0, seed=3)
    made.signals[:, 40 * 250 : 55 * 250] = 0.1
    rows = (f"{n / 250:.3f},{value:.4f}\n" for n, value in enumerate(made.signals[0].tolist()))
    (tmp_path / "flat.csv").write_text("time (s),II (mV)\n" + "".join(rows))
    page.set_input_files("#files", tmp_path / "flat.csv")
    expect(page.locator("#events")).to_contain_text(
        re.compile(r"1\d\.\d s not judged: no beats.*0:00:4\d"), timeout=30_000
    )

    def shade_at(share):
        """The alpha of the overview there, between its curve and the lanes of beats."""
        script = """share => { const canvas = document.getElementById("overview");
            const x = Math.floor(share * canvas.width), y = Math.floor(0.35 * canvas.height);
            return canvas.getContext("2d").getImageData(x, y, 1, 1).data[3]; }"""
        return page.evaluate(script, share)

    page.wait_for_timeout(300)
    assert shade_at(48 / 120) > shade_at(90 / 120)


def test_a_recording_without_beats_says_why(page, tmp_path):
    (tmp_path / "flat.csv").write_text("time,II\n" + "".join(f"{n / 100},0\n" for n in range(3000)))
    page.set_input_files("#files", tmp_path / "flat.csv")
    expect(page.get_by_role("alert")).to_contain_text("No beats: the lead is flat", timeout=30_000)


def test_a_recording_that_is_closed_is_forgotten(opened):
    opened.click("#close")
    expect(opened.locator("#welcome")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_in_light_and_dark(browser, address, files, scheme):
    context = browser.new_context(viewport={"width": 390, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    page.set_input_files("#files", files)
    expect(page.locator("#view")).to_be_visible(timeout=30_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    light = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(251, 250, 249)"
    assert light == (scheme == "light")
    context.close()


CONTRAST = """() => {
  const light = (colour) => {
    const context = new OffscreenCanvas(1, 1).getContext("2d");
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const style = getComputedStyle(document.documentElement);
  const value = (name) => light(style.getPropertyValue(`--${name}`).trim());
  const ratio = (a, b) => (Math.max(value(a), value(b)) + 0.05) / (Math.min(value(a), value(b)) + 0.05);
  const marks = ["N", "S", "V", "F", "Q", "none"].map((label) => ratio(label, "mark-ink"));
  const others = [["ink", "page"], ["quiet", "page"], ["quiet", "card"], ["signal", "paper"]];
  return Math.min(...marks, ...others.map((pair) => ratio(...pair)));
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_the_contrast_that_wcag_asks_for(browser, address, scheme):
    """WCAG 2.2, success criterion 1.4.3: at least 4.5 to 1."""
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    assert page.evaluate(CONTRAST) >= 4.5
    context.close()


def test_the_interface_is_described_and_can_be_tried_under_its_policy(browser, address):
    with visited(browser, address, "/docs") as page:
        operation = page.locator(".opblock", has=page.locator('[data-path="/health/live"]'))
        operation.locator(".opblock-summary-control").click()
        operation.get_by_role("button", name="Try it out").click()
        operation.get_by_role("button", name="Execute").click()
        expect(operation.locator(".live-responses-table")).to_contain_text('"status": "live"')


def test_the_page_asks_for_a_key_where_the_service_does_and_keeps_it_in_memory_alone(browser, files, tmp_path):
    secret = keys.add(tmp_path / "keys.jsonl", "ward")
    with (
        served(CARDIODE_API_KEYS_FILE=str(tmp_path / "keys.jsonl"), CARDIODE_MODELS="resnet") as address,
        visited(browser, address) as page,
    ):
        field = page.get_by_role("textbox", name="API key")
        field.fill("wrong")
        page.get_by_role("button", name="Use it").click()
        expect(page.get_by_text("That key is not known here.")).to_be_visible()
        expect(field).to_have_value("")
        field.fill(secret)
        page.get_by_role("button", name="Use it").click()
        expect(page.locator("#key-box")).to_be_hidden()
        expect(page.locator("#model option")).to_have_count(1)
        page.set_input_files("#files", files)
        expect(page.locator("#name")).to_have_text("made", timeout=30_000)
        expect(page.locator("#summary")).to_contain_text("Heart rate")
        assert downloaded(page, "#export-csv").path().read_text().startswith("sample,")
        assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
        page.reload()
        expect(field).to_be_visible()


def test_who_gives_no_key_is_told_that_one_is_missing(browser, tmp_path):
    (tmp_path / "keys.jsonl").touch()
    with (
        served(CARDIODE_API_KEYS_FILE=str(tmp_path / "keys.jsonl"), CARDIODE_MODELS="resnet") as address,
        visited(browser, address) as page,
    ):
        expect(page.get_by_role("textbox", name="API key")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#problem")).to_contain_text("expected a known API key")
