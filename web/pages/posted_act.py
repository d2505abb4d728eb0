"""What came with a form that acts on a directive."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

from starlette.datastructures import FormData, UploadFile

from models.attachments import read_reference
from services.attachments import Upload
from services.command_words import Words

MOST_FIELDS: Final = 200
MOST_FILES: Final = 50
"""Parts of a form that are read; how many files an act takes is said by a sentence, not by a broken form."""


@dataclass(frozen=True)
class PostedAct:
    """A form as it was filled in.

    Attributes:
        on_behalf_of: the absent person for whom it is done.
        id: of the command; a form that is sent twice is carried out once.
        seen: the last event that was shown.
        back: the page to return to.
        words: what was typed, by entry.
        references: files handed in before and still wanted, as commands name them.
        uploads: files that come with it.
    """

    kind: str = ""
    on_behalf_of: str = ""
    id: str = ""
    seen: int | None = None
    back: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    waiting: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    uploads: tuple[Upload, ...] = ()

    @classmethod
    def of(cls, form: FormData) -> Self:
        """Read a form."""
        words = {name: value for name, value in form.items() if isinstance(value, str)}
        files = [one for one in form.getlist("files") if isinstance(one, UploadFile)]
        seen = words.get("seen", "")
        return cls(
            kind=words.get("kind", ""),
            on_behalf_of=words.get("on_behalf_of", ""),
            id=words.get("id", ""),
            seen=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else None,
            back=words.get("back", ""),
            words=words,
            waiting=tuple(one for one in form.getlist("waiting") if isinstance(one, str)),
            references=tuple(one for one in form.getlist("kept") if isinstance(one, str)),
            uploads=tuple(Upload(one.filename or "", one.file) for one in files if one.filename),
        )

    @property
    def kept(self) -> tuple[tuple[str, str], ...]:
        """The files handed in before, each with its name."""
        return tuple((one, read_reference(one)[1]) for one in self.references)

    def naming(self, references: tuple[str, ...]) -> Self:
        """The same with exactly these files, all of them kept by now."""
        return replace(self, references=references, uploads=())

    def as_words(self) -> Words:
        """What the command is made of."""
        given = self.words
        percent = given.get("percent", "").strip()
        coordinating = given.get("coordinating", "").strip()
        return Words(
            reason=given.get("reason", ""),
            text=given.get("text", ""),
            deadline=given.get("deadline", ""),
            no_deadline=given.get("no_deadline") == "1",
            agency=given.get("agency", ""),
            coordinating=(coordinating,) if coordinating else (),
            percent=int(percent[:4]) if percent.isascii() and percent.isdigit() else None,
            document=given.get("document", ""),
            attachments=self.references,
            grant={"1": True, "0": False}.get(given.get("grant", "")),
            citation=given.get("citation", ""),
            grade=given.get("grade", ""),
            opinion=given.get("opinion", ""),
            content=given.get("content", ""),
            urgency=given.get("urgency", ""),
            waiting_for=self.waiting,
        )
