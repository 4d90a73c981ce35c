"""
Which records of a change set one statement can put back together with others, and which undo has to look at one by one.

A record that nothing else is about goes back the same way whatever becomes of the rest: it was touched once, by nobody
since, nothing that stays points at it, no rule of its model is about what goes back, and nobody has or wants what it
needs for itself. What is in doubt is sorted out: then undo looks at it, and nothing is lost but time.
"""

from django.db import models

from customerflow.changes.marks import CHANGES, Marked, Unique, is_going
from customerflow.changes.models import ChangeSet
from customerflow.changes.rows import relations_that_hold, relations_to
from customerflow.changes.scratch import query
from customerflow.changes.tracked import has_rules, is_ruled, link_to_whole

FIRST_ROUND = 1


class Sorter:
    """Sorts the records of a change set; `own` is the set that its undo writes, 0 where there is none."""

    def __init__(self, change_set: ChangeSet, own: int, marked: dict[str, Marked]) -> None:
        self.marked = marked
        self.ours = f"{change_set.pk}, {own}"

    def sort(self) -> None:
        """Mark what undo has to look at for its own sake, then what is concerned by something marked."""
        for each in self.marked.values():
            self._mark_touched(each)
            if each.restored.columns:
                self._mark_changed(each)
        for each in self.marked.values():
            self._mark_created(each)
            self._mark_parts_of_what_stays(each)
        state = FIRST_ROUND
        while sum([self._spread(each, state) for each in self.marked.values()]):
            state += 1

    def _mark_touched(self, each: Marked) -> None:
        """Mark what others changed since, and what is gone."""
        later = f"l.kind = '{each.kind}' AND l.record_id = m.record_id AND l.id > m.change_id"
        others = f"SELECT 1 FROM {CHANGES} AS l WHERE {later} AND l.change_set_id NOT IN ({self.ours})"
        each.mark(FIRST_ROUND, f"EXISTS ({others})")
        each.mark(FIRST_ROUND, f"NOT EXISTS (SELECT 1 FROM {each.stored} AS s WHERE s.id = m.record_id)")

    def _mark_changed(self, each: Marked) -> None:
        """Mark changed records that may not be as they were."""
        values = f"SELECT 1 FROM {each.restored.table.name} AS v WHERE v.record_id = m.record_id"
        each.mark(FIRST_ROUND, f"m.action = 'change' AND NOT EXISTS ({values})")
        for link in each.restored.links:
            column, target = f'v."{link.column}"', link.related_model._meta
            there = f'SELECT 1 FROM "{target.db_table}" AS t WHERE t."{link.target_field.column}" = {column}'
            gone = f"{values} AND {column} IS NOT NULL AND NOT EXISTS ({there})"
            each.mark(FIRST_ROUND, f"m.action = 'change' AND EXISTS ({gone})")
        for relation in relations_to(each.model, is_on_record=True) if each.restored.links else ():
            newer = f"{_pointing(relation, 'm.record_id')} AND {self._is_newer(relation.related_model)}"
            each.mark(FIRST_ROUND, f"EXISTS ({values} AND v.is_moved = 1) AND EXISTS ({newer})")
        for unique in each.uniques:
            if unique.columns is None or unique.columns & each.restored.columns.keys():
                each.mark(FIRST_ROUND, f"m.action = 'change' AND EXISTS ({_taken(each, unique)})")

    def _is_newer(self, model: type[models.Model]) -> str:
        """Return the condition that a record `p` was added by others after the change of `m`."""
        return f"""EXISTS (
            SELECT 1 FROM {CHANGES} AS l WHERE l.kind = '{model._meta.label_lower}' AND l.record_id = p.id
            AND l.id > m.change_id AND l.action = 'create' AND l.change_set_id NOT IN ({self.ours})
        )"""

    def _mark_created(self, each: Marked) -> None:
        """Mark created records at which something points that is not created later by the same act, and goes too."""
        if not each.last:
            return
        for relation in relations_that_hold(each.model):
            pointing = _pointing(relation, "m.record_id")
            child = self.marked.get(relation.related_model._meta.label_lower)
            if child is not None and child is not each:
                goes_first = f"u.record_id = p.id AND u.change_id > m.change_id AND {is_going('u')}"
                pointing += f" AND NOT EXISTS (SELECT 1 FROM {child.marks.name} AS u WHERE {goes_first})"
                self._mark_older(child, relation, each)
            each.mark(FIRST_ROUND, f"m.action = 'create' AND EXISTS ({pointing})")

    def _mark_older(self, child: Marked, relation: models.ForeignObjectRel, each: Marked) -> None:
        """Mark records that were created before what they point at: the walk meets them in that order."""
        if child.first > each.last:
            return
        later = f"""
            SELECT 1 FROM {child.stored} AS p JOIN {each.marks.name} AS u ON u.record_id = p."{relation.field.column}"
            WHERE p.id = m.record_id AND u.change_id > m.change_id AND u.action IN ('create', '')
        """
        child.mark(FIRST_ROUND, f"m.action = 'create' AND EXISTS ({later})")

    def _mark_parts_of_what_stays(self, each: Marked) -> None:
        """Mark parts of records that stay and have rules: those are asked when their parts are back."""
        link = link_to_whole(each.model)
        if link is None or not has_rules(link.related_model):
            return
        whole = self.marked.get(link.related_model._meta.label_lower)
        if whole is None:
            each.mark(FIRST_ROUND, "1 = 1")
            return
        goes = f"""
            SELECT 1 FROM {each.stored} AS s JOIN {whole.marks.name} AS u ON u.record_id = s."{link.column}"
            WHERE s.id = m.record_id AND {is_going("u")}
        """
        each.mark(FIRST_ROUND, f"NOT EXISTS ({goes})")

    def _spread(self, each: Marked, state: int) -> int:
        """Mark for the next round what the records marked in this one are about; return how many there were."""
        if not each.is_marked(state):
            return 0
        number = 0
        for link in each.links:
            if target := self.marked.get(link.related_model._meta.label_lower):
                about = each.mentioned(link, state, is_stored_too=False)
                number += target.mark(state + 1, f"m.action = 'create' AND m.record_id IN ({about})")
        for unique in each.uniques:
            number += each.mark(state + 1, _shares(each, unique, state))
        return number + self._spread_in_families(each, state)

    def _spread_in_families(self, each: Marked, state: int) -> int:
        """Mark the wholes and the other parts of what is marked: they stay together."""
        number = 0
        if link := link_to_whole(each.model):
            about = each.mentioned(link, state, is_stored_too=True)
            number += each.mark(state + 1, _has(each, link, about))
            if whole := self.marked.get(link.related_model._meta.label_lower):
                number += whole.mark(state + 1, f"m.record_id IN ({about})")
        for part in self.marked.values():
            link = link_to_whole(part.model)
            if link and link.related_model is each.model:
                wholes = f"SELECT f.record_id FROM {each.marks.name} AS f WHERE f.state > 0 AND f.state = {state}"
                number += part.mark(state + 1, _has(part, link, wholes))
        return number

    def is_rest_apart(self) -> bool:
        """
        Return whether what is marked would go back in the same way if the others did not.

        It does not where a record that is removed is pointed at by one of them, nor where a model has rules: those may
        look anywhere.
        """
        return not any(self._needs_the_others(each) for each in self.marked.values() if each.is_marked())

    def _needs_the_others(self, each: Marked) -> bool:
        link = link_to_whole(each.model)
        if has_rules(each.model) and (each.is_returning() or is_ruled(each.model, each.changed_columns("> 0"))):
            return True
        return (link is not None and has_rules(link.related_model)) or any(
            query(
                f"""
                SELECT 1 FROM {each.marks.name} AS m WHERE m.state > 0 AND EXISTS (
                    {_pointing(relation, "m.record_id")} AND EXISTS (
                        SELECT 1 FROM {child.marks.name} AS u WHERE u.record_id = p.id AND u.state = 0
                    )
                ) LIMIT 1
                """
            )
            for relation in relations_to(each.model, is_on_record=True)
            if (child := self.marked.get(relation.related_model._meta.label_lower))
        )


def _pointing(relation: models.ForeignObjectRel, key: str) -> str:
    """Return the beginning of a query for the rows `p` that point at the record `key`."""
    return f'SELECT 1 FROM "{relation.related_model._meta.db_table}" AS p WHERE p."{relation.field.column}" = {key}'


def _taken(each: Marked, unique: Unique) -> str:
    """Return a query for what others have of what a changed record is to have for itself."""
    column, is_restored = unique.first.column, unique.first.column in each.restored.columns
    wanted, key = (each.restored.table.name, "record_id") if is_restored else (each.stored, "id")
    return f"""
        SELECT 1 FROM {wanted} AS w JOIN {each.stored} AS s ON s."{column}" = w."{column}" AND s.id <> w.{key}
        WHERE w.{key} = m.record_id
    """


def _shares(each: Marked, unique: Unique, state: int) -> str:
    """Return the condition that a record has or wants what one marked in this round has, had or was given."""
    column, is_restored = unique.first.column, unique.first.column in each.restored.columns
    about = each.mentioned(unique.first, state, is_stored_too=True)
    condition = _has(each, unique.first, about)
    if is_restored:
        wanting = f'SELECT v.record_id FROM {each.restored.table.name} AS v WHERE v."{column}" IN ({about})'
        condition = f"{condition} OR m.record_id IN ({wanting})"
    return condition


def _has(each: Marked, field: models.Field, values: str) -> str:
    """Return the condition that a record has one of the values of a query in a column."""
    return f'm.record_id IN (SELECT s.id FROM {each.stored} AS s WHERE s."{field.column}" IN ({values}))'
