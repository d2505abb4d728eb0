"""Whose token this is."""

from fastapi import APIRouter

from models.tokens import TokenScope
from models.vocabulary import Role
from services.answers import Instant, Said
from web.api.described import PREFIX, problems
from web.api.door import Anybody


class TokenSaid(Said):
    """The token of this request."""

    id: int
    name: str
    scopes: tuple[TokenScope, ...]
    created_at: Instant
    expires_at: Instant | None


class SightSaid(Said):
    """What the person sees today: everything, or what concerns these."""

    everything: bool
    agencies: tuple[str, ...]
    leaders: tuple[str, ...]
    fields: tuple[str, ...]


class MeSaid(Said):
    """For whom the token acts."""

    person: str
    name: str
    roles: tuple[Role, ...]
    agencies: tuple[str, ...]
    sees: SightSaid
    token: TokenSaid


def me_routes() -> APIRouter:
    """The route `/me`."""
    router = APIRouter(prefix=PREFIX, tags=["token"])

    @router.get("/me", operation_id="whoAmI", responses=problems())
    def me(caller: Anybody) -> MeSaid:
        """The person, what he may do and see today, and the token; any scope will do."""
        holder = caller.holder
        token, sight = holder.token, holder.sight
        return MeSaid(
            person=caller.person,
            name=holder.reference.directory.person_name(caller.person),
            roles=tuple(sorted(holder.actor.roles)),
            agencies=tuple(sorted(holder.actor.agencies)),
            sees=SightSaid(
                everything=sight.everything,
                agencies=tuple(sorted(sight.agencies)),
                leaders=tuple(sorted(sight.leaders)),
                fields=tuple(sorted(sight.fields)),
            ),
            token=TokenSaid(
                id=token.id,
                name=token.name,
                scopes=token.scopes,
                created_at=token.created_at,
                expires_at=token.expires_at,
            ),
        )

    return router
