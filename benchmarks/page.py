"""The page: does a day of signal feel light?

`python -m benchmarks.page` opens the page in headless Chromium (CARDIODE_CHROMIUM, or `chromium` on the path) and
gives it a day joined from all recordings of mitdb. It reports how long after the answer the strip is painted, and how
many frames a second it shows while it is panned, at several scales.
"""

import itertools
import os
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from benchmarks import explain
from benchmarks.recordings import join, served
from training.data.databases import data_folder, ensure_downloaded

MINUTES = 1_000 * 60
SECONDS = 4
BROWSER = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync"]

SCALES = {
    "at 25 mm a second": ["zoom-paper"],
    "at a tenth of that": ["zoom-out"] * 5,
    "with most of the day in view": ["zoom-all", "zoom-in"],
}
"""What is clicked to come to each, from the one before."""

PAN = """async (milliseconds) => {
  const strip = document.getElementById("strip");
  const times = [];
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    const direction = Math.floor(times.length / 100) % 2 ? -1 : 1;
    strip.dispatchEvent(new WheelEvent("wheel", { deltaX: 24 * direction, cancelable: true }));
    times.push(await new Promise(requestAnimationFrame));
  }
  return times;
}"""


def main() -> None:
    explain(__doc__)
    folder = ensure_downloaded(data_folder())
    chromium = os.environ.get("CARDIODE_CHROMIUM") or shutil.which("chromium")
    with tempfile.TemporaryDirectory() as place, served() as (client, _), sync_playwright() as playwright:
        day = join(folder, Path(place) / "day")
        browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER)
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(str(client.base_url))
        page.set_input_files("#files", [day.with_suffix(".hea"), day.with_suffix(".dat")])
        expect(page.locator("#view")).to_be_visible(timeout=5 * MINUTES)
        page.wait_for_timeout(2000)
        print(f"first paint of a day's strip: {painted(page):.2f} s after the answer")
        for name, clicks in SCALES.items():
            for button in clicks:
                page.click(f"#{button}")
            times = page.evaluate(PAN, 1000 * SECONDS)
            gaps = sorted(later - earlier for earlier, later in itertools.pairwise(times))
            rate = 1000 * len(gaps) / (times[-1] - times[0])
            print(f"panning {name}: {rate:.0f} frames a second; 95 of 100 within {gaps[int(0.95 * len(gaps))]:.0f} ms")
        browser.close()


def painted(page: Page) -> float:
    """Seconds from the end of the answer to the first whole picture."""
    marks = page.evaluate("['answered', 'painted'].map((name) => performance.getEntriesByName(name)[0].startTime)")
    return float(marks[1] - marks[0]) / 1000


if __name__ == "__main__":
    main()
