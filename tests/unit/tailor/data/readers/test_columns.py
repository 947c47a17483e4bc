from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tailor.data.readers.columns import Columns, find_columns, require_match
from tailor.data.readers.table_format import TableFormat, delimiter_of
from tailor.errors import DataError

PIXELS = [f"pixel{n}" for n in range(1, 17)]
VALUES = [str(10 * n) for n in range(16)]
NUMBERS = [str(n) for n in range(17)]


def find(
    *rows: list[str], counts_up: bool = False, like: Columns | None = None, **settings: Any
) -> Columns:
    return find_columns(
        rows,
        TableFormat(**settings),
        path=Path("data.csv"),
        counts_up=lambda _: counts_up,
        like=like,
    )


@pytest.mark.parametrize(
    ("header", "row", "settings", "label"),
    [
        pytest.param(["label", *PIXELS], ["3", *VALUES], {}, 0, id="Kaggle"),
        pytest.param([*PIXELS, "class"], [*VALUES, "3"], {}, 16, id="class at the end"),
        pytest.param([*PIXELS, "Label"], [*VALUES, "3"], {}, 16, id="Label"),
        pytest.param([*PIXELS, "target"], [*VALUES, "3"], {}, 16, id="target"),
        pytest.param([*PIXELS, "species"], [*VALUES, "oak"], {}, 16, id="species"),
        pytest.param([*PIXELS, "y"], [*VALUES, "3"], {}, 16, id="y"),
        pytest.param([*PIXELS, "breed"], [*VALUES, "pug"], {}, 16, id="the odd one"),
        pytest.param([*PIXELS[:8], "kind", *PIXELS[8:]], ["3", *VALUES], {}, 8, id="odd, amid"),
        pytest.param(["label", "0x0", "0x1", "1x0", "1x1"], list("31234"), {}, 0, id="1x1"),
        pytest.param(NUMBERS, ["3", *VALUES], {}, 0, id="numbers as names"),
        pytest.param([*NUMBERS[:16], "label"], [*VALUES, "3"], {}, 16, id="numbers and label"),
        pytest.param(["kind", *NUMBERS[:16]], ["oak", *VALUES], {}, 0, id="numbers and text"),
        pytest.param(["y", *NUMBERS[1:]], ["oak", *VALUES], {}, 0, id="numbers from one"),
        pytest.param(
            [*PIXELS, "a", "label"], [*VALUES, "1", "3"], {}, 17, id="label is preferred"
        ),
        pytest.param([*PIXELS, "kind"], [*VALUES, "3"], {"label": "KIND"}, 16, id="without case"),
        pytest.param(["a", "b", "c"], list("123"), {"label": "b"}, 1, id="no two alike"),
    ],
)
def test_the_label_by_the_header(
    header: list[str], row: list[str], settings: dict[str, Any], label: int
) -> None:
    columns = find(header, row, **settings)
    assert columns.names == tuple(header)
    assert columns.label == label


@pytest.mark.parametrize(
    ("first", "second", "label"),
    [
        (["3", *VALUES], ["1", *VALUES], 0),
        (["oak", *VALUES], ["elm", *VALUES], 0),
        ([*VALUES, "oak"], [*VALUES, "elm"], 16),
        (["y", *VALUES], ["n", *VALUES], 0),
    ],
)
def test_the_label_without_a_header(first: list[str], second: list[str], label: int) -> None:
    columns = find(first, second)
    assert (columns.names, columns.label) == (None, label)


def test_a_bad_cell_in_the_first_row_is_neither_a_label_nor_a_header() -> None:
    columns = find(["5", "1", "x", "3", "4"], list("51234"))
    assert (columns.names, columns.label) == (None, 0)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (PIXELS, "no column looks like the label's, because all names are alike .'pixel1'"),
        ([*PIXELS, "id", "kind"], r"more than one column .*'id'; 'kind'.*source\.drop"),
        ([*PIXELS, "class", "target"], "more than one column .*'class'; 'target'"),
        (["p", "q", "r"], "no column is called label, .*Set data.source.label"),
    ],
)
def test_what_is_not_plain_is_asked(header: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        find(header, ["1"] * len(header))


@pytest.mark.parametrize("name", ["", "Unnamed: 0"])
def test_an_index_column_is_left_out(name: str) -> None:
    header, row = [name, "label", *PIXELS], ["0", "3", *VALUES]
    columns = find(header, row, counts_up=True)
    assert (columns.label, columns.dropped, columns.pixels) == (1, (0,), 16)


def test_an_unnamed_column_that_does_not_count_is_pointed_out() -> None:
    columns = find(["", "label", *PIXELS], ["7", "3", *VALUES])
    assert (columns.label, columns.dropped, columns.odd) == (1, (), (0,))


def test_columns_are_left_out_by_name_or_position() -> None:
    header, row = ["id", *PIXELS, "kind", "note"], ["7", *VALUES, "3", "x"]
    columns = find(header, row, drop=("ID", -1))
    assert (columns.label, columns.dropped, columns.odd) == (17, (0, 18), ())
    with pytest.raises(DataError, match="must not name the label's column"):
        find(header, row, drop=("id", "note", "kind"), label="kind")
    with pytest.raises(DataError, match="has no column 'nothing'.*source.drop"):
        find(header, row, drop=("nothing",), label="kind")


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (["label", *PIXELS, ""], ["3", *VALUES, ""]),
        (["label", *PIXELS], ["3", *VALUES, ""]),
        (["1", *VALUES, ""], ["3", *VALUES, ""]),
    ],
)
def test_a_delimiter_at_the_end_of_lines_makes_no_column(
    header: list[str], row: list[str]
) -> None:
    columns = find(header, row)
    assert (columns.label, columns.dropped, columns.pixels) == (0, (17,), 16)


@pytest.mark.parametrize("row", [["a.jpg", "cat"], ["0", "dir/a.PNG", "cat"], ["0abc", "cat"]])
def test_a_list_of_files_is_called_one(row: list[str]) -> None:
    with pytest.raises(DataError, match=r"holds names of images.*data=image_folder"):
        find([f"column {n}" for n in range(len(row))], row)


def test_all_pixels_in_one_cell() -> None:
    row = ["3", " ".join(["70"] * 2304), "Training"]
    with pytest.raises(DataError, match="holds 2,304 numbers in one cell"):
        find(["emotion", "pixels", "Usage"], row)


TRAIN = find(["label", *PIXELS], ["3", *VALUES])


@pytest.mark.parametrize(
    ("header", "row", "label"),
    [
        (["label", *PIXELS], ["3", *VALUES], 0),
        ([*PIXELS, "LABEL"], [*VALUES, "3"], 16),
        (["3", *VALUES], ["3", *VALUES], 0),
    ],
)
def test_a_test_file_like_the_training_file(header: list[str], row: list[str], label: int) -> None:
    columns = find(header, row, like=TRAIN)
    require_match(TRAIN, columns, Path("train.csv"), Path("test.csv"))
    assert columns.label == label


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        (PIXELS, VALUES, r"lacks the label's column 'label' \(it has 16 columns, .* 17\)"),
        (VALUES, VALUES, r"must have the 16 pixels .*, got 15 \(16 columns, .* has 17"),
        (
            ["label", *PIXELS[::-1]],
            ["3", *VALUES],
            "same order, got 'pixel16' in place of 'pixel1'",
        ),
        (["label", *PIXELS, "pixel17"], ["3", *VALUES, "0"], "16 pixels .*, got 17"),
    ],
)
def test_a_test_file_unlike_the_training_file(
    header: list[str], row: list[str], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        require_match(TRAIN, find(header, row, like=TRAIN), Path("train.csv"), Path("test.csv"))


@pytest.mark.parametrize(
    ("lines", "delimiter"),
    [
        (["label,p1,p2", "1,2,3"], ","),
        (["label;p1;p2", "1;2;3"], ";"),
        (["label\tp1\tp2", "1\t2\t3"], "\t"),
        (["label|p1|p2", "1|2|3"], "|"),
        (["label;p1;p2", "1;0,5;0,3"], ";"),
        (['"a,b";p1;p2', '"c,d";1;2'], ";"),
        (["1,2,3"], ","),
    ],
)
def test_delimiters(lines: list[str], delimiter: str) -> None:
    assert delimiter_of(lines) == delimiter


def test_a_typed_tab() -> None:
    assert TableFormat(delimiter="\\t").delimiter == "\t"
    with pytest.raises(DataError, match=r"one character, \\t for a tab, or null, got '::'"):
        TableFormat(delimiter="::")
