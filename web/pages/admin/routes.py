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
    routers = (
        overview_routes(office, health, examination),
        *(routes(office) for routes in OF_THE_OFFICE),
        webhook_routes(office, webhook_allow),
    )
    router.routes.extend(route for one in routers for route in one.routes)
    return router


OF_THE_OFFICE = (
    *(people_routes, new_person_routes, person_routes, account_routes, absence_routes),
    *(agency_routes, field_routes, succession_routes, directory_file_routes),
    *(calendar_routes, policy_routes, record_routes),
)
"""Pages that need nothing but the office."""
