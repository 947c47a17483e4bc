"""The report's source for typst, its Markdown, and the user's notes in it."""

import re
import shutil
import subprocess

import pytest
from matplotlib import font_manager

from analysis import fonts
from analysis.figures import static
from analysis.fonts import missing
from analysis.report import markdown, notes, pdf
from analysis.report.document import Bullets, Document, Section, Table, Text
from tailor.errors import StudyError
from tests.unit.analysis.report.test_content import report

ODD = (
    "#set page(fill: red) $x$ *bold* _it_ `code` <label> @ref [b] {c} ~ // no /* comment */",
    "https://example.org -- --- -? ... 100 % of \\ \"names\" 'here'",
    "= no heading",
    "- no list",
    "+ no list",
    "1. no list",
    "/ no: term",
    'quote " and backslash \\',
)


NOTES = """Before all.

## data
One
paragraph.

- first
  goes on
- second
# The hardest class
X
# Outlook
Y
"""


def document(*texts, **changes):
    table = Table("t", texts[0], ["a", "b"], [[text, "1"] for text in texts], ["left", "right"])
    blocks = [Text(texts[0]), Bullets(texts), table]
    return Document(
        "Title", "", texts[0], [("q", texts[-1])], [Section("S", blocks)], "", **changes
    )


def test_fonts_are_chosen_for_every_word_that_is_set():
    table = Table("t", "α", ["β"], [["γ"]], ["left"])
    section = Section("δ", [Text("ε"), Bullets(["ζ"]), table])
    whole = Document("η", "θ", "ι", [("κ", "λ")], [section], "μ", author="ν")
    assert sorted(whole.text.split()) == list("αβγδεζηθικλμν")


def words(text):
    return re.sub(r"[\s“”‘’\"'–—−-]+", "", text.replace("...", "…"))


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
@pytest.mark.parametrize("text", ODD)
def test_names_with_markup_are_typeset_as_they_are(tmp_path, text):
    pdf.save(document(text, author=text), tmp_path)
    done = subprocess.run(
        ["pdftotext", "-raw", tmp_path / "report.pdf", "-"], capture_output=True, check=True
    )
    # As paragraph, item, caption and cell, in the answer and at a glance.
    assert words(done.stdout.decode()).count(words(text)) == 6


def test_the_source_is_readable_and_has_every_figure(tmp_path):
    made, figures = report(12)
    (tmp_path / "figures").mkdir()
    for figure in figures.values():
        static.save(figure, tmp_path / "figures")
    pdf.save(made, tmp_path)
    source = (tmp_path / "report.typ").read_text()
    assert "= Selection\n" in source
    assert source.count("#picture(") == len(figures)
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_markdown_has_every_section_figure_and_table():
    made, figures = report(12)
    text = markdown.source(made)
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == [s.title for s in made.sections]
    assert len(re.findall(r"^!\[Figure \d+\. .*\]\(figures/\w+\.png\)$", text, re.MULTILINE)) == (
        len(figures)
    )
    assert len(re.findall(r"^Table \d+\. ", text, re.MULTILINE)) == made.num_tables
    assert "| a\\|b |" in markdown.source(document("a|b"))


def test_notes_are_set_where_their_headings_say():
    made, _ = report(3)
    found = notes.add(made, notes.parse(NOTES))
    titles = [section.title for section in found.sections]
    assert titles[0] == "Notes"
    assert titles[-2:] == ["Outlook", "Appendix: all settings"]
    by_title = {section.title.partition(":")[0]: section.blocks for section in found.sections}
    assert by_title["Data"][-2:] == [
        Text("One paragraph."),
        Bullets(("first goes on", "second")),
    ]
    assert by_title["The hardest class"][-1] == Text("X")
    assert by_title["Outlook"] == [Text("Y")]


def test_no_note_is_lost_under_headings_that_begin_alike():
    made, _ = report(3)
    text = "# Next: data\nfirst\n# Next: model\nsecond\n# Data\nthird\n# data\nfourth\n"
    sections = notes.add(made, notes.parse(text)).sections
    blocks = {section.title: section.blocks for section in sections}
    assert blocks["Next: data"] == [Text("first")]
    assert blocks["Next: model"] == [Text("second")]
    data = next(blocks for title, blocks in blocks.items() if title.startswith("Data"))
    assert data[-2:] == [Text("third"), Text("fourth")]


def test_a_study_without_notes_has_none_and_a_damaged_file_is_named(tmp_path):
    assert notes.read(tmp_path) == {}
    (tmp_path / "notes.md").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(StudyError, match=r"notes\.md is not UTF-8"):
        notes.read(tmp_path)


def test_letters_that_no_font_has_are_named_with_what_to_install():
    assert missing("Größe – naïve Ω Ж") == ""
    line = missing("\U00012000 and \U00013000")  # cuneiform, hieroglyphs
    assert "Cuneiform, Egyptian" in line
    assert "Install a font of these scripts" in line


def test_a_letter_that_the_usual_fonts_lack_is_looked_for_in_all_others(monkeypatch):
    brought = {name: font_manager.findfont(name) for name in ("DejaVu Sans", "DejaVu Serif")}
    monkeypatch.setattr(fonts, "_installed", lambda: brought)
    monkeypatch.setattr(fonts, "_usual", lambda: fonts.SANS)
    usual, other = map(fonts._letters, brought)
    rare = next(letter for letter in sorted(other - usual) if letter.isprintable())
    assert fonts.families("a") == fonts.SANS
    assert missing(f"a{rare}") == ""
    assert fonts.families(f"a{rare}") == tuple(brought)
    assert "no installed font" in missing("\u6f22")  # a Chinese letter, which neither has
