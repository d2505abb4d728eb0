"""Why a message could not be delivered: for now, or for good. Both speak to people and never hold a secret."""

from documents.language import Language, sentence


class DeliveryFailure(Exception):
    """A message was not delivered; `str()` is the sentence in Vietnamese.

    Args:
        msgid: the Vietnamese sentence with named holes.
        data: what the sentence names; never a password or a whole URL with one.
    """

    def __init__(self, msgid: str, **data: object) -> None:
        self.msgid = msgid
        self.data = data
        super().__init__(self.explain(Language.VI))

    def explain(self, language: Language) -> str:
        """Say to a person what hindered the delivery and what happens or helps now."""
        return sentence(self.msgid, language, **self.data)


class TemporaryFailure(DeliveryFailure):
    """It may succeed later: the message stays and is tried again."""


class ServerAway(TemporaryFailure):
    """No conversation with the server came about, so it says nothing of any message: all of them wait."""


class PermanentFailure(DeliveryFailure):
    """It will not succeed without somebody's act: the message is parked and shown."""
