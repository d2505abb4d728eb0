"""Agencies and people in time: who exists, who holds which post, who is absent and who stands in for him."""

import datetime as dt
from collections.abc import Iterable
from functools import cached_property
from typing import Literal

from pydantic import Field

from models.commands import Actor
from models.directive import Frozen
from models.refusal import Code, Refused
from models.text import fold_key, sort_key
from models.vocabulary import Position, Role

LEADERSHIP = "leadership"
OFFICE_KIND = "office"

ROLES: dict[Position, Role] = {
    Position.CHAIRMAN: Role.LEADER,
    Position.VICE_CHAIRMAN: Role.LEADER,
    Position.CHIEF_OF_OFFICE: Role.SECRETARIAT,
    Position.DEPUTY_CHIEF_OF_OFFICE: Role.SECRETARIAT,
    Position.MONITORING_OFFICER: Role.SECRETARIAT,
    Position.CLERK: Role.SECRETARIAT,
    Position.HEAD: Role.AGENCY,
    Position.DEPUTY_HEAD: Role.AGENCY,
    Position.OFFICER: Role.AGENCY,
    Position.INSPECTOR: Role.INSPECTOR,
    Position.ADMINISTRATOR: Role.ADMINISTRATOR,
}
"""What a person may do, by the post held."""

Kind = Literal["leadership", "office", "department", "district", "commune", "body"]


class Dated(Frozen):
    """Something that holds from one day to another, both included; an absent end is open."""

    valid_from: dt.date | None = None
    valid_until: dt.date | None = None

    def holds_on(self, day: dt.date) -> bool:
        """Whether it holds on that local day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


class Agency(Dated):
    """A department, district, commune or other body; its code is its identity, its name may be old.

    Attributes:
        field: the field of its directives that name none; so each has a leader in charge and an officer who follows.
    """

    code: str = Field(min_length=1, max_length=50)
    name: str = Field(min_length=1, max_length=200)
    kind: Kind
    aliases: tuple[str, ...] = ()
    field: str | None = None


class Succession(Frozen):
    """From a day on, `to` stands in the place of `from`, whole or for some fields only."""

    old: str = Field(alias="from")
    new: str = Field(alias="to")
    on: dt.date
    fields: tuple[str, ...] = ()


class Person(Frozen):
    """A person; `locked` people neither act nor hear."""

    code: str = Field(min_length=1, max_length=100)
    name: str = Field(min_length=1, max_length=200)
    email: str = Field(default="", max_length=254)
    locked: bool = False


class Post(Dated):
    """A person holds a position in an agency for a time; the Office's posts may be limited to fields."""

    person: str
    agency: str
    position: Position
    fields: tuple[str, ...] = ()


class Absence(Dated):
    """A person is away on these days and a deputy stands in (ủy quyền)."""

    person: str
    deputy: str | None = None


class FieldOfWork(Frozen):
    """A field (lĩnh vực), the vice-chairman in charge of it and the officer who follows it."""

    code: str = Field(min_length=1, max_length=50)
    name: str = Field(min_length=1, max_length=200)
    vice_chairman: str | None = None
    monitoring_officer: str | None = None
    aliases: tuple[str, ...] = ()


class Directory(Frozen):
    """The directory as the database holds it, or as a file brings it."""

    agencies: tuple[Agency, ...] = ()
    successions: tuple[Succession, ...] = ()
    people: tuple[Person, ...] = ()
    posts: tuple[Post, ...] = ()
    fields: tuple[FieldOfWork, ...] = ()
    absences: tuple[Absence, ...] = ()

    @cached_property
    def _agencies(self) -> dict[str, Agency]:
        return {agency.code: agency for agency in self.agencies}

    @cached_property
    def _people(self) -> dict[str, Person]:
        return {person.code: person for person in self.people}

    @cached_property
    def _fields(self) -> dict[str, FieldOfWork]:
        return {field.code: field for field in self.fields}

    @cached_property
    def _posts_of_person(self) -> dict[str, list[Post]]:
        posts: dict[str, list[Post]] = {}
        for post in self.posts:
            posts.setdefault(post.person, []).append(post)
        return posts

    @cached_property
    def _posts_of_agency(self) -> dict[str, list[Post]]:
        posts: dict[str, list[Post]] = {}
        for post in self.posts:
            posts.setdefault(post.agency, []).append(post)
        return posts

    @cached_property
    def _agencies_by_name(self) -> dict[str, list[Agency]]:
        named: dict[str, list[Agency]] = {}
        for agency in self.agencies:
            for name in {fold_key(text) for text in (agency.code, agency.name, *agency.aliases)}:
                named.setdefault(name, []).append(agency)
        return named

    @cached_property
    def _people_by_name(self) -> dict[str, list[Person]]:
        """By code, address and name: to try one person after another would tell how long who is unknown takes."""
        named: dict[str, list[Person]] = {}
        for person in self.people:
            for name in {fold_key(text) for text in (person.code, person.email, person.name)}:
                named.setdefault(name, []).append(person)
        return named

    def agency(self, code: str) -> Agency | None:
        """The agency with this code, whether it still exists or not."""
        return self._agencies.get(code)

    def agency_name(self, code: str | None) -> str:
        """Its name, or the code where nobody knows it; empty for none."""
        agency = self._agencies.get(code or "")
        return agency.name if agency else code or ""

    def person(self, code: str) -> Person | None:
        """The person with this code."""
        return self._people.get(code)

    def person_name(self, code: str | None) -> str:
        """His name, or the code where nobody knows it; empty for none."""
        person = self._people.get(code or "")
        return person.name if person else code or ""

    def field(self, code: str | None) -> FieldOfWork | None:
        """The field with this code."""
        return self._fields.get(code or "")

    def find_agency(self, text: str, day: dt.date) -> Agency:
        """Find the agency that people mean: by code, name or alias, whatever the case, accents or Unicode form.

        Of several with that name the one that exists on `day` is meant, then the one whose accents are those written
        (Sơn Hà and Sơn Hạ are two communes). One that ended before `day` is found only when nothing else is.

        Raises:
            Refused: unknown_agency, with the three closest names for the sentence as `closest`.
        """
        named = self._agencies_by_name.get(fold_key(text), [])
        current = [agency for agency in named if agency.holds_on(day)]
        for found in (current, [] if current else named):
            exact = [agency for agency in found if _is_written(text, agency)] if len(found) > 1 else found
            if len(exact) == 1:
                return exact[0]
        raise Refused(Code.UNKNOWN_AGENCY, agency=text, candidates="; ".join(agency.name for agency in named))

    def field_of(self, field: str | None, lead_agency: str | None) -> FieldOfWork | None:
        """The field of a directive: the one it names, else that of the agency that leads it."""
        agency = self._agencies.get(lead_agency or "")
        return self.field(field) or self.field(agency.field if agency else None)

    def find_field(self, text: str) -> FieldOfWork | None:
        """Find a field by code, name or alias, whatever the case or accents."""
        key = fold_key(text)
        for field in self.fields:
            if key in {fold_key(name) for name in (field.code, field.name, *field.aliases)}:
                return field
        return None

    def find_person(self, text: str) -> Person:
        """Find a person by code or e-mail address in any writing, else by full name when only one has it.

        Of several the one whose accents are those written is meant (Trần Văn An and Trần Văn Ấn are two people).

        Raises:
            Refused: unknown_person.
        """
        key = fold_key(text)
        person = self._people.get(text.strip().casefold())
        if person is not None:
            return person
        found = self._people_by_name.get(key, [])
        if len(found) > 1:
            written = sort_key(text)
            found = [one for one in found if written in (sort_key(one.code), sort_key(one.name))]
        if len(found) == 1:
            return found[0]
        raise Refused(Code.UNKNOWN_PERSON, person=text)

    def successor(self, code: str, field: str | None, day: dt.date) -> str:
        """Follow the successions until `day`: who stands in this agency's place, for that field."""
        seen = {code}
        while True:
            due = [link for link in self.successions if link.old == code and link.on <= day]
            by_field = [link for link in due if field is not None and field in link.fields]
            whole = [link for link in due if not link.fields]
            for link in (*by_field, *whole):
                if link.new not in seen:
                    seen.add(link.new)
                    code = link.new
                    break
            else:
                return code

    def posts_on(self, person: str, day: dt.date) -> tuple[Post, ...]:
        """The posts that a person holds that day."""
        return tuple(post for post in self._posts_of_person.get(person, ()) if post.holds_on(day))

    def holders(
        self, positions: Iterable[Position], day: dt.date, agency: str | None = None, field: str | None = None
    ) -> tuple[str, ...]:
        """The people, neither gone nor locked, who hold one of these positions that day.

        Args:
            agency: only in this agency.
            field: prefer those whose post names this field; those without fields follow everything.
        """
        wanted = frozenset(positions)
        posts = self.posts if agency is None else self._posts_of_agency.get(agency, ())
        found = [
            post for post in posts if post.position in wanted and post.holds_on(day) and self._reachable(post.person)
        ]
        if field is not None:
            named = [post for post in found if field in post.fields]
            found = named or [post for post in found if not post.fields] or found
        return tuple(dict.fromkeys(post.person for post in found))

    def _reachable(self, person: str) -> bool:
        found = self._people.get(person)
        return found is not None and not found.locked

    def stand_in(self, person: str, day: dt.date) -> str | None:
        """Who hears and acts for a person that day: himself, or the end of his chain of deputies.

        None when everybody in the chain is away, also when the chain is a ring, or when its end is locked or has left
        (RULES 19, 20).
        """
        seen: set[str] = set()
        current: str | None = person
        while current is not None and current not in seen:
            seen.add(current)
            absence = self._absence(current, day)
            if absence is None:
                return current if self._reachable(current) and self.posts_on(current, day) else None
            current = absence.deputy
        return None

    def _absence(self, person: str, day: dt.date) -> Absence | None:
        return next((absence for absence in self.absences if absence.person == person and absence.holds_on(day)), None)

    def actor(self, person: str, day: dt.date, on_behalf_of: str | None = None) -> Actor:
        """Say in which roles and for which agencies a person acts that day.

        Args:
            on_behalf_of: the absent person for whom he acts; must be absent that day with him at the end of the chain.

        Raises:
            Refused: unknown_person when there is none, or he is locked; not_deputy when he is not that one's deputy.
        """
        found = self._people.get(person)
        if found is None or found.locked:
            raise Refused(Code.UNKNOWN_PERSON, person=person)
        own = self.posts_on(person, day)
        acting = own
        if on_behalf_of is not None:
            if on_behalf_of == person or self.stand_in(on_behalf_of, day) != person:
                raise Refused(Code.NOT_DEPUTY, person=found.name, on_behalf_of=self.person_name(on_behalf_of))
            acting = self.posts_on(on_behalf_of, day)
        return Actor(
            person=person,
            roles=frozenset(ROLES[post.position] for post in acting),
            agencies=frozenset(post.agency for post in acting),
            connected_agencies=frozenset(
                post.agency
                for connected in (person, *self.represented(person, day))
                for post in self.posts_on(connected, day)
            ),
            on_behalf_of=on_behalf_of,
        )

    def represented(self, person: str, day: dt.date) -> tuple[str, ...]:
        """The absent people for whom he stands in that day, whether or not he acts for them just now (RULES 20)."""
        away = dict.fromkeys(absence.person for absence in self.absences if absence.holds_on(day))
        return tuple(other for other in away if other != person and self.stand_in(other, day) == person)


def _is_written(text: str, agency: Agency) -> bool:
    """Whether a text is one of an agency's names, accents included."""
    key = sort_key(text)
    return any(key == sort_key(name) for name in (agency.code, agency.name, *agency.aliases))
