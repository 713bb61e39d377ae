"""The work of `kg build` written by hand in SQL, straight over the tables: the limit that an engine is measured by.

    python bench/hand.py DIR [--out OUT] [--no-validate]

It reads a project of one source of type `tables`, counts the faults, infers what the method names and writes the CSV
files of a build. No RDF, no SPARQL, nothing of the package: only DuckDB, and igraph for the communities. What it
reads is what `kg build --no-validate` lets through. Where it can't do as the rules do, it stops.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import duckdb
import igraph
import numpy as np

from bench.cells import COLUMNS

SQL = Path(__file__).parent / "sql"
#: Leiden's seed, and the gain below which it stops where there are more ties, as `kg build` has them.
SEED, LEAST_GAIN, MANY_TIES = 20260101, 1e-3, 2_000_000
#: Parameters of the profile `default`; shares and quotients become two whole numbers.
WHOLE = {
    "region_level": 3,
    "sector_level": 2,
    "min_members": 5,
    "min_partners": 1,
    "min_drivers": 2,
    "min_network_drivers": 1,
    "min_shared_skills": 2,
    "max_collaboration_size": 500,
    "max_community_size": 200,
}
FRACTIONS = {
    "min_location_quotient": ("quotient", "1.25"),
    "driver_share": ("share", "0.5"),
    "focal_share": ("focal", "0.5"),
    "hub_centralization": ("hub", "0.5"),
}


class Hand:
    """One run: a database in memory, and the seconds of each stage."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.database = duckdb.connect()
        self.seconds: dict[str, float] = {}
        self.cpu_seconds: dict[str, float] = {}
        self.most = WHOLE["max_community_size"]
        with (project / "kg.toml").open("rb") as stream:
            self.settings: dict[str, Any] = tomllib.load(stream, parse_float=Decimal)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Note the seconds that a stage takes, and those of all processors together."""
        start, cpu = perf_counter(), process_time()
        yield
        self.seconds[name] = round(perf_counter() - start, 3)
        self.cpu_seconds[name] = round(process_time() - cpu, 3)

    def run(self, name: str) -> None:
        """Run a file of SQL."""
        self.database.execute((SQL / f"{name}.sql").read_text(encoding="utf-8"))

    def set(self, name: str, value: object) -> None:
        """Set a variable of the database."""
        self.database.execute(f"SET VARIABLE {name} = ?", [value])

    def configure(self) -> None:
        """Hand the base and the parameters to the database."""
        profile = dict(self.settings.get("profile", {}))
        if profile.pop("name", "default") == "agglomeration":
            profile.setdefault("min_network_drivers", 0)
        self.set("base", self.settings["project"]["base"])
        as_of = profile.pop("as_of", None)
        self.set("as_of", None if as_of is None else str(as_of))
        for name, default in WHOLE.items():
            self.set(name, int(profile.pop(name, default)))
        for name, (short, text) in FRACTIONS.items():
            above, below = Decimal(str(profile.pop(name, text))).as_integer_ratio()
            self.set(f"{short}_above", above)
            self.set(f"{short}_below", below)
        if profile:
            raise SystemExit(f"kg.toml: [profile] has settings that are not known here: {', '.join(profile)}")
        (most,) = self.database.execute("SELECT getvariable('max_community_size')").fetchall()[0]
        self.most = most

    def load(self) -> None:
        """Read the CSV files as text, then key them."""
        (source,) = self.settings["source"]
        if source["type"] != "tables" or set(source) - {"type", "path"}:
            raise SystemExit("kg.toml: one [[source]] of type 'tables' without options is what can be read here")
        for name, columns in COLUMNS.items():
            file = self.project / source["path"] / f"{name}.csv"
            names = [*columns.split(), "surplus_1", "surplus_2", "surplus_3"]
            header = file.open(encoding="utf-8").readline().strip()
            if header != columns.replace(" ", ","):
                raise SystemExit(f"{file}: the columns must be {columns}")
            types = ", ".join(f"'{column}': 'VARCHAR'" for column in names)
            self.database.execute(
                f"CREATE TABLE raw_{name} AS FROM read_csv(?, columns = {{{types}}}, header = false, skip = 1,"
                " auto_detect = false, delim = ',', quote = '\"', escape = '\"', null_padding = true, nullstr = chr(1))",
                [str(file)],
            )
        self.run("load")

    def faults(self) -> dict[str, int]:
        """Count the faults by table and kind."""
        self.run("validate")
        found = self.database.execute("SELECT kind, n::BIGINT FROM fault WHERE n > 0 ORDER BY kind").fetchall()
        return dict(found)

    def infer(self) -> None:
        """Find the groups."""
        for name in ("places", "links"):
            with self.stage(name):
                self.run(name)
        with self.stage("communities"):
            self.communities()
        with self.stage("candidates"):
            self.run("candidates")
        with self.stage("rounds"):
            self.rounds()
        for name in ("groups", "measures"):
            with self.stage(name):
                self.run(name)

    def communities(self) -> None:
        """Find the communities of the tie graph as `kg build` does and put them into a table."""
        with self.stage("edges"):
            edges = self.database.execute((SQL / "edges.sql").read_text(encoding="utf-8")).fetchnumpy()
            ends = np.stack([edges["a"], edges["b"]], axis=1).astype(np.int64)
            present = np.bincount(ends.ravel()) > 0
            index = np.cumsum(present) - 1
            graph = igraph.Graph(n=int(present.sum()))
            graph.add_edges(index[ends])
            graph.es["weight"] = np.asarray(edges["weight"]).tolist()
            graph.vs["o"] = np.flatnonzero(present).tolist()
        with self.stage("leiden"):
            found = list(divided(graph, self.most))
        numbers = np.repeat(np.arange(len(found), dtype=np.int32), [len(members) for members in found])
        members = np.array([o for members in found for o in members], dtype=np.int32)
        self.database.register("found", {"number": numbers, "o": members})
        self.database.execute("CREATE TABLE community_member AS FROM found")

    def rounds(self) -> None:
        """Drop who fails, all in one round, until none fails."""
        self.database.execute("""
            CREATE TABLE dropped (x INTEGER, g INTEGER, o INTEGER, round INTEGER, drivers INTEGER);
            CREATE TABLE survivor (x INTEGER, g INTEGER, cell BOOLEAN, o INTEGER, place INTEGER, e INTEGER,
                geography BIGINT, sector BIGINT, vertical BIGINT, horizontal BIGINT, drivers INTEGER);
            CREATE TABLE waiting AS
            WITH counted AS (
                SELECT x, count(*) FILTER (flags & 1 > 0) AS v, count(*) FILTER (flags & 2 > 0) AS h
                FROM (SELECT x, flags FROM tie UNION ALL SELECT y, flags FROM tie) GROUP BY x)
            SELECT slot.*, coalesce(v, 0) AS vertical, coalesce(h, 0) AS horizontal FROM slot LEFT JOIN counted USING (x)
        """)
        number = 0
        while self.count("waiting"):
            number += 1
            self.set("round", number)
            self.run("round")

    def write(self, folder: Path) -> None:
        """Write the CSV files of a build."""
        folder.mkdir(parents=True, exist_ok=True)
        place = str(folder).replace("'", "''")
        self.database.execute((SQL / "write.sql").read_text(encoding="utf-8").replace("{folder}", place))

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        ((number,),) = self.database.execute(f"SELECT count(*) FROM {table}").fetchall()
        return int(number)

    def counts(self) -> dict[str, int]:
        """Return how much was found."""
        names = {
            "candidates": "candidate",
            "slots": "slot",
            "groups": "grouped",
            "memberships": "member",
            "pairs": "pair",
        }
        found = {name: self.count(table) for name, table in names.items()}
        ((found["largest_cell"],),) = self.database.execute("SELECT coalesce(max(n), 0) FROM cell").fetchall()
        return found


def divided(graph: igraph.Graph, most: int) -> Iterator[list[int]]:
    """Yield the communities of a graph as organisations, larger ones divided until they no longer divide."""
    waiting, many = [graph], graph.ecount() > MANY_TIES
    while waiting:
        part = waiting.pop()
        if part.vcount() == 0:
            continue
        igraph.set_random_number_generator(random.Random(SEED))
        iterations = 1 if many else -1
        membership, before, reached = None, -2.0, -1.0
        while reached - before >= LEAST_GAIN:
            found = part.community_leiden(
                objective_function="modularity",
                weights="weight",
                n_iterations=iterations,
                initial_membership=membership,
            )
            if iterations < 0:
                break
            membership, before, reached = found.membership, reached, found.modularity
        names = part.vs["o"]
        for members in found:
            if most < len(members) < part.vcount():
                waiting.append(part.induced_subgraph(members))
            else:
                yield [names[member] for member in members]


def build(project: Path, out: Path, *, with_validation: bool = True, only_validation: bool = False) -> dict[str, Any]:
    """Do all of it and return the record of the run: seconds, counts, faults, memory in MB.

    Parameters
    ----------
    project:
        A project folder.
    out:
        Where the CSV files and `run.json` go.
    with_validation:
        Whether to count the faults.
    only_validation:
        Whether to stop after that; nothing is written then.
    """
    hand = Hand(project)
    hand.configure()
    with hand.stage("load"):
        hand.load()
    faults: dict[str, int] = {}
    if with_validation:
        with hand.stage("validate"):
            faults = hand.faults()
    if only_validation:
        return {"faults": faults, "seconds": hand.seconds}
    with hand.stage("infer"):
        hand.infer()
    with hand.stage("write"):
        hand.write(out)
    record = {
        "engine": "hand-written SQL",
        "counts": hand.counts(),
        "faults": faults,
        "seconds": hand.seconds,
        "cpu_seconds": hand.cpu_seconds,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    (out / "run.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return record


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description="Do by hand in SQL what kg build does.")
    parser.add_argument("project", type=Path)
    parser.add_argument("--out", type=Path, help="where the files go (DIR/hand)")
    parser.add_argument("--no-validate", action="store_true", help="do not count the faults")
    parser.add_argument("--only-validate", action="store_true", help="stop after counting the faults")
    given = parser.parse_args()
    if not (given.project / "kg.toml").is_file():
        parser.error(f"{given.project} is no project folder: it has no kg.toml")
    record = build(
        given.project,
        given.out or given.project / "hand",
        with_validation=not given.no_validate,
        only_validation=given.only_validate,
    )
    print(json.dumps(record, indent=None if given.only_validate else 2))


if __name__ == "__main__":
    main()
