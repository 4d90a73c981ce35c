"""Run one benchmark, or all that take less than an hour: python -m benchmarks [its name] [its arguments]."""

import sys

from benchmarks import (
    bank,
    billing,
    changes,
    customers,
    documents,
    dunning,
    imports,
    incidents,
    receivables,
    reports,
    support,
    suspensions,
    tickets,
    torture,
)

BENCHMARKS = {
    "imports": imports.main,
    "changes": changes.main,
    "customers": customers.main,
    "documents": documents.main,
    "receivables": receivables.main,
    "reports": reports.main,
    "bank": bank.main,
    "billing": billing.main,
    "suspensions": suspensions.main,
    "dunning": dunning.main,
    "tickets": tickets.main,
    "support": support.main,
    "incidents": incidents.main,
}
# What is run only when it is named: it takes long, or rights.
NAMED = {"torture": torture.main}


def main() -> None:
    """Run the benchmark that is named with the rest of the arguments, or each with none."""
    name, *rest = sys.argv[1:] or [None]
    known = BENCHMARKS | NAMED
    if name and name not in known:
        sys.exit(f"There is no benchmark “{name}”. There are: {', '.join(known)}.")
    for benchmark in [name] if name else BENCHMARKS:
        sys.argv = [f"python -m benchmarks {benchmark}", *rest]
        known[benchmark]()


if __name__ == "__main__":
    main()
