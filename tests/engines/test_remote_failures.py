"""What the remote engine does when a server fails: tries again what is safe to repeat, or says what is wrong."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.engines import RemoteEngine
from kg.engines.remote import remote_options
from kg.errors import EngineError
from tests.engines.servers import Fake, fake_server

JSON = {"Content-Type": "application/sparql-results+json"}
ROWS = b'{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"uri","value":"http://e/a"}}]}}'
GOOD = (200, JSON, ROWS)


def counted(number: int) -> tuple[int, dict[str, str], bytes]:
    """The answer to a query that counts."""
    return (
        200,
        JSON,
        ROWS.replace(b'"type":"uri","value":"http://e/a"', f'"type":"literal","value":"{number}"'.encode()),
    )


QUERY = "SELECT ?x { ?x ?p ?o }"
SECRET = "s3cret-word"


@pytest.fixture
def fake() -> Iterator[Fake]:
    with fake_server() as server:
        yield server


@pytest.fixture
def waits() -> list[float]:
    return []


def engine(fake: Fake, waits: list[float], **settings: object) -> RemoteEngine:
    section = {
        "url": f"{fake.address}/query", "update": f"{fake.address}/update", "graph_store": f"{fake.address}/store",
        "retries": 3, "timeout": 5, **settings,
    }  # fmt: skip
    options = remote_options("[engine]", section, {})
    assert options is not None
    return RemoteEngine(options, "http://e/graph/working", wait=waits.append)


def failure(fake: Fake, waits: list[float], **settings: object) -> str:
    with pytest.raises(EngineError) as raised:
        engine(fake, waits, **settings).select(QUERY)
    assert SECRET not in str(raised.value)
    return str(raised.value)


def test_fails_twice_then_answers(fake: Fake, waits: list[float]) -> None:
    fake.answers = [(503, {}, b""), (502, {}, b"bad gateway"), GOOD]
    assert engine(fake, waits).select(QUERY).rows == [(ox.NamedNode("http://e/a"),)]
    assert waits == [0.5, 1.0]
    assert len(fake.asked) == 3


def test_gives_up_after_so_many_tries(fake: Fake, waits: list[float]) -> None:
    fake.answers = [(503, {}, b"")]
    assert "not ready (status 503) (4 times)" in failure(fake, waits)
    assert waits == [0.5, 1.0, 2.0]


@pytest.mark.parametrize("form", ["7", "date", "100000", "soon"])
def test_waits_as_long_as_it_is_asked_to(fake: Fake, waits: list[float], form: str) -> None:
    text = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True) if form == "date" else form
    fake.answers = [(503, {"Retry-After": text}, b""), GOOD]
    engine(fake, waits).select(QUERY)
    expected = {"7": 7.0, "date": pytest.approx(29, abs=2), "100000": 60.0, "soon": 0.5}[form]
    assert waits == [expected]


def test_a_time_out_is_not_tried_again(fake: Fake, waits: list[float]) -> None:
    fake.answers = [lambda _: time.sleep(1)]
    assert "no answer within 0.2 seconds" in failure(fake, waits, timeout=0.2)
    assert len(fake.asked) == 1


def test_an_answer_that_drips_is_a_time_out(fake: Fake, waits: list[float]) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", JSON["Content-Type"])
        handler.end_headers()
        for _ in range(20):
            handler.wfile.write(b" ")
            time.sleep(0.1)

    fake.answers = [drip]
    start = time.monotonic()
    assert "no answer within 0.5 seconds" in failure(fake, waits, timeout=0.5)
    assert time.monotonic() - start < 2.5


def test_a_page_in_place_of_results(fake: Fake, waits: list[float]) -> None:
    fake.answers = [(200, {"Content-Type": "text/html; charset=utf-8"}, b"<html>Welcome</html>")]
    message = failure(fake, waits)
    assert f"{fake.address}/query: a query: the server answered with text/html" in message
    assert "is this the address of the endpoint?" in message
    assert len(fake.asked) == 1


@pytest.mark.parametrize("whole", [True, False])
def test_json_that_is_cut_short_is_asked_for_again(fake: Fake, waits: list[float], whole: bool) -> None:
    short = (200, JSON | ({} if whole else {"Content-Length": str(len(ROWS))}), ROWS[:-20])
    fake.answers = [short, GOOD]
    assert len(engine(fake, waits).select(QUERY).rows) == 1
    fake.answers = [short]
    assert "cut short" in failure(fake, waits)


def test_a_connection_that_breaks(fake: Fake, waits: list[float]) -> None:
    fake.answers = [lambda handler: handler.connection.close(), GOOD]
    assert len(engine(fake, waits).select(QUERY).rows) == 1


def test_no_server_at_all(waits: list[float]) -> None:
    with fake_server() as gone:
        pass
    message = failure(gone, waits)
    assert "no connection" in message
    assert len(waits) == 3


def test_what_may_not_be_repeated_is_not(fake: Fake, waits: list[float]) -> None:
    """Triples with blank nodes, sent twice, are other triples: only what was surely not begun is sent again."""
    quads = list(ox.parse("_:a <http://e/p> 1 .", format=ox.RdfFormat.TURTLE))
    fake.answers = [(404, {}, b""), (502, {}, b"")]
    with pytest.raises(EngineError, match="status 502"):
        engine(fake, waits).load(quads)
    assert waits == []
    fake.answers = [(404, {}, b""), (503, {}, b""), (204, {}, b""), (404, {}, b""), counted(0)]
    with pytest.raises(EngineError, match="does not keep triples with blank nodes: 1 were given and 0"):
        engine(fake, waits).load(quads)
    assert waits == [0.5]


def test_a_query_that_is_refused(fake: Fake, waits: list[float]) -> None:
    fake.answers = [(400, {}, b"<html><script>var x;</script><p>expected <b>WHERE</b></p></html>")]
    assert failure(fake, waits).endswith("status 400: expected WHERE")
    assert len(fake.asked) == 1


def test_redirects_are_not_followed(fake: Fake, waits: list[float]) -> None:
    with fake_server() as other:
        other.answers = [GOOD]
        for status in (301, 302, 303, 307, 308):
            place = other.address.replace("://", f"://me:{SECRET}@") + "/query"
            fake.answers = [(status, {"Location": place}, b"")]
            message = failure(fake, waits, user="me", password=SECRET)
            assert f"redirects to {other.address}/query, which is not followed" in message
        assert other.asked == []


def test_basic_authentication(fake: Fake, waits: list[float]) -> None:
    fake.answers = [GOOD]
    engine(fake, waits, user="me", password=SECRET).select(QUERY)
    pair = base64.b64encode(f"me:{SECRET}".encode()).decode()
    assert fake.asked[0].headers["authorization"] == f"Basic {pair}"
    # Virtuoso never answers a query that is posted as it is.
    assert fake.asked[0].headers["content-type"] == "application/x-www-form-urlencoded"
    engine(fake, waits).select(QUERY)
    assert "authorization" not in fake.asked[1].headers


def test_digest_authentication_sends_a_body_twice_only_once(fake: Fake, waits: list[float]) -> None:
    asked = (401, {"WWW-Authenticate": 'Digest realm="r", nonce="abc", qop="auth", algorithm=MD5'}, b"")
    fake.answers = [asked, GOOD]
    made = engine(fake, waits, user="me", password=SECRET, authentication="digest")
    made.select(QUERY)
    made.select(QUERY)
    first, second, third = (request.headers.get("authorization", "") for request in fake.asked)
    assert first == ""
    assert second.startswith('Digest username="me", realm="r", nonce="abc"')
    assert "nc=00000002" in third
    assert SECRET not in second + third


def test_digest_with_a_nonce_that_is_stale(fake: Fake, waits: list[float]) -> None:
    def asked(nonce: str) -> tuple[int, dict[str, str], bytes]:
        return 401, {"WWW-Authenticate": f'Digest realm="r", nonce="{nonce}", qop="auth"'}, b""

    fake.answers = [asked("one"), GOOD, asked("two"), GOOD]
    made = engine(fake, waits, user="me", password=SECRET, authentication="digest")
    made.select(QUERY)
    assert len(made.select(QUERY).rows) == 1
    assert 'nonce="two"' in fake.asked[-1].headers["authorization"]


@pytest.mark.parametrize("how", ["basic", "digest"])
def test_a_wrong_password(fake: Fake, waits: list[float], how: str) -> None:
    fake.answers = [(401, {"WWW-Authenticate": 'Digest realm="r", nonce="abc"'}, b"no")]
    message = failure(fake, waits, user="me", password=SECRET, authentication=how)
    assert "the server does not let us in (status 401)" in message
    assert f"authentication (now {how})" in message


def test_the_other_authentication_is_named(fake: Fake, waits: list[float]) -> None:
    fake.answers = [(401, {"WWW-Authenticate": 'Basic realm="r"'}, b"no")]
    message = failure(fake, waits, user="me", password=SECRET, authentication="digest")
    assert "the server asks for basic" in message


@pytest.mark.parametrize("header", ["X-SPARQL-MaxRows", "X-SPARQL-Anytime"])
def test_part_of_an_answer_is_none(fake: Fake, waits: list[float], header: str) -> None:
    fake.answers = [(200, JSON | {header: "10"}, ROWS)]
    assert "the server gave only" in failure(fake, waits)


def test_a_page_in_place_of_an_update(fake: Fake, waits: list[float]) -> None:
    fake.answers = [(200, {"Content-Type": "text/html"}, b"<html>Welcome</html>")]
    with pytest.raises(EngineError, match="the server answered with text/html"):
        engine(fake, waits).clear()


def test_a_server_that_loses_a_value_is_refused(fake: Fake, waits: list[float]) -> None:
    triples = '<http://e/a> <http://e/p> "1.50"^^<http://www.w3.org/2001/XMLSchema#decimal> .\n<http://e/a> <http://e/p> "é"@fr .\n'
    kept = '<http://e/a> <http://e/p> "1.5"^^<http://www.w3.org/2001/XMLSchema#decimal> .\n'
    part = (200, {"Content-Type": "application/n-triples"}, kept.encode())
    fake.answers = [(404, {}, b""), (204, {}, b""), part, part, counted(1)]
    with pytest.raises(EngineError) as raised:
        engine(fake, waits).load(ox.parse(triples, format=ox.RdfFormat.N_TRIPLES))
    message = str(raised.value)
    assert (
        '"1.50"^^<http://www.w3.org/2001/XMLSchema#decimal> of <http://e/a> <http://e/p> came back as "1.5"^^'
        in message
    )
    assert '"é"@fr of <http://e/a> <http://e/p> ' in message


def test_a_server_that_gives_a_part_of_a_graph_is_found_out(fake: Fake, waits: list[float]) -> None:
    quads = list(ox.parse("<http://e/a> <http://e/p> 1, 2 .", format=ox.RdfFormat.TURTLE))
    part = (200, {"Content-Type": "application/n-triples"}, f"{quads[0].triple} .\n".encode())
    fake.answers = [(404, {}, b""), (204, {}, b""), part, part, counted(2)]
    with pytest.raises(
        EngineError, match="gave 1 of the 2 triples of <http://e/graph/working>: raise its limit of rows"
    ):
        engine(fake, waits).load(quads)


def test_a_server_that_does_not_divide_as_the_standard_says_is_refused(fake: Fake, waits: list[float]) -> None:
    fake.answers = [(200, JSON, ROWS.replace(b'"x"', b'"quotient"'))]
    with pytest.raises(EngineError, match=r"1 / 4 is <http://e/a> in place of .0\.25"), engine(fake, waits):
        pass
    assert len(fake.asked) == 1


def test_graphs_that_are_not_removed_are_found_out(fake: Fake, waits: list[float]) -> None:
    fake.answers = [(204, {}, b""), counted(7)]
    with pytest.raises(EngineError, match="<http://e/graph/working> has 7 triples in place of 0: it can't be removed"):
        engine(fake, waits).clear()


def test_a_message_leaves_out_the_query_that_virtuoso_repeats(fake: Fake, waits: list[float]) -> None:
    fake.answers = [(500, {}, b"Virtuoso 37000 Error SP031: no\n\nSPARQL query:\nSELECT ?secret")]
    assert failure(fake, waits).endswith("status 500: Virtuoso 37000 Error SP031: no")


BODIES = [
    ROWS,
    b"",
    b"{}",
    b"[]",
    b"null",
    b'{"head":{}}',
    b'{"boolean":true}',
    b"\xff\xfe",
    b"<a> <b> <c> .",
    b'_:a <http://e/p> "x',
    ROWS * 2,
]
KINDS = [
    "application/sparql-results+json",
    "application/json",
    "application/n-triples",
    "text/turtle",
    "text/html",
    "nonsense",
    "",
]
STATUSES = [200, 201, 204, 206, 300, 304, 400, 401, 404, 407, 418, 429, 500, 503]


# No new server for each example, which takes longer than the request.
@settings(max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(STATUSES) | st.just(200),
    st.sampled_from(KINDS),
    st.sampled_from(BODIES) | st.binary(max_size=40) | st.integers(0, len(ROWS)).map(lambda end: ROWS[:end]),
    st.dictionaries(st.sampled_from(["Retry-After", "Location", "WWW-Authenticate", "Content-Length", "Content-Encoding"]),
                    st.sampled_from(["", "7", "-1", "Digest", "Basic realm", "gzip", "http://[", "ftp://e/", "http://e:99999999/"]), max_size=2),
    st.sampled_from(["", "basic", "digest"]),
)  # fmt: skip
def test_whatever_a_server_says_is_an_answer_or_an_error_in_one_line(
    fake: Fake, status: int, kind: str, body: bytes, headers: dict[str, str], how: str
) -> None:
    fake.answers = [(status, headers | ({"Content-Type": kind} if kind else {}), body)]
    who = {"user": "me", "password": SECRET, "authentication": how} if how else {}
    made = engine(fake, [], retries=1, timeout=2, **who)
    for work in (made.select, made.client.construct, made.graphs.read):
        given: tuple[object, ...] = (QUERY,)
        if work == made.client.construct:
            given = ("CONSTRUCT WHERE { ?s ?p ?o }", [])
        elif work == made.graphs.read:
            given = ("http://e/g", list)
        message = refused(work, *given)
        assert message.startswith((fake.address, "answered"))
        assert SECRET not in message
        assert len(message) < 1_000


def refused(work: Callable[..., object], *given: object) -> str:
    """The error of a call, or that it was answered."""
    try:
        work(*given)
    except EngineError as error:
        return str(error)
    return "answered"
