"""The controlled vocabularies that ship, with the values of the canonical model.

Closed ones belong to the model and change with a release; extensible ones start with what every
firm needs (or empty) and grow by reference data.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shipped:
    """A vocabulary as it ships: its terms, and whether people may add more."""

    name: str
    terms: tuple[str, ...] = ()
    extensible: bool = False

    @property
    def title(self) -> str:
        """The name as people read it."""
        return self.name.replace("_", " ").capitalize()


def _closed(name: str, terms: str) -> Shipped:
    return Shipped(name, tuple(terms.split()))


def _extensible(name: str, terms: str = "") -> Shipped:
    return Shipped(name, tuple(terms.split()), extensible=True)


SHIPPED: tuple[Shipped, ...] = (
    _closed("party_type", "organization person"),
    _closed("client_status", "lead prospect active on_hold inactive blocked former"),
    _closed(
        "engagement_stage",
        "lead proposal won planned in_progress on_hold completed closed lost cancelled",
    ),
    _extensible(
        "contract_type",
        "msa engagement_letter sow work_order change_order retainer framework_call_off"
        " subscription subcontract nda",
    ),
    _closed(
        "contract_status",
        "draft in_review signed active on_hold completed expired terminated lost abandoned",
    ),
    _closed(
        "billing_method",
        "time_and_materials time_and_materials_capped fixed_price_milestone fixed_price_interval"
        " progress unit_of_delivery cost_plus retainer success_fee charge_based non_billable",
    ),
    _closed(
        "billing_trigger",
        "fixed_date period_start period_end milestone_completed percent_complete time_approved"
        " expense_approved contract_effective service_activation customer_acceptance manual",
    ),
    _closed("item_status", "not_ready ready_to_invoice invoice_drafted invoiced on_hold cancelled"),
    _closed("schedule_status", "draft active on_hold completed cancelled"),
    _closed(
        "frequency",
        "one_time daily weekly biweekly monthly bimonthly quarterly semiannual annual custom",
    ),
    _closed(
        "revenue_treatment",
        "as_incurred as_billed percent_complete percent_spent amount_based straight_line"
        " completed_contract none",
    ),
    _closed("rate_unit", "HUR DAY WEE MON ANN C62 LS"),
    _closed("price_calculation", "per_unit at_cost markup_pct"),
    _closed("rate_card_type", "standard client contract engagement cost transfer"),
    _closed("rate_card_status", "draft active superseded retired"),
    _closed("rate_purpose", "sales cost purchase"),
    _closed("resource_type", "employee contingent subcontractor generic equipment"),
    _closed("employment_status", "pre_hire active on_leave terminated"),
    _closed("role_billing_type", "chargeable non_chargeable complimentary not_available"),
    _closed("billing_timing", "in_advance in_arrears"),
    _closed("renewal", "none auto manual"),
    _closed("delivery_health", "green yellow red"),
    _closed("line_includes", "time expense material fee"),
    _closed("address_role", "registered billing shipping office"),
    _closed("contact_role", "sponsor billing legal procurement"),
    _closed("kyc_status", "not_started in_progress cleared failed expired"),
    _closed("independence_status", "not_started in_progress cleared restricted"),
    _extensible("legal_entity"),
    _extensible("service_line"),
    _extensible("practice"),
    _extensible("region"),
    _extensible("office"),
    _extensible("cost_center"),
    _extensible("profit_center"),
    _extensible("billing_role"),
    _extensible("payment_terms"),
    _extensible("tax_category", "standard reduced zero exempt reverse_charge"),
    _extensible("tax_jurisdiction"),
)
