"""Numbers that lost the zeros before them, as in spreadsheets: told from the records that have them, such as 0012."""

from collections.abc import Iterator

from customerflow.loads.declaration import KINDS, Column, Declaration
from customerflow.loads.noticed import Noticed, in_words
from customerflow.loads.staging import Stage, Stages, is_new


def lost_zeros(stage: Stage, stages: Stages) -> Iterator[str]:
    """Yield a warning for new records of which there is one with zeros before it, and for names of such records."""
    number = number_of(stage, stage.declaration)
    if number in stage.filled:
        column = stage.declaration.column(number)
        yield from _warning(stage, column, "stored zeros", f's."{number}"', is_new(stage), [_bare(stage.table, number)])
    for reference in stage.declaration.references():
        declaration = KINDS.get(reference.referent.kind)
        number = number_of(stage, declaration) if declaration else ""
        if not number or reference.said not in stage.filled:
            continue
        tables = [stage.connection.ops.quote_name(declaration.model._meta.db_table)]
        tables += [other.rows for other in stages.of(reference.referent.kind) if number in other.filled]
        said = f's."{reference.said}"'
        is_unknown = f"s.\"{reference.field}\" IS NULL AND {said} > ''"
        if stage.query(f"SELECT 1 FROM {stage.rows} AS s WHERE {is_unknown} LIMIT 1"):
            numbered = [_bare(table, number) for table in tables]
            yield from _warning(stage, reference, "referred zeros", said, is_unknown, numbered)


def number_of(stage: Stage, declaration: type[Declaration]) -> str:
    """Return the field with the number of a kind's records, if that is a text; else an empty text."""
    for names in declaration.keys:
        is_text = declaration.is_of_model(names[0]) and declaration.field(names[0]).db_type(
            stage.connection
        ).startswith(("varchar", "text"))
        if len(names) == 1 and is_text:
            return names[0]
    return ""


def _bare(table: str, number: str) -> str:
    """Return the SQL of the numbers with zeros before them, without those."""
    return f"SELECT LTRIM(\"{number}\", '0') AS bare FROM {table} WHERE \"{number}\" >= '0' AND \"{number}\" < '1'"


def _warning(stage: Stage, column: Column, kind: str, said: str, where: str, numbered: list[str]) -> Iterator[str]:
    """Yield the warning for the rows in which `said` is one of the numbers of the queries `numbered`."""
    count, line, value = stage.query(
        f"""
        SELECT COUNT(*), MIN(s.line), MIN({said}) FROM {stage.rows} AS s
        JOIN ({" UNION ".join(numbered)}) AS old ON old.bare = {said}
        WHERE {said} <> '' AND {where}
        """
    )[0]
    if count:
        yield in_words(column.heading, kind, Noticed(line, value, count))
