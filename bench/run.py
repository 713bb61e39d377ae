"""Measure the engines against the work by hand, on projects of several sizes; `make bench` runs it.

    python bench/run.py [--sizes 10000,100000,1000000] [--engines hand,columnar,oxigraph,rdflib] [--limit 3600]

Every measurement is a process of its own, with its peak of resident memory and a time limit. What fails or is stopped
is in the results with its message. Results go to `bench/results/`, projects are kept in `bench/.data/`.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ENGINES = ("hand", "columnar", "oxigraph", "rdflib")
#: RDFLib is measured up to this many organisations.
RDFLIB_MOST = 10_000
#: The stages of `run.json` that make up loading, and writing.
LOADING, DUMPING = ("load", "read"), ("facts", "write", "columns")


@dataclass(frozen=True, slots=True)
class Finished:
    """How a process ended: its status in words, seconds, peak memory in MB, and what it wrote."""

    status: str
    seconds: float
    peak_memory_mb: int
    output: str
    message: str


@dataclass(slots=True)
class Result:
    """A row of the results; what was not measured is empty. Seconds and MB."""

    organizations: int
    engine: str
    status: str = "ok"
    load: float | None = None
    infer: float | None = None
    communities: float | None = None
    validate: float | None = None
    dump: float | None = None
    total: float | None = None
    peak_memory_mb: int | None = None
    facts: int | None = None
    groups: int | None = None
    memberships: int | None = None
    same_as_hand: str = ""
    questions_answered: int | None = None
    questions_open: float | None = None
    question_median: float | None = None
    question_slowest: float | None = None
    slowest_question: str = ""
    questions_status: str = ""
    message: str = ""
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def rules(self) -> float | None:
        """Seconds from the first row to the last conclusion, without the communities, which are the same call in all."""
        if self.load is None or self.infer is None:
            return None
        return self.load + self.infer - (self.communities or 0.0)


def run_process(command: Sequence[str | Path], limit: float) -> Finished:
    """Run a command in a process group of its own and stop it at a time limit.

    Parameters
    ----------
    command:
        The program and its arguments.
    limit:
        Seconds.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.perf_counter()
        process = subprocess.Popen(list(map(str, command)), stdout=out, stderr=err, start_new_session=True)
        stopped = False
        while True:
            pid, code, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if not stopped and time.perf_counter() - start > limit:
                stopped = True
                os.killpg(process.pid, signal.SIGKILL)
            time.sleep(0.02)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(code)
        out.seek(0)
        err.seek(0)
        lines = [line for line in err.read().splitlines() if line.strip()]
        last = lines[-1].strip() if lines else ""
        output = out.read()
    if stopped:
        status, last = f"stopped after {limit:g} s", f"while: {last}" if last else ""
    elif process.returncode > 1 or process.returncode < 0:  # 1 is kg's "the data has violations"
        status = f"failed with exit status {process.returncode}"
    else:
        status = "ok"
    return Finished(status, seconds, usage.ru_maxrss // 1024, output, last if status != "ok" else "")


def project_of(size: int) -> Path:
    """Return the project of that many organisations, written when it isn't there."""
    folder = HERE / ".data" / str(size)
    if not (folder / "expected.json").is_file():
        print(f"{size:,} organisations: generating", flush=True)
        done = run_process([sys.executable, HERE / "generate.py", folder, "--organizations", str(size)], 7200)
        if done.status != "ok":
            raise SystemExit(f"generating {size} organisations {done.status}: {done.message}")
        print(f"{size:,} organisations: generated in {done.seconds:.1f} s, {done.peak_memory_mb} MB", flush=True)
    return folder


def measure(engine: str, size: int, project: Path, limit: float) -> Result:
    """Return what an engine takes on a project, questions included."""
    target = project / f"build-{engine}"
    shutil.rmtree(target, ignore_errors=True)
    result = Result(size, engine)
    match engine:
        case "hand":
            done = run_process([sys.executable, HERE / "hand.py", project, "--out", target], limit)
        case "rdflib":
            return measure_rdflib(result, project, limit)
        case _:
            program = Path(sys.executable).with_name("kg")
            shutil.rmtree(project / "build", ignore_errors=True)
            command: list[str | Path] = [program, "build", project, "--no-validate", "--no-store", "--engine", engine]
            done = run_process(command, limit)
            if (project / "build").is_dir():
                (project / "build").replace(target)
    note(result, done)
    if not (target / "run.json").is_file():
        result.status = "failed without a build" if result.status == "ok" else result.status
        return result
    record = json.loads((target / "run.json").read_text(encoding="utf-8"))
    note_stages(result, record)
    if engine != "hand":
        result.same_as_hand = compared(project, target, limit)
        note_questions(result, target, limit)
    return result


def measure_rdflib(result: Result, project: Path, limit: float) -> Result:
    """Return what RDFLib takes for the facts that another engine wrote."""
    if result.organizations > RDFLIB_MOST:
        result.status = f"not run above {RDFLIB_MOST:,} organisations"
        return result
    builds = [project / f"build-{engine}" for engine in ("oxigraph", "columnar")]
    facts = next((build for build in builds if (build / "facts.nq").is_file()), None)
    if facts is None:
        result.status, result.message = "failed", "no engine has written facts.nq"
        return result
    done = run_process([sys.executable, HERE / "rdflib_rules.py", project, facts], limit)
    note(result, done)
    if done.status == "ok":
        note_stages(result, json.loads(done.output.splitlines()[-1]))
    return result


def note(result: Result, done: Finished) -> None:
    """Take over how a process ended."""
    result.status, result.message = done.status, done.message
    result.total, result.peak_memory_mb = round(done.seconds, 3), done.peak_memory_mb


def note_stages(result: Result, record: Mapping[str, Any]) -> None:
    """Take over what a run record says."""
    seconds: dict[str, float] = record["seconds"]
    result.seconds = dict(seconds)
    result.load = round(sum(seconds.get(name, 0.0) for name in LOADING), 3)
    result.dump = round(sum(seconds.get(name, 0.0) for name in DUMPING), 3)
    result.infer = seconds.get("infer")
    result.communities = seconds.get("communities")
    result.validate = seconds.get("validate") or None
    counts = record.get("counts", {})
    result.facts, result.groups = counts.get("facts"), counts.get("groups")
    result.memberships = counts.get("memberships")


def compared(project: Path, target: Path, limit: float) -> str:
    """Return whether a build holds the same as the work by hand."""
    hand = project / "build-hand"
    if not (hand / "groups.csv").is_file():
        return "not compared"
    done = run_process([sys.executable, HERE / "compare.py", hand, target], limit)
    return "yes" if done.output.strip() == "the same" else "NO: " + (done.output.splitlines() or [done.message])[0]


def note_questions(result: Result, target: Path, limit: float) -> None:
    """Ask every question of a build."""
    done = run_process([sys.executable, HERE / "questions.py", target], limit)
    lines = [json.loads(line) for line in done.output.splitlines() if line.endswith("}")]
    result.questions_open = next((round(line["open"], 3) for line in lines if "open" in line), None)
    answered = [(line["seconds"], line["question"]) for line in lines if "seconds" in line]
    failed = [f"{line['question']}: {line['error']}" for line in lines if "error" in line]
    result.questions_answered = len(answered)
    result.questions_status = "; ".join([*([f"{done.status} {done.message}"] if done.status != "ok" else []), *failed])
    if answered:
        result.question_median = round(statistics.median(seconds for seconds, _ in answered), 4)
        slowest, result.slowest_question = max(answered)
        result.question_slowest = round(slowest, 3)


def write_results(folder: Path, results: Sequence[Result]) -> None:
    """Write the table of results as CSV and Markdown, and the plots."""
    folder.mkdir(exist_ok=True)
    names = [item.name for item in fields(Result) if item.name != "seconds"]
    with (folder / "results.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*names, "stages"])
        for result in results:
            values = [getattr(result, name) for name in names]
            writer.writerow(["" if value is None else value for value in values] + [json.dumps(result.seconds)])
    (folder / "results.md").write_text(markdown(results), encoding="utf-8")
    plot(folder, results)


HEADER = (
    "organisations",
    "engine",
    "load s",
    "infer s",
    "of that communities s",
    "load to inferred without communities s",
    "× by hand",
    "Oxigraph ÷ this",
    "dump s",
    "process s",
    "peak MB",
    "groups",
    "same as by hand",
    "questions",
    "median s",
    "slowest s",
    "status",
)


def markdown(results: Sequence[Result]) -> str:
    """Return the results as a table, with ratios of the seconds from loading to inferred, without the communities."""
    by_key = {(result.organizations, result.engine): result.rules for result in results}
    lines = ["| " + " | ".join(HEADER) + " |", "|" + " --- |" * len(HEADER)]
    for r in results:
        hand, oxigraph = (by_key.get((r.organizations, engine)) for engine in ("hand", "oxigraph"))
        slowest = "" if r.question_slowest is None else f"{r.question_slowest:g} ({r.slowest_question})"
        cells = (
            f"{r.organizations:,}",
            r.engine,
            *map(shown, (r.load, r.infer, r.communities, r.rules)),
            ratio(r.rules, hand),
            ratio(oxigraph, r.rules),
            shown(r.dump),
            shown(r.total),
            "" if r.peak_memory_mb is None else f"{r.peak_memory_mb:,}",
            "" if r.groups is None else f"{r.groups:,}",
            r.same_as_hand,
            "" if r.questions_answered is None else str(r.questions_answered),
            "" if r.question_median is None else f"{r.question_median:g}",
            slowest,
            " ".join(filter(None, (r.status, r.message, r.questions_status))).replace("|", "\\|"),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def shown(seconds: float | None) -> str:
    """Return seconds for people."""
    return "" if seconds is None else f"{seconds:.2f}"


def ratio(above: float | None, below: float | None) -> str:
    """Return a ratio for people."""
    return "" if above is None or not below else f"{above / below:.1f}"


def plot(folder: Path, results: Sequence[Result]) -> None:
    """Draw time and memory against size, a line for each engine, on logarithmic axes."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    for engine in ENGINES:
        own = sorted((r for r in results if r.engine == engine and r.status == "ok"), key=lambda r: r.organizations)
        timed = [(r.organizations, r.rules) for r in own if r.rules]
        if timed:
            left.plot(*zip(*timed, strict=True), marker="o", label=engine)
        if own:
            right.plot([r.organizations for r in own], [r.peak_memory_mb for r in own], marker="o", label=engine)
    left.set(xlabel="organisations", ylabel="load to inferred, without communities (s)", title="Time")
    right.set(xlabel="organisations", ylabel="peak resident memory (MB)", title="Memory")
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.grid(visible=True, which="both", alpha=0.3)
        if axes.lines:
            axes.legend()
    for form in ("svg", "png"):
        figure.savefig(folder / f"results.{form}", dpi=150)
    plt.close(figure)


def main() -> None:
    """Read the command line, measure, write after every measurement."""
    parser = argparse.ArgumentParser(description="Measure the engines against the work by hand.")
    parser.add_argument("--sizes", default=os.environ.get("BENCH_SIZES") or "10000,100000,1000000")
    parser.add_argument("--engines", default=os.environ.get("BENCH_ENGINES") or ",".join(ENGINES))
    parser.add_argument("--limit", type=float, default=float(os.environ.get("BENCH_LIMIT") or 3600), help="seconds")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    given = parser.parse_args()
    engines = given.engines.split(",")
    for engine in engines:
        if engine not in ENGINES:
            parser.error(f"there is no engine '{engine}'; there are {', '.join(ENGINES)}")
    sizes = given.sizes.replace(" ", ",").split(",")
    for size in sizes:
        if not size.isdigit() or int(size) == 0:
            parser.error(f"--sizes {given.sizes}: '{size}' is no number of organisations")
    results: list[Result] = []
    for size in map(int, sizes):
        project = project_of(size)
        for engine in engines:
            print(f"{size:,} organisations: {engine}", flush=True)
            results.append(measure(engine, size, project, given.limit))
            write_results(given.out, results)
            print(f"  {results[-1].status} {results[-1].message}", flush=True)
    print((given.out / "results.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
