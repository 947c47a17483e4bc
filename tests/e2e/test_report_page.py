"""The report's page in a real browser: it draws, it sorts, it fits a phone, it says no error.

`--basetemp` has the screenshots, to look at.
"""

import html
import json
import re
import shutil
import subprocess

import pytest
from hydra import compose, initialize_config_dir
from PIL import Image
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
    outside: [...document.querySelectorAll("body *")].filter((element) => {
      const { left, right, width } = element.getBoundingClientRect();
      const cut = left < -1 || right > document.documentElement.clientWidth + 1;
      return width && cut && !element.closest(".scroll, svg, script");
    }).map((element) => element.outerHTML.slice(0, 80)),
    cut: [...document.querySelectorAll(".js-plotly-plot")].filter((plot) => {
      const { left, right, top, bottom } = plot.getBoundingClientRect();
      return [...plot.querySelectorAll("svg text")].some((label) => {
        const box = label.getBoundingClientRect();
        return box.width && (box.left < left - 2 || box.right > right + 2
          || box.top < top - 2 || box.bottom > bottom + 2);
      });
    }).map((plot) => plot.id),
    untitled: [...document.querySelectorAll(".js-plotly-plot")].filter((plot) =>
      plot.layout.xaxis.showticklabels && !plot.layout.xaxis.ticktext
      && !plot.layout.xaxis.title.text && !plot.layout.annotations?.length
    ).map((plot) => plot.id),
    doubles: [...document.querySelectorAll(".js-plotly-plot")].filter((plot) => {
      const names = [...plot.querySelectorAll(".legendtext")].map((name) => name.textContent);
      return new Set(names).size < names.length;
    }).map((plot) => plot.id),
    axes: [...document.querySelectorAll("#figure-parallel .xtick text")].filter((label) =>
      label.getBoundingClientRect().width && getComputedStyle(label).display !== "none"
      && getComputedStyle(label).opacity > 0
    ).map((label) => label.getAttribute("data-unformatted").split("<br>")[0]),
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    width: document.documentElement.clientWidth,
  };
  parent.postMessage(JSON.stringify(facts), "*");
}, 1500));
</script>
"""
# A window of Chromium is at least 500 pixels wide; a frame is not.
FRAME = """
<body style="margin: 0"><pre id="facts"></pre>
<iframe src="probed.html" style="border: 0; width: {width}px; height: 12000px"></iframe>
<script>
  window.addEventListener("message", ({{ data }}) => {{
    document.getElementById("facts").textContent = data;
  }});
</script></body>
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


@pytest.mark.parametrize("width", [400, 800, 1400])
def test_the_page_works(browser, page, tmp_path, width):
    facts = look(browser, page, tmp_path, width)
    assert facts["errors"] == []
    assert facts["plots"] >= 10
    assert facts["drawn"] >= facts["plots"]
    assert re.match(r"true 0<br>predicted 0<br>\d+ images", facts["hover"])
    assert facts["broken"] == 0
    assert facts["width"] == width
    assert facts["overflow"] <= 0  # wide tables scroll by themselves
    assert facts["outside"] == []
    assert facts["cut"] == []
    assert facts["untitled"] == []
    assert facts["doubles"] == []
    assert facts["axes"] == ["epochs", "learning", "layers", "neurons", "validation"]
    assert facts["up"] == [str(number) for number in range(8)]
    assert facts["down"] == facts["up"][::-1]
    picture = Image.open(shot(browser, page, tmp_path, width))
    assert picture.width >= width
    assert len(picture.convert("L").getcolors()) > 10  # it is not blank


def look(browser, page, directory, width):
    """Open the page with a probe in it and return what the probe saw."""
    probed = page.replace("<head>", "<head>" + PROBE, 1)
    done = in_frame(browser, probed, directory, width, "--dump-dom")
    found = re.search(r'<pre id="facts">(.+?)</pre>', done.stdout, flags=re.DOTALL)
    assert found, done.stderr[-2000:]
    return json.loads(html.unescape(found.group(1)))


def shot(browser, page, directory, width):
    """Make a picture of the page; return its path."""
    path = directory / f"page-{width}.png"
    in_frame(browser, page, directory, width, f"--screenshot={path}")
    return path


def in_frame(browser, page, directory, width, action):
    (directory / "probed.html").write_text(page)
    path = directory / "frame.html"
    path.write_text(FRAME.format(width=width))
    return subprocess.run(
        [
            browser,
            "--headless",
            "--hide-scrollbars",
            *FLAGS,
            f"--user-data-dir={directory / 'profile'}",
            f"--window-size={max(width, 500)},12000",
            "--virtual-time-budget=20000",
            "--timeout=60000",
            action,
            path.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=180,
    )
