"""The columns of kg.frames against the rows of kg.tables, which say what is right."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kg import frames, tables
from kg.errors import InputError
from kg.frames import open_frame
from kg.tables import BrokenRow, open_table

CHUNKS = (1, 7, 64, 64 << 20)
BREAKS = ("\n", "\r\n", "\r", "\r\r\n", "")


class Reading:
    """What came of reading a file: everything that the two readers must agree on."""

    def __init__(self) -> None:
        self.header: tuple[str, ...] = ()
        self.rows: list[tuple[int, tuple[str, ...]]] = []
        self.broken: list[BrokenRow] = []
        self.surplus: list[tuple[int, tuple[str, ...]]] = []
        self.read = 0
        self.fault: str | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reading) and vars(self) == vars(other)

    def __repr__(self) -> str:
        return repr(vars(self))


def by_rows(path: Path, delimiter: str | None = None) -> Reading:
    reading = Reading()
    try:
        table = open_table(path, delimiter=delimiter)
        reading.header = table.header
        width = len(table.header)
        for row in table.rows:
            reading.read += 1
            if isinstance(row, BrokenRow):
                reading.broken.append(row)
                continue
            line, cells = row
            reading.rows.append((line, (cells + ("",) * width)[:width]))
            if len(cells) > width:
                reading.surplus.append(row)
    except InputError as error:
        reading.fault = str(error)
    return reading


def by_columns(path: Path, chunk: int, delimiter: str | None = None) -> Reading:
    reading = Reading()
    try:
        frame = open_frame(path, chunk=chunk, delimiter=delimiter)
    except InputError as error:
        reading.fault = str(error)
        return reading
    reading.header, reading.broken, reading.surplus = frame.header, frame.broken, frame.surplus
    schema = pa.schema([("line", pa.int64()), *((f"c{column}", pa.string()) for column in range(len(frame.header)))])
    try:
        for batch in frame.batches:
            assert batch.schema == schema
            assert batch.num_rows
            assert not any(column.null_count for column in batch.columns)
            lines, *cells = (column.to_pylist() for column in batch.columns)
            reading.rows += zip(lines, zip(*cells, strict=True), strict=True)
            assert frame.read == len(reading.rows) + len(frame.broken)
    except InputError as error:
        reading.fault = str(error)
    reading.read = frame.read
    return reading


def differences(path: Path, content: bytes, delimiter: str | None = None) -> dict[int, tuple[Reading, Reading]]:
    """What both readers make of a text, by the chunks of the one, where it is not the same."""
    path.write_bytes(content)
    expected = by_rows(path, delimiter)
    found = {chunk: by_columns(path, chunk, delimiter) for chunk in CHUNKS}
    return {chunk: (reading, expected) for chunk, reading in found.items() if reading != expected}


def agree(path: Path, content: bytes) -> Reading:
    """What both readers make of a text, which must be the same."""
    assert differences(path, content) == {}
    return by_rows(path)


def joined(lines: list[tuple[list[str], str]], delimiter: str) -> str:
    return "".join(delimiter.join(cells) + end for cells, end in lines)


plain = st.sampled_from(["", "a", " b ", "é", "☃ x", "NULL", "1.50", "\ufeff", "\x0b", "\x85", "'", "#"])
in_quotes = st.lists(st.sampled_from(["", "a", ",", ";", "\t", '""', "\n", "\r\n", "\r", " ", "é"]), max_size=4)
quoted = in_quotes.map(lambda parts: '"' + "".join(parts) + '"')
odd = st.sampled_from(['"', 'a"b', '"a"b', '"a""', '""a"', ' "a"', '"a" ', "a\rb", '"a,b'])
cell = st.one_of(plain, plain, quoted, odd)
tame = st.one_of(plain, plain, in_quotes.map(lambda parts: '"' + "".join(p for p in parts if p.isprintable()) + '"'))
end = st.sampled_from(["\n", "\n", "\n", "\r\n", *BREAKS])


@st.composite
def texts(draw: st.DrawFn, delimiter: str) -> str:
    """A table of which most lines are as they should be, or of which none are."""
    width = draw(st.integers(1, 4))
    kinds = draw(st.sampled_from([(tame,), (tame, tame, tame, cell), (cell,)]))
    row = st.one_of(
        *(st.lists(kind, min_size=width, max_size=width) for kind in kinds),
        st.lists(kinds[-1], max_size=width + 2),
    )
    lines = draw(st.lists(st.tuples(row, end), max_size=12))
    head = draw(st.sampled_from(["", "", "", "\ufeff", "\n", " \r\n"])) + delimiter.join("hijk"[:width])
    return head + draw(st.sampled_from(["\n", "\n", "\r\n", ""])) + joined(lines, delimiter)


soup = st.text(alphabet='aé ,;\t"\r\n\ufeff\x00', max_size=60)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("frames")


@settings(max_examples=300, derandomize=True, deadline=None)
@given(data=st.data(), delimiter=st.sampled_from([",", ",", ";", "\t", "|", " ", "x", "§"]))
def test_tables_agree(folder: Path, data: st.DataObject, delimiter: str) -> None:
    assert differences(folder / "t.csv", data.draw(texts(delimiter)).encode(), delimiter) == {}


@settings(max_examples=300, derandomize=True, deadline=None)
@given(
    text=st.one_of(soup, soup.map(lambda text: "a,b\n" + text), texts(","), texts(";")),
    suffix=st.sampled_from(["csv", "tsv"]),
)
@example(text='a\n"x\ny\n', suffix="csv")
@example(text="a,b\n\ufeff1,2\n", suffix="csv")
def test_any_text_agrees(folder: Path, text: str, suffix: str) -> None:
    assert differences(folder / f"t.{suffix}", text.encode()) == {}


@settings(max_examples=200, derandomize=True, deadline=None)
@given(
    text=texts(","),
    at=st.integers(0, 200),
    byte=st.sampled_from([b"\xff", b"\xc3", b"\xe2\x82", b"\xed\xa0\x80", b"\0"]),
)
def test_broken_encodings_agree(folder: Path, text: str, at: int, byte: bytes) -> None:
    raw = text.encode()
    at %= len(raw) + 1
    assert differences(folder / "t.csv", raw[:at] + byte + raw[at:]) == {}


@settings(max_examples=200, derandomize=True, deadline=None)
@given(text=texts(","), most=st.integers(1, 24), byte=st.sampled_from([b"", b"\xff"]))
def test_limits_agree(folder: Path, text: str, most: int, byte: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "MOST_CHARACTERS", most)
        patch.setattr(frames, "MOST_CHARACTERS", most)
        patch.setattr(tables, "KEPT_CHARACTERS", 5)
        assert differences(folder / "t.csv", b"h,i\n" + text.encode() + byte) == {}


def test_values_are_what_the_file_says(tmp_path: Path) -> None:
    """No reading of "NULL", numbers or dates, no stripping: and not only because the other reader says so."""
    content = (
        b'\xef\xbb\xbfid, name ,note\r\n1,"A, ""B""",NULL\r\n\r\n2,  x  ,\n3,"two\nlines",""\n4\n5,a,b,c\n6,"a\n7,b,c\n'
    )
    reading = agree(tmp_path / "t.csv", content)
    assert reading.header == ("id", "name", "note")
    assert reading.rows == [
        (2, ("1", 'A, "B"', "NULL")),
        (4, ("2", "  x  ", "")),
        (5, ("3", "two\nlines", "")),
        (7, ("4", "", "")),
        (8, ("5", "a", "b")),
        (10, ("7", "b", "c")),
    ]
    assert reading.surplus == [(8, ("5", "a", "b", "c"))]
    assert [row.line for row in reading.broken] == [9]
    assert reading.read == 7


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf", b"a\0b\n", b'"a\n', b"a\xff\n", b"a\rb\n"])
def test_faults_at_opening(tmp_path: Path, content: bytes) -> None:
    assert agree(tmp_path / "t.csv", content).fault is not None


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there\.csv.*can't be opened"):
        open_frame(tmp_path / "t.csv", shown="there.csv")


def test_rows_before_a_fault_are_handed_on(tmp_path: Path) -> None:
    reading = agree(tmp_path / "t.csv", b"a,b\n1,2\n3\n4,\xff\n5,6\n")
    assert reading.rows == [(2, ("1", "2")), (3, ("3", ""))]
    assert reading.fault is not None
    assert "line 4" in reading.fault or ":4" in reading.fault


def test_nul_after_the_beginning(tmp_path: Path) -> None:
    reading = agree(tmp_path / "t.csv", b"a,b\n" + b"1,2\n" * 3000 + b"x\0y,3\n")
    assert reading.rows[-1] == (3002, ("x\0y", "3"))


def test_line_of_the_greatest_length(tmp_path: Path) -> None:
    """The longest line is read, one more byte is reported, and reading goes on."""
    most = tables.MOST_CHARACTERS
    content = b"\n".join(
        [b"a", b"x" * most, b"y" * (most + 1), b'"' + b"z" * (most - 2) + b'"', b"b", b"w" * (most + 1)]
    )
    reading = agree(tmp_path / "t.csv", content)
    assert [(line, len(cells[0])) for line, cells in reading.rows] == [(2, most), (4, most - 2), (5, 1)]
    assert [row.line for row in reading.broken] == [3, 6]
    assert f"({most + 2:,})" in reading.broken[0].reason


def test_many_columns(tmp_path: Path) -> None:
    width = 1500
    lines = [
        ",".join(f"c{column}" for column in range(width)),
        ",".join(["1"] * width),
        ",".join(['"1,0"'] * width),
        ",".join(['"1"'] * 3),
    ]
    reading = agree(tmp_path / "t.csv", "\n".join(lines).encode())
    assert [line for line, _ in reading.rows] == [2, 3, 4]
    assert reading.rows[1][1] == ("1,0",) * width


def test_pieces_are_joined_to_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "1,2\n" * 1000 + '"3\n' + "4,5\n" * 1000)
    monkeypatch.setattr(frames, "PIECE", 16)
    batches = [batch.num_rows for batch in open_frame(path, chunk=2000).batches]
    assert sum(batches) == 2000
    assert 3 <= len(batches) <= 6
    assert by_columns(path, 2000) == by_rows(path)


def test_a_long_line_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    with path.open("wb") as stream:
        stream.write(b"a,b\n1,2\n")
        for _ in range(64):
            stream.write(b"x" * (1 << 20))
        stream.write(b"\n3,4\n")
    tracemalloc.start()
    reading = by_columns(path, 1 << 20)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reading == by_rows(path)
    assert [line for line, _ in reading.rows] == [2, 4]
    assert peak < 16 << 20
