"""A resource: a person, or a placeholder for one, whose time the firm sells. Names follow SCIM."""

from __future__ import annotations

from canonical.attributes import Classification
from canonical.entities import columns, parts
from canonical.entities.base import GoldenRecord, History


class Resource(GoldenRecord):
    """The golden resource. Refers to its manager and, if subcontracted, to the supplier."""

    ENTITY, PATH, PREFIX = "resource", "resources", "RS"
    TITLE = ("display_name", "family_name", "worker_id")

    resource_type = columns.code("resource_type", mandatory=True)
    given_name = columns.text(identifying=True)
    family_name = columns.text(identifying=True)
    display_name = columns.text(mandatory=True, identifying=True)
    preferred_name = columns.text(identifying=True)
    email = columns.email(identifying=True)
    user_name = columns.text(identifying=True)
    worker_id = columns.text(60, identifying=True, help="SCIM employeeNumber, Workday Employee_ID.")
    employment_status = columns.code("employment_status", mandatory=True)
    hired_on = columns.date()
    terminated_on = columns.date()
    job_title = columns.text()
    job_code = columns.text(60)
    grade = columns.text(60)
    billing_role = columns.code("billing_role")
    role_billing_type = columns.code("role_billing_type")
    department = columns.text()
    division = columns.text()
    organization = columns.text()
    cost_center = columns.code("cost_center")
    employing_entity = columns.code("legal_entity")
    location = columns.record(*parts.LOCATION)
    time_zone = columns.text(60)
    manager = columns.reference("resource", "canonical.Resource")
    fte = columns.decimal(help="Share of a full-time post, 0 to 1.")
    weekly_hours = columns.decimal()
    skills = columns.listing(*parts.SKILL, keys=(("scheme", "code"),))
    target_utilization = columns.decimal(help="0 to 1.")
    cost_rate = columns.record(*parts.COST_RATE, classification=Classification.RESTRICTED)
    supplier = columns.reference("client", "canonical.Client")
    date_of_birth = columns.date(classification=Classification.RESTRICTED, identifying=True)
    national_id = columns.text(60, classification=Classification.RESTRICTED, identifying=True)
    phone = columns.phone(identifying=True, classification=Classification.CONFIDENTIAL)
    home_address = columns.record(
        *parts.ADDRESS[1:], classification=Classification.RESTRICTED, identifying=True
    )

    history = History()

    class Meta:
        verbose_name = "resource"
        verbose_name_plural = "resources"
