"""Text on a terminal that looks like rich's markup, and is none."""

import io

from rich.table import Table

from hydra_tailor.terminal import _as_output, plain_console

ODD = "[INST] [bold]x :smile: [/INST]"


def test_every_text_is_printed_as_it_is() -> None:
    file = io.StringIO()
    console = plain_console(file=file)
    table = Table(ODD, title=ODD)
    table.add_row(ODD)
    console.print(table)
    console.print(f"study {ODD}")
    assert file.getvalue().count(ODD) == 4


def test_a_notebook_shows_it_as_it_is() -> None:
    table = Table("model")
    table.add_row(ODD)
    assert ODD in _as_output(table)["text/plain"]
