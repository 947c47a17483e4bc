"""Text on a terminal that looks like rich's markup, and is none."""

import io

from rich.table import Table

from hydra_tailor.terminal import plain_console

ODD = "[INST] [bold]x :smile: [/INST]"


def test_every_text_is_printed_as_it_is() -> None:
    file = io.StringIO()
    console = plain_console(file=file)
    table = Table(ODD, title=ODD)
    table.add_row(ODD)
    console.print(table)
    console.print(f"study {ODD}")
    assert file.getvalue().count(ODD) == 4
