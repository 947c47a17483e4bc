from __future__ import annotations

import gzip
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tailor.data.readers import csv_file, table
from tailor.data.readers.table import Table
from tailor.data.readers.table_format import TableFormat
from tailor.errors import DataError

TEXT = "label,p1,p2,p3,p4\n3,0,1,2,255\n1,9,8,7,6\n"
PIXELS = [[0, 1, 2, 255], [9, 8, 7, 6]]


def read_table(path: Path, **options: Any) -> Table:
    return table.read_table(path, TableFormat(**options))


def written(directory: Path, text: str, name: str = "data.csv") -> Path:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


def zipped(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as container:
        for name, text in members.items():
            container.writestr(name, text)
    return path


@pytest.mark.parametrize(
    ("text", "options"),
    [
        pytest.param(TEXT, {}, id="kaggle"),
        pytest.param(TEXT.split("\n", 1)[1], {}, id="no header"),
        pytest.param(TEXT.replace(",", ";"), {"delimiter": ";"}, id="semicolons"),
        pytest.param("\ufeff" + TEXT.replace("\n", "\r\n"), {}, id="from Excel"),
        pytest.param("\n" + TEXT.replace("\n", "\n\n"), {}, id="blank lines"),
        pytest.param(TEXT.rstrip(), {}, id="no last newline"),
        pytest.param(TEXT.replace("9,8", '"9","8"'), {}, id="quotes"),
        pytest.param(TEXT.replace("9,8", "9.0, 8e0"), {}, id="whole floats"),
        pytest.param(TEXT.replace("label", "what"), {"label": "what"}, id="another name"),
        pytest.param("label,0,1,2,3\n3,0,1,2,255\n1,9,8,7,6", {}, id="numbers as names"),
        pytest.param(
            "y,0,1,2,3\n3,0,1,2,255\n1,9,8,7,6", {"header": True}, id="header configured"
        ),
        pytest.param("p,q,r,s,t\n0,1,2,255,3\n9,8,7,6,1", {"label": -1}, id="label last"),
        pytest.param("p,q,label,r,s\n0,1,3,2,255\n9,8,1,7,6", {}, id="label amid"),
    ],
)
def test_forms_of_the_same_table(tmp_path: Path, text: str, options: dict) -> None:
    result = read_table(written(tmp_path, text), **options)
    assert result.pixels.tolist() == PIXELS
    assert [label.strip() for label in result.labels] == ["3", "1"]
    assert result.pixels.dtype == np.uint8


def test_compressed(tmp_path: Path) -> None:
    path = tmp_path / "data.csv.gz"
    path.write_bytes(gzip.compress(TEXT.encode()))
    assert read_table(path).pixels.tolist() == PIXELS


def test_other_archives_are_named(tmp_path: Path) -> None:
    path = tmp_path / "data.csv.bz2"
    path.write_bytes(b"BZh9")
    with pytest.raises(DataError, match=r"\.bz2 files are not read. Unpack it"):
        read_table(path)


def test_in_an_archive(tmp_path: Path) -> None:
    path = zipped(tmp_path / "kaggle.zip", {"a.csv": TEXT, "b.csv": "1,2,3\n", "c.txt": ""})
    assert read_table(path / "a.csv").pixels.tolist() == PIXELS
    alone = zipped(tmp_path / "alone.zip", {"folder/a.csv": TEXT, "readme.md": "text"})
    assert read_table(alone).pixels.tolist() == PIXELS
    assert sorted(path.name for path in tmp_path.iterdir()) == ["alone.zip", "kaggle.zip"]
    with pytest.raises(DataError, match=r"one of its CSV files \(a\.csv, b\.csv\)"):
        read_table(path)
    with pytest.raises(DataError, match=r"got .*kaggle\.zip/c\.csv"):
        read_table(path / "c.csv")


def test_text_labels_and_scaled_pixels(tmp_path: Path) -> None:
    result = read_table(written(tmp_path, "cat,0,0.5\ndog,1,0.2\n"), scale=255)
    assert result.labels == ["cat", "dog"]
    assert result.pixels.tolist() == [[0, 128], [255, 51]]


@pytest.mark.parametrize(
    ("content", "options"),
    [
        pytest.param(TEXT.encode("utf-16"), {}, id="UTF-16"),
        pytest.param(TEXT.encode("utf-16-be"), {"encoding": "utf-16-be"}, id="UTF-16, told"),
        pytest.param(
            TEXT.replace("label", "classé").encode("cp1252"), {"encoding": "cp1252"}, id="cp1252"
        ),
    ],
)
def test_encodings(tmp_path: Path, content: bytes, options: dict[str, Any]) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(content)
    assert read_table(path, **options).pixels.tolist() == PIXELS


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_recognised(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(TEXT.encode(encoding))
    with pytest.raises(DataError, match=f"set data.source.encoding={encoding}"):
        read_table(path)
    assert read_table(path, encoding=encoding).pixels.tolist() == PIXELS


def test_another_encoding_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(TEXT.replace("3,0", "caf\xe9,0").encode("cp1252"))
    with pytest.raises(DataError, match=r"not in the encoding UTF-8 .*data\.source\.encoding"):
        read_table(path)
    with pytest.raises(DataError, match="data.source.encoding must be a name .*, got nonsense"):
        read_table(path, encoding="nonsense")
    assert read_table(path, encoding="cp1252").labels == ["caf\xe9", "1"]


@pytest.mark.parametrize("start", [0, 1])
def test_columns_that_number_the_rows_are_left_out(tmp_path: Path, start: int) -> None:
    head, *rows = TEXT.splitlines()
    lines = [f",{head}", *(f"{number},{row}" for number, row in enumerate(rows, start))]
    result = read_table(written(tmp_path, "\n".join(lines)))
    assert (result.pixels.tolist(), result.labels) == (PIXELS, ["3", "1"])


def test_a_column_that_only_begins_like_numbers_of_rows_is_kept(tmp_path: Path) -> None:
    lines = [",label,p1,p2", "0,3,1,1", "1,3,1,1", "5,3,1,1"]
    result = read_table(written(tmp_path, "\n".join(lines)))
    assert result.pixels[:, 0].tolist() == [0, 1, 5]


def test_a_delimiter_at_the_end_of_lines(tmp_path: Path) -> None:
    result = read_table(written(tmp_path, TEXT.replace("\n", ",\n")))
    assert result.pixels.tolist() == PIXELS


def test_macos_files_in_an_archive_are_no_tables(tmp_path: Path) -> None:
    path = zipped(tmp_path / "mac.zip", {"a.csv": TEXT, "__MACOSX/._a.csv": "\0"})
    assert read_table(path).pixels.tolist() == PIXELS


def test_more_rows_than_a_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "CHUNK_ROWS", 3)
    rows = "".join(f"{row % 2},{row},{row}\n" for row in range(20))
    result = read_table(written(tmp_path, rows))
    assert result.pixels[:, 0].tolist() == list(range(20))
    assert result.rows == list(range(1, 21))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("5,1,2,3", r"row 3 \(line 4\): must have 5 columns, got 4"),
        ("5,1,2,3,4,5", r"row 3 \(line 4\): must have 5 columns, got 6"),
        (
            "5,1,abc,3,4",
            r"row 3 \(line 4\): column 3 \('p2'\) must be a number, got 'abc' .the label is "
            r"column 1 \('label'\)",
        ),
        ("5,1,,3,4", r"column 3 \('p2'\) must be a number, got ''"),
        ("5,1,nan,3,4", "pixels must be finite, got nan"),
        ("5,1,inf,3,4", "pixels must be finite, got inf"),
        ("5,1,256,3,4", "pixels must lie in 0 to 255, got 256"),
        ("5,1,-1,3,4", "pixels must lie in 0 to 255, got -1"),
        ("5,1,0.5,3,4", r"pixels must be whole, got 0.5 as pixel 1 \(data.source.scale=255\?\)"),
        (" ,1,2,3,4", "the label is missing"),
    ],
)
def test_a_bad_row_is_named_or_skipped(tmp_path: Path, row: str, message: str) -> None:
    path = written(tmp_path, TEXT + row + "\n7,4,4,4,4\n")
    with pytest.raises(DataError, match=message) as caught:
        read_table(path)
    assert str(path) in str(caught.value)
    result = read_table(path, skip=True)
    assert (result.pixels.tolist(), result.rows) == ([*PIXELS, [4, 4, 4, 4]], [1, 2, 4])
    (skipped,) = result.skipped
    assert skipped.startswith("row 3 (line 4): ")


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("", {}, "is empty"),
        ("label,p1\n", {}, "holds no row"),
        ("label,p1\n1,x\n", {"skip": True}, r"holds no row that can be read \(row 1"),
        ("1\n2\n", {}, "got one column with the delimiter ','"),
        ("label p1\n1 2\n", {}, """one column .*'data.source.delimiter=" "'"""),
        (f"# made by me\n{TEXT}", {}, "a line of one column before one of 5. Remove what is"),
        (TEXT, {"label": "class"}, "no column 'class'.*its 5 columns are label; p1"),
        (TEXT, {"label": 5}, "data.source.label must lie in -5 to 4, got 5"),
        ("1,2\n\x00\xff", {}, "row 2"),
    ],
)
def test_a_file_that_cannot_be_a_table(
    tmp_path: Path, text: str, options: dict, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read_table(written(tmp_path, text), **options)


def test_damaged_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress(TEXT.encode())[:-9])
    archive = tmp_path / "not.zip"
    archive.write_bytes(b"PK no")
    for path in (cut, archive):
        with pytest.raises(DataError, match=f"{path.name} cannot be read"):
            read_table(path)
    monkeypatch.setattr(csv_file, "MAX_LINE_CHARACTERS", 8)
    with pytest.raises(DataError, match="line 1 has more than 8 characters"):
        read_table(written(tmp_path, TEXT))
    with pytest.raises(DataError, match="there is no file"):
        read_table(tmp_path / "absent.csv")


CELLS = st.sampled_from(
    ["1", "255", "-3", "1e9", "x", "", "nan", '"', '"a', " ", "0.5", "\0", "é"]
)
TABLES = st.lists(st.lists(CELLS, max_size=5).map(",".join), max_size=6).map("\n".join)


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    content=st.one_of(st.binary(max_size=100), TABLES.map(str.encode)),
    kind=st.sampled_from([".csv", ".gz", ".zip", "gzip", "zip"]),
    skip=st.booleans(),
)
def test_any_bytes_end_in_an_error_or_a_table(
    tmp_path: Path, content: bytes, kind: str, skip: bool
) -> None:
    path = tmp_path / f"fuzzed{kind if kind[0] == '.' else '.' + kind[:2].replace('zi', 'zip')}"
    if kind == "gzip":
        path = path.with_suffix(".gz")
        content = gzip.compress(content)
    if kind == "zip":
        zipped(path, {"data.csv": content.decode("latin-1")})
    else:
        path.write_bytes(content)
    try:
        result = read_table(path, skip=skip)
    except DataError:
        return
    assert len(result.pixels) == len(result.labels) == len(result.rows) > 0
    assert result.pixels.dtype == np.uint8
