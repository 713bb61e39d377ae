"""Ask every question of the library of a build, and print a line of JSON with the seconds of each as it is answered.

    python bench/questions.py BUILD

Parameters without a default are taken from the build itself: its largest group, the first member of that, its region.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from time import perf_counter

import kg
from kg.catalog import Query, load
from kg.errors import ClusterKGError


def parameters(build: kg.Build, question: Query) -> dict[str, str]:
    """Return values for the parameters of a question that have no default."""
    groups = sorted(build.groups().to_pylist(), key=lambda row: (-row["members"], row["group"]))
    if not groups:
        return {}
    first = groups[0]["group"]
    members = [row["organization"] for row in build.memberships().to_pylist() if row["group"] == first]
    of_type = {
        "group": [row["group"] for row in groups],
        "organization": members,
        "region": sorted({row["region"] for row in groups if row["region"]}),
        "sector": sorted({row["sector"] for row in groups if row["sector"]}),
    }
    given: dict[str, str] = {}
    for parameter in question.parameters:
        if parameter.required:
            unused = [value for value in of_type.get(parameter.type, []) if value not in given.values()]
            if unused:
                given[parameter.name] = unused[0]
    return given


def main() -> None:
    """Open the build, ask, and print."""
    parser = argparse.ArgumentParser(description="Ask every question of a build.")
    parser.add_argument("build", type=Path)
    build = kg.open(parser.parse_args().build)
    start = perf_counter()
    _ = build.columns or build.engine
    print(json.dumps({"open": perf_counter() - start}), flush=True)
    for question in load("queries/questions"):
        given = parameters(build, question)
        start = perf_counter()
        try:
            rows = len(kg.ask(build, question.name, given).rows)
            line = {"question": question.name, "seconds": perf_counter() - start, "rows": rows}
        except ClusterKGError as error:
            line = {"question": question.name, "error": str(error)}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
