"""Labels that a spreadsheet would run as formulas."""

from pathlib import Path

import pytest

from analysis.report.class_tables import write_csv


@pytest.mark.parametrize(
    ("label", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("-1", "-1"),
        ("+1.5", "+1.5"),
        ("Shirt", "Shirt"),
        ("a=b", "a=b"),
    ],
)
def test_a_label_is_no_formula(tmp_path: Path, label: str, written: str) -> None:
    write_csv(tmp_path / "t.csv", ["class", label], [[label, 0.5]])
    assert (tmp_path / "t.csv").read_text().splitlines() == [f"class,{written}", f"{written},0.5"]
