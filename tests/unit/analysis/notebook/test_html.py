"""HTML that a notebook shows."""

import base64
import io
import re

from PIL import Image

from analysis.notebook import html


def test_texts_are_escaped() -> None:
    written = html.table(["<b>"], [["<script>", "a & b"]])
    assert "&lt;b&gt;" in written
    assert "&lt;script&gt;" in written
    assert "a &amp; b" in written


def test_a_table_without_a_header_has_none() -> None:
    assert "<thead>" not in html.table([], [["a", "b"]])


def test_a_picture_is_within_the_page_and_small() -> None:
    file = io.BytesIO()
    tile = Image.radial_gradient("L").resize((80, 60)).convert("RGB")
    tile.resize((800, 600)).save(file, "png")
    written = html.picture(file.getvalue(), alt='a "gradient"')
    encoded = re.search(r"base64,([^\"]+)", written)
    assert encoded is not None
    assert Image.open(io.BytesIO(base64.b64decode(encoded[1]))).size == (800, 600)
    assert len(base64.b64decode(encoded[1])) < len(file.getvalue())
    assert "a &quot;gradient&quot;" in written
