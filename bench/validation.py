"""Measure validation: the compiled shapes, the same by hand in SQL, and pySHACL where it is not too slow.

    python bench/validation.py [--sizes 10000,100000,1000000] [--pyshacl-most 10000]

Every measurement is a process of its own; projects are those of `bench/run.py`. Also counted: how many of the seeded
faults are found with their file, line and column. Results go to `bench/results/validation.md`.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

HERE = Path(__file__).resolve().parent
#: Kinds of faults that are said of the whole row, in the report as in the list of faults.
COLUMNS = ("organisations", "engine", "shapes s", "focus nodes", "focus nodes a second", "× by hand", "pySHACL ÷ this",
           "rows kept out and revalidated s", "faults found where they are", "peak MB")  # fmt: skip


def measure(project: Path, engine: str) -> dict[str, Any]:
    """Return the seconds of the shapes, of the whole of validation, and the findings of a project, by one engine."""
    import resource

    from kg.engines import ColumnarEngine
    from kg.engines.columnar import Drafts
    from kg.project import _read
    from kg.quarantine import Quarantine
    from kg.rows import silent
    from kg.settings import read_settings
    from kg.validate import shapes, validate

    settings = read_settings(project)
    with tempfile.TemporaryDirectory() as place:
        columnar = ColumnarEngine(union=True, spill=Path(place))
        drafts = Drafts(columnar.store)
        loaded = _read(settings, drafts, silent)
        drafts.load()
        against = shapes("input")
        targets = " ".join(
            f"<{target.value}>"
            for shape in against.graph.roots()
            for target in shape.targets
            if target.kind == "targetClass"
        )
        nodes = columnar.select(f"SELECT (COUNT(DISTINCT ?s) AS ?n) {{ VALUES ?c {{ {targets} }} ?s a ?c }}")
        start = perf_counter()
        report = validate(columnar, against, by_reference=engine == "pyshacl")
        seconds = perf_counter() - start
        out: dict[str, Any] = {
            "seconds": seconds,
            "focus": int(nodes.rows[0][0].value),  # type: ignore[union-attr]
            "results": len(report.results),
        }
        if engine == "columnar":
            quarantine = Quarantine(columnar, drafts, loaded)
            start = perf_counter()
            quarantine.run(against)
            out["all"] = perf_counter() - start
            out |= _found(project, {(Path(f.file).name, f.line, f.column) for f in quarantine.findings})
    out["mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return out


def _found(project: Path, findings: set[tuple[str, int, str]]) -> dict[str, Any]:
    """Return how many of the seeded faults were found where they are, and some of those that were not."""
    with (project / "dirty.csv").open(encoding="utf-8", newline="") as stream:
        faults = [row for row in csv.DictReader(stream) if row["kind"] != "blank-line"]
    missed = [row for row in faults if (row["file"], int(row["line"]), row["column"]) not in findings]
    lines = {(file, line) for file, line, _ in findings}
    return {
        "faults": len(faults),
        "found": len(faults) - len(missed),
        "on_line": sum((row["file"], int(row["line"])) in lines for row in faults),
        "kinds": len({(row["file"], row["kind"]) for row in faults}),
        "missed": missed[:20],
    }


def _process(*command: str | Path) -> dict[str, Any]:
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, cwd=HERE.parent, check=False)
    if done.returncode:
        return {"error": (done.stderr.strip() or "failed").splitlines()[-1]}
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description="Measure validation.")
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--pyshacl-most", type=int, default=10_000)
    parser.add_argument("--one", nargs=2, metavar=("PROJECT", "ENGINE"), help="measure one, and print it as JSON")
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(Path(given.one[0]), given.one[1])))
        return
    lines = ["| " + " | ".join(COLUMNS) + " |", "| " + " | ".join("---" for _ in COLUMNS) + " |"]
    for size in map(int, given.sizes.split(",")):
        project = HERE / ".data" / str(size)
        if not (project / "kg.toml").exists():
            subprocess.run([sys.executable, "-m", "bench.generate", project, "--organizations", str(size)], check=True, cwd=HERE.parent)  # fmt: skip
        with tempfile.TemporaryDirectory() as place:
            hand = _process("-m", "bench.hand", project, "--out", place, "--only-validate")
        ours = _process(Path(__file__), "--one", project, "columnar")
        theirs = _process(Path(__file__), "--one", project, "pyshacl") if size <= given.pyshacl_most else {}
        by_hand = hand.get("seconds", {}).get("validate")
        for engine, found in (("by hand", {"seconds": by_hand}), ("columnar", ours), ("pySHACL", theirs)):
            if not found or found.get("error"):
                lines.append(
                    f"| {size:,} | {engine} | {found.get('error', '')} |" + " |" * (len(COLUMNS) - 3) if found else ""
                )
                continue
            seconds = found["seconds"]
            ratio = f"{seconds / by_hand:.1f}" if by_hand and seconds else ""
            against = f"{theirs['seconds'] / seconds:.0f}" if theirs.get("seconds") and engine == "columnar" else ""
            focus = found.get("focus")
            cells = [
                f"{size:,}", engine, f"{seconds:.2f}" if seconds else "", f"{focus:,}" if focus else "",
                f"{focus / seconds:,.0f}" if focus else "", ratio, against, f"{found['all']:.1f}" if "all" in found else "",
                f"{found['found']:,} of {found['faults']:,} ({found['kinds']} kinds)" if "found" in found else "",
                f"{found['mb']:,}" if "mb" in found else "",
            ]  # fmt: skip
            lines.append("| " + " | ".join(cells) + " |")
        print(lines[-3:], ours.get("missed"), flush=True)
    (HERE / "results" / "validation.md").write_text("\n".join(line for line in lines if line) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
