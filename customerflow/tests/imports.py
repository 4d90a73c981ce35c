"""Which part of the product may import which, and what breaks it. Reads the source; imports nothing."""

import ast
from collections.abc import Iterator
from pathlib import Path

# What a part may import of ours, besides itself. The longest name that fits a module decides which part it is of.
PRODUCT = {
    "customerflow",
    "customers",
    "billing",
    "dunning",
    "suspensions",
    "bank",
    "reports",
    "shadow",
    "tickets",
    "visits",
    "incidents",
}
GROUND = {
    "customerflow.constraints",
    "customerflow.csv_export",
    "customerflow.currencies",
    "customerflow.environment",
    "customerflow.formulas",
    "customerflow.idempotency",
    "customerflow.inserting",
    "customerflow.keys",
    "customerflow.mail",
    "customerflow.money",
    "customerflow.paging",
    "customerflow.public_holidays",
    "customerflow.records",
    "customerflow.search",
    "customerflow.smtp",
    "customerflow.storage",
    "customerflow.text",
    "customerflow.variables",
}
# The record of every change stands on the ground alone, and everything that writes stands on it.
FOUNDATION = GROUND | {
    "customerflow.changes",
    "customerflow.conflicts",
    "customerflow.filters",
    "customerflow.forms",
    "customerflow.lookup",
    "customerflow.refusals",
    "customerflow.tables",
}
SCREENS = FOUNDATION | {f"customerflow.{module}" for module in ("acts", "crud", "lists", "panels", "screens")}
ADMINISTRATION = SCREENS | {"customerflow.administration"}
APP = ADMINISTRATION | {
    "customerflow.bulk",
    "customerflow.history",
    "customerflow.jobs",
    "customerflow.loads",
    "customerflow.saved_views",
    "customerflow.series",
    "customerflow.webhooks",
}
MAY_IMPORT = {
    **dict.fromkeys(GROUND, GROUND),
    "customerflow.changes": GROUND,
    **dict.fromkeys(FOUNDATION - GROUND - {"customerflow.changes"}, FOUNDATION),
    **dict.fromkeys(SCREENS - FOUNDATION, SCREENS),
    **dict.fromkeys(ADMINISTRATION - SCREENS, ADMINISTRATION),
    "customerflow.history": ADMINISTRATION | {"customerflow.jobs"},
    "customerflow.bulk": ADMINISTRATION | {"customerflow.jobs"},
    "customerflow.jobs": ADMINISTRATION,
    "customerflow.loads": ADMINISTRATION | {"customerflow.jobs"},
    "customerflow.saved_views": ADMINISTRATION,
    "customerflow.series": ADMINISTRATION,
    "customerflow.staff": ADMINISTRATION,
    "customerflow.webhooks": ADMINISTRATION,
    "customers": APP,
    "billing": APP | {"customers"},
    "dunning": APP | {"customers", "billing"},
    "suspensions": APP | {"customers", "billing", "dunning"},
    "bank": APP | {"customers", "billing", "dunning"},
    "reports": APP | {"customers", "billing", "suspensions", "tickets", "visits"},
    "shadow": APP | {"customers", "billing"},
    "tickets": APP | {"customers"},
    "visits": APP | {"customers", "tickets"},
    "incidents": APP | {"customers", "billing", "tickets"},
    "customerflow.hub": APP | {"customerflow.staff"} | (PRODUCT - {"customerflow"}),
    "customerflow.settings": GROUND,
    "customerflow.context": set(),
    "customerflow.health": {"customerflow.changes"},
    "customerflow.security": set(),
    "customerflow.urls": {"customerflow.health"},
    "customerflow.wsgi": set(),
    "customerflow": set(),
    "manage": set(),
    "conftest": {"billing", "customerflow.changes", "customerflow.staff"},
    # What is no part of the product may look at all of it.
    "tests": PRODUCT,
    "benchmarks": PRODUCT,
    "scripts": set(),
}
OURS = PRODUCT | {"benchmarks", "scripts"}
# Django's hook for what can be imported only when all apps are there.
MAY_IMPORT_LATE = {("apps", "ready")}
# Programs that set Django up themselves before they can import what stands on it.
PROGRAMS = {"benchmarks"}


def offences(root: Path) -> list[str]:
    """Return a line for each import below `root` that points the wrong way, or hides in a function."""
    return [
        offence
        for path in sorted(root.rglob("*.py"))
        if not any(part.startswith(".") for part in path.relative_to(root).parts)
        for offence in _offences_in(path, path.relative_to(root))
    ]


def _offences_in(path: Path, name: Path) -> Iterator[str]:
    module = ".".join(name.with_suffix("").parts).removesuffix(".__init__")
    part = part_of(module)
    if part is None:
        yield f"{name}: no part of the product: add it to MAY_IMPORT"
        return
    package = module if name.stem == "__init__" else module.rpartition(".")[0]
    tree = ast.parse(path.read_text())
    for node, function in _imports(tree, ""):
        if function and part not in PROGRAMS and (name.stem, function) not in MAY_IMPORT_LATE:
            yield f"{name}:{node.lineno}: import inside of {function}()"
        for target in _targets(node, package):
            if target.split(".")[0] in OURS and not _may_import(part, target):
                yield f"{name}:{node.lineno}: {part} may not import {target}"


def part_of(module: str) -> str | None:
    """Return the part that `module` is of: tests, or the longest name in the table that it begins with."""
    if "tests" in module.split("."):
        return "tests"
    names = [name for name in MAY_IMPORT if f"{module}.".startswith(f"{name}.")]
    # The project's package itself is only its __init__.py: a new module in it must be given a place.
    return max((name for name in names if name != "customerflow" or module == name), key=len, default=None)


def _may_import(part: str, target: str) -> bool:
    allowed = {part, *MAY_IMPORT[part]}
    return any(f"{target}.".startswith(f"{name}.") for name in allowed)


def _imports(node: ast.AST, function: str) -> Iterator[tuple[ast.Import | ast.ImportFrom, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, function
        inner = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
        yield from _imports(child, inner)


def _targets(node: ast.Import | ast.ImportFrom, package: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    origin = node.module or ""
    if node.level:
        parents = package.split(".")[: len(package.split(".")) - node.level + 1]
        origin = ".".join([*parents, origin] if origin else parents)
    # `from customerflow import health` names a module, `from customerflow.money import round_money` a thing in one.
    return [f"{origin}.{alias.name}" if origin in OURS else origin for alias in node.names]
