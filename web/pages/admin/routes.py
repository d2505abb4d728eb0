"""All routes of the administration."""

from fastapi import APIRouter

from services.office import Office
from web.examination import Examination
from web.health import Health
from web.pages.admin.agencies import agency_routes, directory_file_routes, succession_routes
from web.pages.admin.calendar import calendar_routes
from web.pages.admin.fields import field_routes
from web.pages.admin.overview import overview_routes
from web.pages.admin.people import absence_routes, account_routes, new_person_routes, people_routes, person_routes
from web.pages.admin.policy import policy_routes
from web.pages.admin.records import record_routes
from web.pages.admin.webhooks import webhook_routes


def admin_routes(office: Office, health: Health, examination: Examination, webhook_allow: frozenset[str]) -> APIRouter:
    """The pages below `/admin`.

    Args:
        webhook_allow: private places that webhooks may reach.
    """
    router = APIRouter(include_in_schema=False)
    router.include_router(overview_routes(office, health, examination))
    for routes in (
        *(people_routes, new_person_routes, person_routes, account_routes, absence_routes),
        *(agency_routes, field_routes, succession_routes, directory_file_routes),
        *(calendar_routes, policy_routes, record_routes),
    ):
        router.include_router(routes(office))
    router.include_router(webhook_routes(office, webhook_allow))
    return router
