"""The page in a real browser (Debian's chromium, headless): drawn, quiet, and of use to hands and eyes.

Skipped, saying so, where there is no chromium with its driver.
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import HOSTILE

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

pytestmark = [
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER),
        reason="no chromium and chromedriver here: apt-get install chromium chromium-driver",
    ),
    pytest.mark.timeout(600),
]

WIDE, NARROW = 1280, 360
"""Pixels."""
PAPER = 794
"""Pixels across a sheet of A4."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.set_script_timeout(120)
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def address(page: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(page, encoding="utf-8")
    return path.as_uri()


def look(browser, address: str, *, width: int = WIDE, scheme: str = "light", media: str = "screen") -> None:
    """Open the page in a window of that width, under that theme and medium."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
    browser.get("about:blank")
    browser.get(address)


def shown_names(browser) -> list[str]:
    """The first words of the rows of the table of designs that can be seen, in their order."""
    return browser.execute_script(
        "return [...document.querySelectorAll('#candidates-table tbody tr')]"
        ".filter(row => !row.hidden).map(row => row.cells[1].textContent.trim())"
    )


def values(browser, column: int) -> list[float]:
    found = browser.execute_script(
        "return [...document.querySelectorAll('#candidates-table tbody tr')]"
        f".map(row => row.cells[{column}].dataset.value)"
    )
    return [float(value) for value in found if value]


@pytest.mark.slow
def test_no_complaint_and_nothing_planted(browser, address) -> None:
    look(browser, address)
    assert [entry["message"] for entry in browser.get_log("browser")] == []
    assert browser.title == "trial · masdesign report"
    assert browser.execute_script("return document.images.length") == 0
    assert browser.execute_script("return document.scripts.length") == 1
    assert HOSTILE.split("$")[0] in browser.execute_script("return document.body.textContent")


def test_the_policy_is_in_force(browser, address) -> None:
    look(browser, address)
    browser.execute_script(
        "const s = document.createElement('script'); s.textContent = 'document.title = 1';"
        "document.body.append(s)"
    )
    assert browser.title == "trial · masdesign report"
    refused = [entry["message"] for entry in browser.get_log("browser")]
    assert any("Content Security Policy" in message for message in refused)


def test_nothing_is_loaded(browser, address) -> None:
    look(browser, address)
    loaded = browser.execute_script("return performance.getEntriesByType('resource').map(e => e.name)")
    assert [name for name in loaded if not name.startswith("data:")] == []


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_figure_is_drawn_and_the_page_never_scrolls_sideways(browser, address, width, scheme) -> None:
    look(browser, address, width=width, scheme=scheme)
    figures = browser.execute_script(
        "return [...document.querySelectorAll('svg.figure')].map(f => "
        "[f.id, f.getBoundingClientRect().width, f.getBoundingClientRect().height,"
        " f.querySelectorAll('path, use').length, f.getBBox().width])"
    )
    assert {name for name, *_ in figures} == {
        f"{name}-figure" for name in ("forest", "test", "frontier", "progress", "workflow", "lineage")
    }
    assert all(box[0] > 80 and box[1] > 60 and box[2] > 2 and box[3] > 50 for _, *box in figures)
    scrolled, inner = browser.execute_script(
        "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert scrolled <= inner


def contrast(browser, selector: str, paint: str) -> float:
    """Of an element's paint against the page (WCAG 2.2's ratio, 1 to 21)."""
    return browser.execute_script(
        "const light = c => c.match(/\\d+/g).slice(0, 3).map(Number).map(v => v / 255)"
        ".map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)"
        ".reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);"
        "const of = (e, p) => light(getComputedStyle(e)[p]);"
        "const [a, b] = [of(document.querySelector(arguments[0]), arguments[1]),"
        " of(document.body, 'backgroundColor')].sort((x, y) => y - x);"
        "return (a + 0.05) / (b + 0.05)",
        selector,
        paint,
    )


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_and_figures_stand_out_in_both_themes(browser, address, scheme) -> None:
    look(browser, address, scheme=scheme)
    background = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 28)"}[scheme]
    for selector in ("p", "a", "figcaption", ".verdict p", "th"):
        assert contrast(browser, selector, "color") >= 4.5, selector
    for selector in (".f-ink", ".f-muted", ".f-accent", ".f-reference"):
        assert contrast(browser, f"svg {selector}", "fill") >= 4.5, selector


@pytest.mark.slow
def test_a_table_sorts_by_click_and_says_so(browser, address) -> None:
    look(browser, address)
    head = browser.find_element("css selector", "#candidates-table th:nth-child(5)")
    before = values(browser, 4)
    head.find_element("css selector", "button").click()
    falling = values(browser, 4)
    assert falling == sorted(before, reverse=True)  # as they stand: by rank
    assert head.get_attribute("aria-sort") == "descending"
    head.find_element("css selector", "button").click()
    assert values(browser, 4) == sorted(before) != before
    assert head.get_attribute("aria-sort") == "ascending"
    assert "broken" in shown_names(browser)[-1]  # it has no score: last, either way


@pytest.mark.slow
def test_a_table_sorts_by_keyboard(browser, address) -> None:
    from selenium.webdriver.common.keys import Keys

    look(browser, address)
    button = browser.find_element("css selector", "#candidates-table th:nth-child(8) button")
    browser.execute_script("arguments[0].focus()", button)
    active = browser.switch_to.active_element
    active.send_keys(Keys.ENTER)
    assert values(browser, 7) == sorted(values(browser, 7), reverse=True)
    active.send_keys(Keys.SPACE)
    assert values(browser, 7) == sorted(values(browser, 7))


@pytest.mark.slow
def test_every_control_is_reached_by_tab_and_shows_it(browser, address) -> None:
    from selenium.webdriver.common.keys import Keys

    look(browser, address)
    body = browser.find_element("css selector", "body")
    body.send_keys(Keys.TAB)
    assert browser.switch_to.active_element.get_attribute("class") == "skip"
    seen = set()
    for _ in range(60):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        active = browser.switch_to.active_element
        seen.add(active.tag_name)
        style = "return getComputedStyle(arguments[0]).outlineStyle"
        assert browser.execute_script(style, active) != "none", active.get_attribute("outerHTML")[:200]
    assert {"a", "summary", "button", "input", "div"} <= seen


def test_the_search_filters_and_counts(browser, address) -> None:
    look(browser, address)
    field = browser.find_element("css selector", '[data-tools="candidates-table"] input')
    count = browser.find_element("css selector", '[data-tools="candidates-table"] output')
    every = len(shown_names(browser))
    field.send_keys("SELF_consistency n=9")
    (name,) = shown_names(browser)
    assert name.startswith("self_consistency_9")
    assert count.text == f"1 of {every} shown"
    field.clear()
    field.send_keys("no such design")
    assert shown_names(browser) == []


def test_a_link_in_a_figure_leads_to_its_row(browser, address) -> None:
    look(browser, address)
    link = browser.find_element("css selector", "#frontier-figure a[href^='#d-']")
    browser.execute_script(
        "arguments[0].dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}))",
        link,
    )
    place = "return document.querySelector(':target').getBoundingClientRect().top"
    assert -1 <= browser.execute_script(place) <= 900
    row = browser.execute_script("return document.querySelector(':target').id")
    assert link.get_dom_attribute("href") == f"#{row}"
    assert link.find_element("css selector", "title").get_attribute("textContent")


def test_without_script_everything_is_there(browser, address) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        look(browser, address)
        assert browser.find_elements("css selector", "#candidates-table button") == []
        rows = browser.find_elements("css selector", "#candidates-table tbody tr")
        assert len(rows) == 9
        assert all(row.is_displayed() for row in rows)
        assert not browser.find_element("css selector", ".tools").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_printed_it_is_light_and_whole(browser, address) -> None:
    look(browser, address, width=PAPER, scheme="dark", media="print")
    background = "return getComputedStyle(document.body).backgroundColor"
    assert browser.execute_script(background) == "rgb(255, 255, 255)"
    assert not browser.find_element("css selector", "nav").is_displayed()
    cut = browser.execute_script(
        "return [...document.querySelectorAll('.table, .scroll')]"
        ".filter(e => e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1)"
        ".map(e => e.getAttribute('aria-label'))"
    )
    assert cut == []
    printed = browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    assert base64.b64decode(printed["data"]).startswith(b"%PDF")


@pytest.mark.slow
def test_5000_designs_are_sorted_and_searched_at_once(browser, many, tmp_path) -> None:
    from masdesign.report import run_report

    path = tmp_path / "many.html"
    path.write_text(run_report(many), encoding="utf-8")
    look(browser, Path(path).as_uri())
    assert browser.get_log("browser") == []
    assert len(shown_names(browser)) == 200
    took = browser.execute_script(
        "const start = performance.now();"
        "document.querySelector('#candidates-table th:nth-child(5) button').click();"
        "const field = document.querySelector('[data-tools=candidates-table] input');"
        "field.value = 'Expert 4321'; field.dispatchEvent(new Event('input'));"
        "return performance.now() - start"
    )
    assert took < 20_000  # well under a second on a machine of one's own
    found = shown_names(browser)
    assert any(name.startswith("nine drafts of expert 4321 ") for name in found)
    assert len(found) < 9
