"""The search space: what is read, what is drawn, what reaches a job."""

import math
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any

import optuna
import pytest
from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omegaconf import DictConfig, OmegaConf
from optuna.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from hydra_tailor.space.grammar import encode, encode_bare, plain
from hydra_tailor.space.reading import own_values, parameter_of
from hydra_tailor.space.space import Space
from hydra_tailor.sweep.compose import ComposeOnce
from tailor.errors import ConfigError

Build = Callable[..., Space]


class Colour(Enum):
    RED = 1
    GREEN = 2


# `$` begins an interpolation and `???` is OmegaConf's missing value, quoted or not.
texts = st.text(
    st.characters(codec="utf-8", exclude_characters="$\r\n\x00", exclude_categories=("Cs", "Cc"))
).filter(lambda text: text != "???")
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_subnormal=False)
    | texts
)
keys = st.from_regex(r"\A[a-z][a-z0-9_ ]{0,5}[a-z]\Z").filter(
    lambda key: key not in ("true", "null", "nan", "inf", "false")
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)
)


def same(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float) and math.isnan(a):
        return math.isnan(b)
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    return type(a) is type(b) and a == b


@settings(deadline=None)
@given(values)
def test_what_is_encoded_is_read_back_unchanged(value: Any) -> None:
    read = OverridesParser.create().parse_override(f"key={encode(value)}").value()
    assert same(plain(read), value)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(choices=st.lists(values, min_size=1, max_size=4), seed=st.integers(0, 99))
def test_a_drawn_choice_reaches_the_job_unchanged(
    loader: ConfigLoader, master: DictConfig, space_of: Build, choices: list[Any], seed: int
) -> None:
    space = space_of(any=f"choice({','.join(map(encode, choices))})")
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    drawn = space.suggest(study.ask())
    job = ComposeOnce(loader).load_sweep_config(master, space.overrides(drawn))
    arrived = OmegaConf.to_container(job)["any"]  # type: ignore[index, call-overload]
    assert any(same(arrived, choice) for choice in choices)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    ends=st.tuples(st.integers(1, 1000), st.integers(1, 1000)),
    kind=st.sampled_from(
        ["interval({},{})", "tag(log, interval({},{}))", "range({},{})", "tag(log, range({},{}))"]
    ),
    whole=st.booleans(),
    seed=st.integers(0, 99),
)
def test_a_drawn_number_stays_in_bounds_and_is_the_number_that_the_job_sees(
    loader: ConfigLoader,
    master: DictConfig,
    space_of: Build,
    ends: tuple[int, int],
    kind: str,
    whole: bool,
    seed: int,
) -> None:
    low, high = min(ends), max(ends) + 1
    text = kind.format(low, high) if whole or "range" in kind else kind.format(low / 7, high / 7)
    space = space_of(f"x={text}")
    value = space.suggest(optuna.create_study().ask())["x"]
    scale = 1 if whole or "range" in kind else 7
    assert low / scale <= value <= high / scale
    assert "range" not in kind or value < high  # Hydra's stop is exclusive
    job = ComposeOnce(loader).load_sweep_config(master, space.overrides({"x": value}))
    assert same(job.x, value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,2", CategoricalDistribution([1, 2])),
        ("'hello world','1',null", CategoricalDistribution(["hello world", "1", None])),
        ("choice([32,64],[64])", CategoricalDistribution(["[32,64]", "[64]"])),
        ("choice({a:1},b)", CategoricalDistribution(["{a:1}", "b"])),
        ("choice(1,true)", CategoricalDistribution(["1", "true"])),
        ("choice([1],'[1]')", CategoricalDistribution(["[1]", "'[1]'"])),
        ("shuffle(choice(b,a,c))", CategoricalDistribution(["b", "a", "c"])),
        ("shuffle(range(1,4))", IntDistribution(1, 3)),
        ("range(1,3)", IntDistribution(1, 2)),
        ("range(0,8,3)", IntDistribution(0, 6, step=3)),
        ("range(0,1,0.5)", FloatDistribution(0.0, 0.5, step=0.5)),
        ("interval(1,5)", FloatDistribution(1, 5)),
        ("int(interval(1,5))", IntDistribution(1, 5)),
        ("tag(log, interval(1, 5))", FloatDistribution(1, 5, log=True)),
        ("tag(log, int(interval(1, 5)))", IntDistribution(1, 5, log=True)),
        ("tag(log, range(1,100))", IntDistribution(1, 99, log=True)),
    ],
)
def test_a_sweep_becomes_a_distribution(text: str, expected: Any) -> None:
    override = OverridesParser.create().parse_override(f"key={text}")
    assert parameter_of(override).distribution == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tag(log, choice(1,2))", "tag log is unknown"),
        ("tag(fast, interval(1,2))", "tag fast is unknown"),
        ("tag(log, range(0,5))", "must start at 1 or more, got 0"),
        ("tag(log, range(1,9,2))", "in steps of 1"),
        ("interval(2,1)", "low <= high"),
        ("range(3,1)", "at least one value"),
        ("range(0,1,0)", "nonzero step"),
    ],
)
def test_a_sweep_that_makes_no_sense_is_refused(text: str, message: str) -> None:
    override = OverridesParser.create().parse_override(f"key={text}")
    with pytest.raises(ConfigError, match=message):
        parameter_of(override)


class TestCommandLine:
    """Defect 8: what is fixed is not searched, what is fixed in `params` can be searched."""

    def test_a_fixed_value_removes_a_searched_one(self, space_of: Build) -> None:
        space = space_of("x=0.5", x="interval(0,1)", y="choice(1,2)")
        assert [one.name for one in space.parameters] == ["y"]
        assert space.fixed == ("x=0.5",)
        assert len(space.grid()) == 2

    def test_a_fixed_entry_of_params_is_made_a_sweep(self, space_of: Build) -> None:
        space = space_of("x=choice(1,2)", x=0.5)
        assert [one.name for one in space.parameters] == ["x"]
        assert space.fixed == ()

    def test_a_parameter_and_its_key_are_deleted(self, space_of: Build) -> None:
        space = space_of("~any", any="choice(1,2)")
        assert (space.parameters, space.fixed) == ((), ("~any",))

    def test_a_group_with_a_package_is_deleted(self, space_of: Build) -> None:
        space = space_of("~paint@wall", **{"paint@wall": "choice(red,green)"})
        assert (space.parameters, space.fixed) == ((), ("~paint@wall",))

    def test_a_mapping_fixes_the_keys_in_it(self, space_of: Build) -> None:
        space = space_of("any={a:{b:1}}", **{"any.a.b": "choice(7,8)", "any.c": "choice(1,2)"})
        assert [one.name for one in space.parameters] == ["any.c"]

    def test_own_values_are_compared_as_they_are_typed(self, space_of: Build) -> None:
        config = OmegaConf.create(
            {
                "x": Colour.GREEN,
                "y": Path("a/b"),
                "any": [Colour.RED, Path("c")],
                "hydra": {"runtime": {"choices": {"paint": ["red", "green"]}}},
            }
        )
        space = space_of(
            *("x=choice(RED,GREEN)", "y=choice(a/b,c)", "any=choice([RED,c],d)"),
            "paint=choice([red,green],red)",
        )
        own = own_values(space, config)
        expected = {"x": "GREEN", "y": "a/b", "any": "['RED','c']", "paint": "['red','green']"}
        assert own == expected

    def test_what_is_fixed_stays_in_the_order_of_writing(self, space_of: Build) -> None:
        space = space_of("x=1", "y=2", "~any", "x=3", "+any=4", y=5)
        assert space.fixed == ("y=2", "~any", "x=3", "+any=4")

    def test_of_a_long_list_both_ends_are_composed_beforehand(self, space_of: Build) -> None:
        space = space_of(f"x=choice({','.join(map(str, range(101)))})")
        assert space.examples() == [{"x": 0}, {"x": 100}]

    @pytest.mark.parametrize(
        "params",
        [
            {"shape": {"width": "choice(1,2)"}},
            {"shape.width": "choice(1,2)", "shape": {"height": 3}},
        ],
    )
    def test_nested_keys_are_refused(self, space_of: Build, params: dict[str, Any]) -> None:
        with pytest.raises(
            ConfigError, match="`shape` is a mapping of further keys.*`shape.(w|h)"
        ):
            space_of(**params)

    @pytest.mark.parametrize("plus", ["+", "++"])
    def test_a_key_keeps_its_name_with_a_plus(self, space_of: Build, plus: str) -> None:
        space = space_of(f"{plus}x=choice(1,2)", f"{plus}new=choice(1,2)", "y=choice(3,4)")
        assert [one.name for one in space.parameters] == ["x", "new", "y"]
        values = {"x": 1, "new": 2, "y": 3}
        assert space.overrides(values) == [f"{plus}x=1", f"{plus}new=2", "y=3"]
        assert space.check_enqueued({f"{plus}x": 1, "new": 2}) == {"x": 1, "new": 2}

    def test_a_key_with_a_plus_is_deleted_and_replaced(self, space_of: Build) -> None:
        assert space_of("++x=choice(1,2)", "~x").parameters == ()
        assert space_of("++x=choice(1,2)", "x=3").parameters == ()

    @pytest.mark.filterwarnings("ignore:extend_list:UserWarning")
    @pytest.mark.parametrize(
        ("written", "fixed"),
        [
            (["any=[1]", "any=extend_list(2)"], ("any=[1]", "any=extend_list(2)")),
            (["any=extend_list(2)", "any=[1]"], ("any=[1]",)),
            (["any=extend_list(2)", "any=[1],[2]"], ()),
        ],
        ids=["after", "before", "before-a-sweep"],
    )
    def test_a_list_is_extended_as_in_a_single_run(
        self, space_of: Build, written: list[str], fixed: tuple[str, ...]
    ) -> None:
        assert space_of(*written).fixed == fixed

    @pytest.mark.filterwarnings("ignore:extend_list:UserWarning")
    def test_a_searched_list_is_not_extended(self, space_of: Build) -> None:
        with pytest.raises(ConfigError, match="`any=extend_list.2.` extends a list that is se"):
            space_of("any=extend_list(2)", any="choice([1],[3])")

    def test_values_of_yaml_are_values_not_grammar(self, space_of: Build) -> None:
        space = space_of(x=3, y=None, any=["a,b", "1"], epochs=True)
        assert space.fixed == ("x=3", "y=null", "any=['a,b','1']", "epochs=true")

    def test_a_group_and_a_glob_are_choices(self, space_of: Build) -> None:
        assert space_of("shape=glob(*)").grid() == [{"shape": "bowl"}, {"shape": "ridge"}]


class TestConditions:
    when = {"shape.width": {"shape": "ridge"}}

    def test_a_parameter_exists_beside_the_choice_alone(self, space_of: Build) -> None:
        space = space_of(
            when=self.when, **{"shape.width": "choice(1,2)", "shape": "choice(bowl,ridge)"}
        )
        assert space.grid() == [
            {"shape": "bowl"},
            {"shape": "ridge", "shape.width": 1},
            {"shape": "ridge", "shape.width": 2},
        ]
        assert space.conditions == {"shape.width": {"shape": ["ridge"]}}
        typed = ["++shape.width=choice(1,2)", "shape=choice(bowl,ridge)"]
        when = {"+shape.width": self.when["shape.width"]}
        assert space_of(*typed, when=when).grid() == space.grid()
        # Each choice occurs in a config composed beforehand.
        assert space.examples() == [
            {"shape": "bowl"},
            {"shape": "ridge", "shape.width": 1},
            {"shape": "ridge", "shape.width": 2},
        ]

    def test_both_bounds_of_a_range_are_composed_beforehand(self, space_of: Build) -> None:
        space = space_of("x=interval(0,1)", "y=range(1,4)", "any=choice([1],[2])")
        assert [tuple(values.values()) for values in space.examples()] == [
            (0.0, 1, "[1]"),
            (1.0, 1, "[1]"),
            (0.0, 3, "[1]"),
            (0.0, 1, "[2]"),
        ]

    def test_a_condition_on_a_condition_includes_it(self, space_of: Build) -> None:
        space = space_of(
            "x=choice(1,2)",
            "shape.width=choice(3)",
            "shape=choice(bowl,ridge)",
            when={"x": {"shape.width": 3}, **self.when},
        )
        assert space.conditions["x"] == {"shape": ["ridge"], "shape.width": [3]}

    @pytest.mark.parametrize(("shape", "exists"), [("ridge", True), ("bowl", False)])
    def test_the_choice_may_be_fixed(self, space_of: Build, shape: str, exists: bool) -> None:
        space = space_of(f"shape={shape}", when=self.when, **{"shape.width": "choice(1,2)"})
        assert bool(space.example()) is exists
        assert space.conditions == {}

    def test_the_choice_may_be_the_configs_own(self, space_of: Build) -> None:
        space = space_of("x=choice(1,2)", when={"x": {"shape": "ridge"}})
        assert space.example() == {}

    def test_the_choice_may_be_an_enum(
        self, space_of: Build, master: DictConfig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(master, "any", Colour.RED)
        assert space_of("x=choice(1,2)", when={"x": {"any": "RED"}}).example() == {"x": 1}
        assert space_of("x=choice(1,2)", when={"x": {"any": "BLUE"}}).example() == {}

    def test_the_choice_may_be_a_list(self, space_of: Build) -> None:
        space = space_of("any=choice([1],[2])", "x=choice(1,2)", when={"x": {"any": [[2]]}})
        assert space.grid() == [{"any": "[1]"}, {"any": "[2]", "x": 1}, {"any": "[2]", "x": 2}]

    @pytest.mark.parametrize(
        ("when", "message"),
        [
            ({"z": {"x": 1}}, "`z` is not in the search space"),
            ({"x": {"nothing": 1}}, "no `nothing` in the config"),
            ({"x": {"y": 3}}, "`x` exists beside `y`=3, which is not in choice"),
            ({"x": {"y": 1}, "y": {"x": 1}}, "wait for each other: x, y"),
            ({"x": {"y": []}}, r"`x` needs one or more values of `y` .*got \[\]"),
        ],
    )
    def test_a_condition_that_never_holds_is_refused(
        self, space_of: Build, when: Any, message: str
    ) -> None:
        with pytest.raises(ConfigError, match=message):
            space_of("x=choice(1,2)", "y=choice(1,2)", when=when)


class TestEnqueued:
    def test_values_become_labels(self, space_of: Build) -> None:
        space = space_of("any=choice([1],[2])", "x=interval(0,1)")
        assert space.check_enqueued({"any": [2], "x": 0.5}) == {"any": "[2]", "x": 0.5}

    @pytest.mark.parametrize(
        ("configuration", "message"),
        [({"y": 1}, "`y` is not searched"), ({"x": 2}, r"`x` must lie in \[0.0, 1.0\], got 2")],
    )
    def test_others_are_refused(self, space_of: Build, configuration: Any, message: str) -> None:
        with pytest.raises(ConfigError, match=message):
            space_of("x=interval(0,1)").check_enqueued(configuration)

    def test_what_cannot_exist_beside_the_rest(self, space_of: Build) -> None:
        space = space_of(
            when={"shape.width": {"shape": "ridge"}},
            **{"shape.width": "choice(1,2)", "shape": "choice(bowl,ridge)"},
        )
        given = {"shape": "bowl", "shape.width": 1}
        assert space.possible(given) == {"shape": "bowl"}
        with pytest.raises(ConfigError, match=r"`shape\.width` does not exist.*where shape is"):
            space.check_enqueued(given)
        for possible in ({"shape.width": 1}, {"shape": "ridge", "shape.width": 1}):
            assert space.check_enqueued(possible) == possible


def test_no_grid_of_an_interval(space_of: Build) -> None:
    with pytest.raises(ConfigError, match="`x` has infinitely many values"):
        space_of("x=interval(0,1)").grid()


def test_a_grid_does_not_round_its_steps(space_of: Build) -> None:
    assert [cell["x"] for cell in space_of("x=range(0,1,0.1)").grid()] == [
        i / 10 for i in range(10)
    ]


@given(st.text())
def test_a_string_is_written_without_quotes_only_where_it_is_read_back(value: str) -> None:
    written = encode_bare(value)
    read = OverridesParser.create().parse_override(f"key={written}").value()
    assert plain(read) == value
    assert isinstance(plain(read), str)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("cnn", "cnn"),
        ("a/b-c.d", "a/b-c.d"),
        ("1", "'1'"),
        ("1e3", "'1e3'"),
        ("true", "'true'"),
        ("null", "'null'"),
        ("a,b", "'a,b'"),
        ("${x}", "'${x}'"),
        ("", "''"),
    ],
)
def test_a_string_as_a_person_types_it(value: str, written: str) -> None:
    assert encode_bare(value) == written
