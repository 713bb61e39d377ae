"""A user's own templates: what is wrong with one is said in a line, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.errors import InputError
from kg.publish import publish
from tests.publish.conftest import Published

FAULTS = [
    ("search.html.j2", b"one\n{% if %}", 2, "the template is not as Jinja has it"),
    ("search.html.j2", b"one\n\n{{ nothing.there }}", 3, "'nothing' is undefined"),
    ("search.html.j2", b"{{ 1 // 0 }}", 1, "can't be filled in"),
    ("search.html.j2", b'one\n{% include "mine.html.j2" %}', 2, "there is no template 'mine.html.j2'"),
    ("search.html.j2", b"one\nK\xf6ln", 2, "this is not UTF-8"),
    ("serch.html.j2", b"mine", None, "did you mean 'search.html.j2'?"),
    ("parts/search.html.j2", b"mine", None, "did you mean 'search.html.j2'?"),
]


@pytest.mark.parametrize(("name", "content", "line", "message"), FAULTS)
def test_what_is_wrong_with_a_template_is_said_with_its_place(
    example_site: Published, tmp_path: Path, name: str, content: bytes, line: int | None, message: str
) -> None:
    file = tmp_path / "own" / name
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        publish(example_site.build, tmp_path / "site", templates=tmp_path / "own")
    text = str(caught.value)
    assert text.startswith(f"{file} line {line}: " if line else f"{file}: ")
    assert message in text
    assert "\n" not in text
    assert not (tmp_path / "site").exists()


def test_templates_may_use_others_and_stand_beside_other_files(example_site: Published, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "search.html.j2").write_text('mine: {% include "mine.html.j2" %}', encoding="utf-8")
    (own / "mine.html.j2").write_text("included", encoding="utf-8")
    (own / "README.md").write_text("about these", encoding="utf-8")
    publish(example_site.build, tmp_path / "site", templates=own)
    assert (tmp_path / "site" / "search.html").read_text(encoding="utf-8") == "mine: included"
