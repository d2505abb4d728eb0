"""Who sees which directive: one scope a person and day, for one object and (`database/scopes.py`) for queries alike.

| role | sees |
|---|---|
| secretariat | everything |
| leader | the chairman everything; a vice-chairman what he supervises and the fields in his charge |
| agency | what the agency leads or coordinates |
| inspector | everything, and acts on nothing |
| administrator | everything, since he cares for the data, and acts for nobody |

Who may act is `models/life.py`; a person can act only on what he sees. Whoever stands in for an absent person sees what
that one sees, on those days. Source: the table "who may" of docs/security.md.
"""

import datetime as dt

from models.directive import Directive, Frozen
from models.directory import ROLES, Directory, Post
from models.vocabulary import Position, Role

SEES_ALL = frozenset({Role.SECRETARIAT, Role.INSPECTOR, Role.ADMINISTRATOR})
"""Roles to which no directive is closed."""


class Scope(Frozen):
    """Which directives somebody sees; what is not covered is to him as if it did not exist.

    Attributes:
        everything: all of them.
        agencies: those that one of these agencies leads or coordinates.
        leaders: those that one of these leaders supervises.
        fields: those of one of these fields.
        led: those that one of these agencies leads and that name no field of the directory: they belong to the
            agency's own field, by which their escalations go as well (`Directory.field_of`).
        known_fields: the fields of the directory.
    """

    everything: bool = False
    agencies: frozenset[str] = frozenset()
    leaders: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    led: frozenset[str] = frozenset()
    known_fields: frozenset[str] = frozenset()

    def covers(self, directive: Directive) -> bool:
        """Whether this directive is seen."""
        return (
            self.everything
            or directive.lead_agency in self.agencies
            or not self.agencies.isdisjoint(directive.coordinating_agencies)
            or directive.supervising_leader in self.leaders
            or directive.field in self.fields
            or (directive.lead_agency in self.led and directive.field not in self.known_fields)
        )


EVERYTHING = Scope(everything=True)
NOTHING = Scope()


def scope_of(person: str, directory: Directory, day: dt.date) -> Scope:
    """Say what a person sees that local day, by his own posts and those of the absent people for whom he stands in.

    One who is unknown, locked or without a post sees nothing.
    """
    found = directory.person(person)
    if found is None or found.locked:
        return NOTHING
    principals = (person, *directory.represented(person, day))
    scopes = [_of_post(post, directory) for principal in principals for post in directory.posts_on(principal, day)]
    if any(scope.everything for scope in scopes):
        return EVERYTHING
    return Scope(
        agencies=frozenset().union(*(scope.agencies for scope in scopes)),
        leaders=frozenset().union(*(scope.leaders for scope in scopes)),
        fields=frozenset().union(*(scope.fields for scope in scopes)),
        led=frozenset().union(*(scope.led for scope in scopes)),
        known_fields=frozenset().union(*(scope.known_fields for scope in scopes)),
    )


def charge_of(person: str, directory: Directory, more: tuple[str, ...] = ()) -> Scope:
    """What a leader is in charge of: what names him, and the fields that he supervises.

    Args:
        more: fields that his post names.
    """
    fields = frozenset({*(field.code for field in directory.fields if field.vice_chairman == person), *more})
    return Scope(
        leaders=frozenset({person}),
        fields=fields,
        led=frozenset(agency.code for agency in directory.agencies if agency.field in fields),
        known_fields=frozenset(field.code for field in directory.fields),
    )


def _of_post(post: Post, directory: Directory) -> Scope:
    if ROLES[post.position] in SEES_ALL or post.position is Position.CHAIRMAN:
        return EVERYTHING
    if post.position is Position.VICE_CHAIRMAN:
        return charge_of(post.person, directory, post.fields)
    return Scope(agencies=frozenset({post.agency}))
