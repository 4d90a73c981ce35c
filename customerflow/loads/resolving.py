"""
Finding the records that a file names, such as the customers of its invoices.

Each name is looked for once, however many rows have it, among the stored records and among those that other files of
the same load bring. What is unknown, or could be several, is refused with what it could be.
"""

from dataclasses import replace

from django.utils.translation import gettext as _

from customerflow.loads.declaration import Reference, Way
from customerflow.loads.refusals import shorten
from customerflow.loads.staging import REFUSAL, Stage, Stages, is_new, is_refused, is_right

NAMES_A_PIECE = 5_000
# So many of the names that find nothing, or too much, are looked into.
EXPLAINED = 200
CANDIDATES = 3


def resolve(stage: Stage, stages: Stages) -> None:
    """Find what the rows of `stage` refer to, in `stages` before it and in the database; it can be repeated."""
    references = stage.declaration.references()
    if references:
        nothing = ", ".join(f'"{reference.field}" = NULL' for reference in references)
        stage.run(f"UPDATE {stage.rows} SET {nothing}")
    for reference in references:
        if reference.said in stage.filled or reference.is_only_one:
            _Search(stage, reference, stages).run()


class _Search:
    """The search for the records that one column names."""

    def __init__(self, stage: Stage, reference: Reference, stages: Stages) -> None:
        self.stage, self.reference, self.referent = stage, reference, reference.referent
        self.others = [other for other in stages.of(self.referent.kind) if other is not stage]
        self.ways = [
            replace(way, condition=way.condition.replace("{origin}", stage.origin_in_sql))
            for way in reference.referent.ways
        ]
        self.relation = self.referent.relation_in(stage.connection)
        self.scope = f'COALESCE("{reference.within}", 0)' if reference.within else "0"
        self.belongs = f'old."{self.referent.within}"' if reference.within else "NULL"
        self.said = f"COALESCE(\"{reference.said}\", '')"

    def run(self) -> None:
        """Fill the column of the keys, and refuse the rows for which that is not possible."""
        self._collect()
        if self.reference.is_only_one:
            self._look(f"{self.belongs} = said.scope", [self.relation, *self._staged()], "said.said = ''")
        for way in self.ways:
            if not self._key(way):
                continue
            relations = [way.relation] if way.relation else [self.relation, *self._staged()]
            if self.reference.within:
                self._look(f"({way.condition}) AND {self.belongs} = said.scope", relations, "said.scope <> 0")
                self._look(way.condition, relations, "said.scope = 0")
            else:
                self._look(way.condition, relations)
        self._explain()
        self._write()

    def _collect(self) -> None:
        """Gather the names, each once; an empty one where there may be only one that it stands for."""
        stage, is_said = self.stage, f"{self.said} <> ''"
        if self.reference.is_only_one:
            is_said = f"({is_said} OR {self.scope} <> 0)"
        stage.run(f"DELETE FROM {stage.names}")
        stage.run(
            f"""
            INSERT INTO {stage.names} (number, said, scope)
            SELECT ROW_NUMBER() OVER (ORDER BY said, scope), said, scope
            FROM (
                SELECT DISTINCT {self.said} AS said, {self.scope} AS scope FROM {stage.rows} AS s
                WHERE {self._is_open("s")} AND {is_said}
            ) AS names
            """
        )
        stage.index(stage.names, "said", "scope")

    def _is_open(self, alias: str) -> str:
        """Return the SQL condition that it can be told what a row refers to: what that belongs to is known."""
        is_right_row = is_right(self.stage, alias)
        if not (within := self.reference.within):
            return is_right_row
        said = self.stage.declaration.column(within).said
        is_unknown = f"{alias}.\"{within}\" IS NULL AND COALESCE({alias}.\"{said}\", '') <> ''"
        return f"{is_right_row} AND NOT ({is_unknown})"

    def _staged(self) -> list[str]:
        """Return the SQL of the records that other files of the load will make."""
        return [
            f"(SELECT {other.provisional()} AS id, {_columns(other)} FROM {other.rows} AS s WHERE {is_new(other)})"
            for other in self.others
        ]

    def _key(self, way: Way) -> bool:
        """Let what is compared stand beside each name that has found nothing yet; return whether there are any."""
        stage, last, is_any = self.stage, 0, False
        stage.run(f"UPDATE {stage.names} SET key = NULL WHERE key IS NOT NULL")
        while page := stage.query(
            f"SELECT number, said FROM {stage.names} WHERE number > %s AND candidates IS NULL AND said <> '' "
            f"ORDER BY number LIMIT {NAMES_A_PIECE}",
            [last],
        ):
            last = page[-1][0]
            keys = [(str(key), number) for number, said in page if (key := way.key(said)) is not None]
            stage.run_many(f"UPDATE {stage.names} SET key = %s WHERE number = %s", keys)
            is_any = is_any or bool(keys)
        return is_any

    def _look(self, condition: str, relations: list[str], of: str = "said.said <> ''") -> None:
        """Let the names find what is theirs by `condition`, in the database and among what is staged."""
        stage = self.stage
        stage.run(f"DELETE FROM {stage.found}")
        stage.analyze(stage.names)
        for each in relations:
            stage.run(
                f"""
                INSERT INTO {stage.found} (number, target, belongs)
                SELECT said.number, old.id, {self.belongs} FROM {stage.names} AS said JOIN {each} AS old ON {condition}
                WHERE said.candidates IS NULL AND {of}
                """
            )
        stage.analyze(stage.found)
        stage.run(
            f"""
            UPDATE {stage.names} SET target = found.target, candidates = found.candidates, belongs = found.belongs
            FROM (
                SELECT number, MIN(target) AS target, COUNT(DISTINCT target) AS candidates, MIN(belongs) AS belongs
                FROM {stage.found} GROUP BY number
            ) AS found
            WHERE found.number = {stage.names.partition(".")[2]}.number
            """
        )

    def _explain(self) -> None:
        """Say of names that find nothing, or too much, what is known of them."""
        stage = self.stage
        for other in self.others:
            columns = f"CAST(NULL AS bigint) AS id, s.line, {_columns(other)}"
            rows = f"(SELECT {columns} FROM {other.rows} AS s WHERE {is_refused(other)})"
            for way in self.ways:
                if self._key(way):
                    self._look_refused(other, way, rows)
        bad = stage.query(
            f"SELECT number, said, candidates FROM {stage.names} "
            f"WHERE COALESCE(candidates, 0) <> 1 AND reason IS NULL ORDER BY number LIMIT {EXPLAINED}"
        )
        for number, said, candidates in bad:
            reason = self._reason(number, said, candidates or 0)
            stage.run(f"UPDATE {stage.names} SET reason = %s WHERE number = %s", [reason, number])

    def _look_refused(self, other: Stage, way: Way, refused: str) -> None:
        if way.relation:
            return
        reason = _("This is refused in the same load, on line #.")
        self.stage.run(
            f"""
            UPDATE {self.stage.names} SET reason = REPLACE(%s, '#', CAST(found.line AS text))
            FROM (
                SELECT said.number AS number, MIN(old.line) AS line
                FROM {self.stage.names} AS said JOIN {refused} AS old ON {way.condition}
                WHERE said.candidates IS NULL AND said.key IS NOT NULL GROUP BY said.number
            ) AS found
            WHERE found.number = {self.stage.names.partition(".")[2]}.number
            """,
            [reason],
        )

    def _reason(self, number: int, said: str, candidates: int) -> str:
        words = {"kind": self.referent.plural, "called": self.referent.called}
        if candidates > 1:
            words |= {"count": candidates, "names": self._names(number, said)}
            if not said:
                return _("There are %(count)d %(kind)s; say which: %(names)s.") % words
            return _("This could be one of %(count)d %(kind)s: %(names)s. Name it by %(called)s.") % words
        if not said:
            return _("There are no %(kind)s that it could be.") % words
        if names := self._similar(said):
            words["names"] = names
            return _("There are no %(kind)s with this %(called)s. Is it one of these: %(names)s?") % words
        return _("There are no %(kind)s with this %(called)s.") % words

    def _names(self, number: int, said: str) -> str:
        """Return in words the first of the records that a name could stand for."""
        within = f"(said.scope = 0 OR {self.belongs} = said.scope)" if self.reference.within else "1 = 1"
        labels = []
        for way in self.ways if said else (Way("1 = 1"),):
            if (key := way.key(said)) is None or labels:
                continue
            self.stage.run(f"UPDATE {self.stage.names} SET key = %s WHERE number = %s", [str(key), number])
            for relation in [way.relation] if way.relation else [self.relation, *self._staged()]:
                labels += self.stage.query(
                    f"SELECT {self.referent.label}, old.id FROM {self.stage.names} AS said JOIN {relation} AS old "
                    f"ON ({way.condition}) AND {within} WHERE said.number = %s ORDER BY old.id LIMIT {CANDIDATES}",
                    [number],
                )
        return ", ".join(
            f"{shorten(label)} ({f'#{key}' if key > 0 else _('new')})" for label, key in labels[:CANDIDATES]
        )

    def _similar(self, said: str) -> str:
        """Return the names of records that a search for the text finds."""
        search = getattr(self.referent.records_model._default_manager.all(), "search", None)
        found = list(search(said)[:CANDIDATES]) if search and len(said) > 2 else []
        return ", ".join(f"{shorten(record)} (#{record.pk})" for record in found)

    def _write(self) -> None:
        """Give the rows the keys that were found, and refuse the others."""
        stage, field = self.stage, self.reference.field
        stage.analyze(stage.names)
        is_named = f"n.said = {{0}} AND n.scope = {self.scope}"
        rows = stage.rows.partition(".")[2]
        within = f', "{self.reference.within}" = COALESCE({rows}."{self.reference.within}", n.belongs)'
        stage.run(
            f"""
            UPDATE {stage.rows} SET "{field}" = n.target{within if self.reference.within else ""}
            FROM {stage.names} AS n
            WHERE n.candidates = 1 AND {is_named.format(self.said)}
            """
        )
        stage.run(
            f"""
            INSERT INTO {stage.refusals} ({", ".join(REFUSAL)})
            SELECT {rows}.row_number, {rows}.line, %s, {self.said}, COALESCE(n.reason, %s), 1
            FROM {stage.rows} JOIN {stage.names} AS n ON {is_named.format(self.said)}
            WHERE COALESCE(n.candidates, 0) <> 1 AND {self._is_open(rows)}
            """,
            [self.reference.heading, _("There is no such record, or there are several.")],
        )


def _columns(stage: Stage) -> str:
    """Return the staged columns of a file by which its records can be named."""
    return ", ".join(f'"{name}"' for name in stage.columns() if name != "id")
