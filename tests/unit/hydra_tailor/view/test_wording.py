import pytest

from hydra_tailor.view.wording import minutes, parameters, short_names


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.9, "0 s"), (59, "59 s"), (61, "1 min 01 s"), (3661, "1 h 01 min")],
)
def test_durations(seconds: float, text: str) -> None:
    assert minutes(seconds) == text


def test_parameters_are_short() -> None:
    assert parameters({"lr": 0.123456, "n": 3, "a": "b"}) == "lr=0.1235, n=3, a=b"


def test_columns_keep_what_tells_them_apart() -> None:
    assert short_names(["a.lr", "b.lr", "b.n"]) == ["a.lr", "b.lr", "n"]
