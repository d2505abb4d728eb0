"""What people must hear when the embedded system cannot start or go on."""


class EmbeddedFailure(Exception):
    """The embedded system cannot start or go on, for a reason that a person can act on.

    Carries a Vietnamese sentence with named holes (a gettext msgid) and the values for the holes, so that
    the shell can say it in the reader's language. `str()` is the Vietnamese sentence, filled in.
    """

    def __init__(self, message: str, **data: str) -> None:
        super().__init__(message)
        self.message = message
        self.data = data

    def __str__(self) -> str:
        return self.message.format_map(self.data)
