from tailor.data.notes import listed, skipped_note


def test_ten_are_named_and_the_others_counted() -> None:
    names = [str(index) for index in range(2000)]
    assert listed(names[:2]) == "0; 1"
    assert listed(names) == "0; 1; 2; 3; 4; 5; 6; 7; 8; 9; and 1,990 more"


def test_a_note_only_where_something_was_skipped() -> None:
    assert skipped_note("here", "image", []) == ()
    assert skipped_note("here", "row", ["row 3"]) == (
        "here: skipped 1 row (data.on_error=skip): row 3.",
    )
