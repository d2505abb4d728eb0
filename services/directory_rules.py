"""What must hold between the parts of a directory, beyond the shape of each; every fault named at its place."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import combinations

from documents.language import N_
from models.directory import Agency, Dated, Directory
from models.text import fold_key, sort_key
from services.data_files import FileFault

Place = tuple[str | int, ...]
"""The way to a value of the file."""

Found = tuple[Place, str, dict[str, object]]


def directory_faults(directory: Directory) -> Iterator[Found]:
    """Find what does not fit together: codes twice, posts of nobody, names of two agencies, periods that end early."""
    yield from _codes(directory)
    yield from _references(directory)
    yield from _periods(directory)
    yield from _names(directory.agencies)
    yield from _field_names(directory)


def _codes(directory: Directory) -> Iterator[Found]:
    tables: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("agencies", tuple(agency.code for agency in directory.agencies)),
        ("people", tuple(person.code for person in directory.people)),
        ("fields", tuple(field.code for field in directory.fields)),
    )
    for table, codes in tables:
        # People sign in by their code and type it on any keyboard: of those, two writings of one code are one.
        keys = [fold_key(code) for code in codes] if table == "people" else list(codes)
        for key in [key for key, number in Counter(keys).items() if number > 1]:
            last = len(keys) - 1 - keys[::-1].index(key)
            yield (table, last, "code"), N_("mã “{code}” có hai lần."), {"code": codes[last]}
    for place, person in enumerate(directory.people):
        if person.code != person.code.strip().casefold():
            yield ("people", place, "code"), N_("mã người “{code}” phải viết bằng chữ thường."), {"code": person.code}


def _references(directory: Directory) -> Iterator[Found]:
    agencies = {agency.code for agency in directory.agencies}
    people = {person.code for person in directory.people}
    fields = {field.code for field in directory.fields}

    def unknown(code: str | None, known: set[str], message: str, *place: str | int) -> Iterator[Found]:
        if code is not None and code not in known:
            yield place, message, {"code": code}

    no_agency = N_("không có cơ quan nào mã “{code}” trong tệp này.")
    no_person = N_("không có người nào mã “{code}” trong tệp này.")
    no_field = N_("không có lĩnh vực nào mã “{code}” trong tệp này.")
    for number, agency in enumerate(directory.agencies):
        yield from unknown(agency.field, fields, no_field, "agencies", number, "field")
    for number, link in enumerate(directory.successions):
        yield from unknown(link.old, agencies, no_agency, "successions", number, "from")
        yield from unknown(link.new, agencies, no_agency, "successions", number, "to")
        for code in link.fields:
            yield from unknown(code, fields, no_field, "successions", number, "fields")
    for number, post in enumerate(directory.posts):
        yield from unknown(post.person, people, no_person, "posts", number, "person")
        yield from unknown(post.agency, agencies, no_agency, "posts", number, "agency")
        for code in post.fields:
            yield from unknown(code, fields, no_field, "posts", number, "fields")
    for number, field in enumerate(directory.fields):
        yield from unknown(field.vice_chairman, people, no_person, "fields", number, "vice_chairman")
        yield from unknown(field.monitoring_officer, people, no_person, "fields", number, "monitoring_officer")
    for number, absence in enumerate(directory.absences):
        yield from unknown(absence.person, people, no_person, "absences", number, "person")
        yield from unknown(absence.deputy, people, no_person, "absences", number, "deputy")


def _periods(directory: Directory) -> Iterator[Found]:
    tables: tuple[tuple[str, Iterable[Dated]], ...] = (
        ("agencies", directory.agencies),
        ("posts", directory.posts),
        ("absences", directory.absences),
    )
    for table, rows in tables:
        for number, row in enumerate(rows):
            if row.valid_from and row.valid_until and row.valid_until < row.valid_from:
                yield (
                    (table, number, "valid_until"),
                    N_("kết thúc ngày {until} trước khi bắt đầu ngày {start}."),
                    {"until": row.valid_until, "start": row.valid_from},
                )


def _names(agencies: tuple[Agency, ...]) -> Iterator[Found]:
    """Two agencies of one time may share no name; accents part them, since people can write them."""
    named: dict[str, list[int]] = {}
    for number, agency in enumerate(agencies):
        for key in {sort_key(name) for name in (agency.code, agency.name, *agency.aliases)}:
            named.setdefault(key, []).append(number)
    told: set[tuple[int, int]] = set()
    for key, numbers in named.items():
        for one, other in combinations(numbers, 2):
            if (one, other) in told or not _overlap(agencies[one], agencies[other]):
                continue
            told.add((one, other))
            names = (agencies[other].code, agencies[other].name, *agencies[other].aliases)
            name = next(name for name in names if sort_key(name) == key)
            yield (
                ("agencies", other, "aliases"),
                N_("tên “{name}” cũng là tên của {other} trong cùng thời gian."),
                {"name": name, "other": agencies[one].code},
            )


def _field_names(directory: Directory) -> Iterator[Found]:
    """Two fields may share no name: a directive that names one would be of the other."""
    named: dict[str, str] = {}
    for number, field in enumerate(directory.fields):
        for name in (field.code, field.name, *field.aliases):
            other = named.setdefault(fold_key(name), field.code)
            if other != field.code:
                told = N_("tên “{name}” cũng là tên của lĩnh vực {other}.")
                yield ("fields", number, "aliases"), told, {"name": name, "other": other}


def _overlap(one: Dated, other: Dated) -> bool:
    starts = [start for start in (one.valid_from, other.valid_from) if start]
    ends = [end for end in (one.valid_until, other.valid_until) if end]
    return not starts or not ends or max(starts) <= min(ends)


def as_faults(found: Iterable[Found], lines: Iterable[int]) -> tuple[FileFault, ...]:
    """Make faults of a file of what was found, each with its line."""
    return tuple(
        FileFault(".".join(str(part) for part in place), line, message, data)
        for (place, message, data), line in zip(found, lines, strict=True)
    )
