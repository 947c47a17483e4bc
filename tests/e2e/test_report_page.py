"""The report's page in a real browser: it draws, it sorts, it fits a phone, it says no error."""

import html
import json
import re
import shutil
import subprocess

import pytest
from hydra import compose, initialize_config_dir
from rich.console import Console

from analysis.commands import config as schema
from analysis.commands.analyze import analyze
from tests.browser import FLAGS
from tests.studies import CONF, make_study

pytestmark = pytest.mark.slow

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PROBE = """
<script>
window.seen = [];
const note = (kind) => (event) => window.seen.push(kind + ": " + (event.message || event.reason));
window.addEventListener("error", note("error"));
window.addEventListener("unhandledrejection", note("rejection"));
console.error = (...words) => window.seen.push("console: " + words.join(" "));
window.addEventListener("load", () => setTimeout(() => {
  const table = document.querySelector("#trials table");
  const column = (n) => [...table.tBodies[0].rows].map((row) => row.cells[n].textContent.trim());
  const click = () => table.tHead.rows[0].cells[0].firstElementChild.click();
  click(); const up = column(0); click(); const down = column(0);
  const facts = {
    errors: window.seen, up, down,
    drawn: document.querySelectorAll(".js-plotly-plot .main-svg").length,
    plots: document.querySelectorAll(".js-plotly-plot").length,
    hover: document.getElementById("figure-confusion_matrix").data[0].hovertext[0][0],
    broken: [...document.images].filter((image) => !image.naturalWidth).length,
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    width: document.documentElement.clientWidth,
  };
  document.body.innerHTML = "<pre id=facts></pre>";
  document.getElementById("facts").textContent = JSON.stringify(facts);
}, 1500));
</script>
"""


@pytest.fixture(scope="module")
def browser():
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if found is None:
        pytest.skip(f"no browser: one of {', '.join(BROWSERS)} must be installed")
    return found


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    root = tmp_path_factory.mktemp("page")
    make_study(root)
    schema.register()
    with initialize_config_dir(config_dir=str(CONF)):
        config = schema.analyze_config(compose("analyze", overrides=["points=60"]))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.delenv("TAILOR_STORAGE", raising=False)
        return (root / analyze(config, Console(quiet=True)).directory / "report.html").read_text()


@pytest.mark.parametrize("width", [pytest.param(1200, id="desk"), pytest.param(500, id="phone")])
def test_the_page_works(browser, page, tmp_path, width):
    facts = look(browser, page, tmp_path, width)
    assert facts["errors"] == []
    assert facts["plots"] >= 10
    assert facts["drawn"] >= facts["plots"]
    assert re.match(r"true 0<br>predicted 0<br>\d+ images", facts["hover"])
    assert facts["broken"] == 0
    assert facts["overflow"] <= 0  # what is wide scrolls by itself
    assert facts["up"] == [str(number) for number in range(8)]
    assert facts["down"] == facts["up"][::-1]


def look(browser, page, directory, width):
    """Open the page with a probe in it and return what the probe saw."""
    path = directory / "probed.html"
    path.write_text(page.replace("<head>", "<head>" + PROBE, 1))
    done = subprocess.run(
        [
            browser,
            "--headless",
            *FLAGS,
            f"--user-data-dir={directory / 'profile'}",
            f"--window-size={width},900",
            "--virtual-time-budget=20000",
            "--timeout=60000",
            "--dump-dom",
            path.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=180,
    )
    found = re.search(r'<pre id="facts">(.*?)</pre>', done.stdout, flags=re.DOTALL)
    assert found, done.stderr[-2000:]
    return json.loads(html.unescape(found.group(1)))
