"""Run one benchmark, or all: python -m benchmarks [imports|changes|customers] [its arguments]."""

import sys

from benchmarks import changes, customers, imports

BENCHMARKS = {"imports": imports.main, "changes": changes.main, "customers": customers.main}


def main() -> None:
    """Run the benchmark that is named with the rest of the arguments, or each with none."""
    name, *rest = sys.argv[1:] or [None]
    if name and name not in BENCHMARKS:
        sys.exit(f"There is no benchmark “{name}”. There are: {', '.join(BENCHMARKS)}.")
    for benchmark in [name] if name else BENCHMARKS:
        sys.argv = [f"python -m benchmarks {benchmark}", *rest]
        BENCHMARKS[benchmark]()


if __name__ == "__main__":
    main()
