"""The W3C's evaluation tests on the columnar engine: passed, or refused and listed; no wrong answer."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from kg.engines import ColumnarEngine
from kg.errors import UnsupportedQuery
from tests.conftest import SHARED
from tests.engines.w3c import Case, answer_form, cases

ROOT = SHARED / "w3c" / "sparql11"
NOT_PASSED: dict[str, str] = tomllib.loads((Path(__file__).parent / "not_passed.toml").read_text(encoding="utf-8"))
CASES = cases(ROOT) if ROOT.is_dir() else []


def test_the_tests_are_there() -> None:
    if not CASES:
        if os.environ.get("CI"):
            pytest.fail(f"{ROOT} is missing in CI")
        pytest.skip("the shared data is not beside this checkout")
    assert len(CASES) == 225
    assert set(NOT_PASSED) <= {case.name for case in CASES}
    assert len(NOT_PASSED) <= 0.05 * len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_evaluation(case: Case) -> None:
    engine = ColumnarEngine(threads=1)
    engine.load(case.quads())
    if case.name in NOT_PASSED:
        with pytest.raises(UnsupportedQuery):
            engine.query(case.text)
        return
    assert answer_form(engine.query(case.text)) == answer_form(case.expected())
