"""The W3C's evaluation tests on every engine: passed, or listed with a reason; the columnar engine has no wrong answer."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from kg.engines import ColumnarEngine, OxigraphEngine
from kg.errors import UnsupportedQuery
from tests.conftest import SHARED
from tests.engines.w3c import Case, answer_form, cases

ROOT = SHARED / "w3c" / "sparql11"
NOT_PASSED: dict[str, dict[str, str]] = tomllib.loads(
    (Path(__file__).parent / "not_passed.toml").read_text(encoding="utf-8")
)
CASES = cases(ROOT) if ROOT.is_dir() else []
ENGINES: dict[str, Callable[[], ColumnarEngine | OxigraphEngine]] = {
    "columnar": lambda: ColumnarEngine(threads=1),
    "oxigraph": OxigraphEngine,
}


def test_the_tests_are_there() -> None:
    if not CASES:
        if os.environ.get("CI"):
            pytest.fail(f"{ROOT} is missing in CI")
        pytest.skip("the shared data is not beside this checkout")
    assert len(CASES) == 225
    assert set(NOT_PASSED) == set(ENGINES)
    for listed in NOT_PASSED.values():
        assert set(listed) <= {case.name for case in CASES}
    assert len(NOT_PASSED["columnar"]) <= 0.05 * len(CASES)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_evaluation(case: Case, engine: str) -> None:
    made = ENGINES[engine]()
    made.load(case.quads())
    if case.name not in NOT_PASSED[engine]:
        assert answer_form(made.query(case.text)) == answer_form(case.expected())
    elif engine == "columnar":
        with pytest.raises(UnsupportedQuery):
            made.query(case.text)
    else:
        assert answer_form(made.query(case.text)) != answer_form(case.expected())
