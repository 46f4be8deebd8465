"""Draws docs/page.png, the picture of the page in the README, from the synthetic demo: `python -m docs.screenshot`.

It needs Chromium (CARDIODE_CHROMIUM, or `chromium` on the path).
"""

import os
import shutil
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from benchmarks.recordings import served

FILE = Path(__file__).parent / "page.png"
BROWSER = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync"]
VENTRICULAR = {"x": 582, "y": 300}


def main() -> None:
    """Open the demo, move on a little and click a ventricular beat."""
    chromium = os.environ.get("CARDIODE_CHROMIUM") or shutil.which("chromium")
    with served() as (client, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(str(client.base_url))
        page.click("#demo")
        expect(page.locator("#view")).to_be_visible(timeout=30_000)
        for _ in range(6):
            page.keyboard.press("ArrowRight")
        page.locator("#strip").click(position=VENTRICULAR)
        expect(page.locator("#beat")).to_contain_text("ventricular")
        expect(page.locator("#beat")).to_contain_text("The curve under the beat")
        page.evaluate("document.activeElement.blur()")
        page.wait_for_timeout(500)
        page.screenshot(path=FILE)
        browser.close()


if __name__ == "__main__":
    main()
