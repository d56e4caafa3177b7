"""The shipped roles and the arithmetic of grants (GAT-041 to GAT-048)."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from contracts.permissions import (
    Scope,
    bundles,
    limit,
    of_service,
    rights,
    sections,
    shipped_roles,
    widest,
)

OWN, TEAM, DEPARTMENT, ALL = Scope
A_GRANT = st.dictionaries(st.sampled_from(sorted(rights())), st.sampled_from(Scope), max_size=8)

PICKED: dict[str, dict[str, Scope | None]] = {
    "co_worker": {
        "tasks.task.view": OWN,
        "tasks.task.assign": DEPARTMENT,
        "deals.currency.view": ALL,
        "gateway.api_key.add": OWN,
        "gateway.user.change_profile": OWN,
        "gateway.deletion.ask": OWN,
        "deals.deal.view": None,
    },
    "sales_manager": {
        "intake.request.view": DEPARTMENT,
        "intake.request.change": OWN,
        "intake.request.delete": None,
        "intake.lead.convert": OWN,
        "intake.lead.import": None,
        "deals.deal.add": DEPARTMENT,
        "deals.deal.close": OWN,
        "deals.product.delete": ALL,
        "deals.payment.add": OWN,
        "mail.mailing.start": OWN,
        "analytics.report.view": DEPARTMENT,
        "analytics.audit.view": None,
    },
    "operator": {
        "intake.request.delete": DEPARTMENT,
        "intake.spam_rule.release": DEPARTMENT,
        "deals.deal.add": None,
        "deals.payment.view": None,
        "deals.deal.import": DEPARTMENT,
        "mail.message.send": OWN,
    },
    "executive": {
        "deals.deal.move": ALL,
        "deals.deal.delete": None,
        "analytics.income.snapshot": ALL,
        "gateway.team.members": ALL,
        "gateway.user.manage": None,
        "gateway.deletion.approve": ALL,
    },
    "accountant": {
        "intake.customer.change_terms": ALL,
        "deals.payment.change": ALL,
        "deals.payment.add": None,
        "analytics.dashboard.view_revenue": ALL,
        "analytics.dashboard.view": None,
    },
    "task_operator": {"tasks.memo.review": ALL, "tasks.dictionary.manage": ALL},
    "bi_reader": {"analytics.bi.view": ALL, "analytics.goal.change": None},
    "department_head": {
        "intake.lead.assign": DEPARTMENT,
        "deals.deal.reopen": DEPARTMENT,
        "gateway.team.manage": DEPARTMENT,
    },
    "team_leader": {"intake.lead.view": TEAM, "gateway.team.members": TEAM},
    "administrator": {
        "gateway.module.manage": ALL,
        "gateway.user.manage": ALL,
        "intake.contact.erase": ALL,
        "gateway.api_key.view": OWN,
        "tasks.reminder.view": OWN,
        "tasks.agenda.view": OWN,
        "tasks.agenda.view_team": ALL,
    },
}


@pytest.fixture(scope="module")
def specified() -> dict[str, Any]:
    """The matrix of the specification, where a developer has it at hand."""
    path = Path(__file__).resolve().parents[4] / "shared/spec/permissions.yaml"
    if not path.exists():
        pytest.skip(f"the specification's permissions are not at {path}")
    matrix: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return matrix


@pytest.mark.parametrize("code", PICKED)
def test_a_shipped_role_has_its_rights_and_no_others(code: str) -> None:
    """GAT-043."""
    grants = shipped_roles()[code].grants
    assert {right: grants.get(right) for right in PICKED[code]} == PICKED[code]


def test_every_right_granted_or_bundled_exists() -> None:
    granted = {right for role in shipped_roles().values() for right in role.grants}
    bundled = {right for members in bundles().values() for right in members}
    assert granted | bundled <= rights()


def test_an_administrator_has_every_right_as_far_as_it_goes() -> None:
    grants = shipped_roles()["administrator"].grants
    assert set(grants) == rights()
    assert {right for right, scope in grants.items() if scope is not ALL} == {
        right
        for right in rights()
        if right.startswith(
            (
                "tasks.reminder.",
                "tasks.notification.",
                "tasks.agenda.view",
                "gateway.api_key.",
                "gateway.preference.",
            )
        )
    } - {"tasks.agenda.view_team"}


def test_no_shipped_role_reaches_further_than_anybody_may() -> None:
    for role in shipped_roles().values():
        assert all(scope <= limit(right) for right, scope in role.grants.items()), role.code


def test_everybody_is_a_co_worker_and_heads_are_named_by_their_records() -> None:
    """GAT-042."""
    roles = shipped_roles()
    assert [code for code, role in roles.items() if role.implicit] == ["co_worker"]
    assert {code: role.attribute_of for code, role in roles.items() if role.attribute_of} == {
        "department_head": "department.head_id",
        "team_leader": "team.leader_id",
    }
    assert all(role.code == code and role.title for code, role in roles.items())


def test_scopes_widen_from_own_to_all() -> None:
    assert sorted([ALL, DEPARTMENT, TEAM, OWN]) == [OWN, TEAM, DEPARTMENT, ALL]
    with pytest.raises(TypeError):
        assert OWN < "all"


def test_a_managers_and_an_operators_rights_unite() -> None:
    """GAT-042: per right the widest scope counts."""
    roles = shipped_roles()
    united = widest(roles["sales_manager"].grants, roles["operator"].grants)
    assert united["intake.lead.change"] is DEPARTMENT
    assert united["deals.deal.add"] is DEPARTMENT
    assert united["mail.message.send"] is OWN
    assert widest() == {}


@given(A_GRANT, A_GRANT)
def test_a_union_holds_each_right_at_its_widest(
    one: dict[str, Scope], other: dict[str, Scope]
) -> None:
    united = widest(one, other)
    assert united == widest(other, one) == widest(one, other, one)
    for right, scope in united.items():
        assert scope == max(grants[right] for grants in (one, other) if right in grants)
    assert set(united) == set(one) | set(other)


def test_a_token_carries_the_rights_of_one_service() -> None:
    grants = shipped_roles()["accountant"].grants
    assert of_service(grants, "mail") == {"mail.campaign.view": ALL}
    assert of_service(grants, "mai") == {}


def test_ten_bundles_lie_in_three_sections() -> None:
    """GAT-046, GAT-048."""
    assert len(bundles()) == 10
    laid_out = [code for members in sections().values() for code in members]
    assert list(sections()) == ["configuration", "transactions", "analytics"]
    assert sorted(laid_out) == sorted(bundles())


def test_the_opportunity_bundle_moves_deals_and_the_pipeline_bundle_does_not() -> None:
    """GAT-047."""
    assert "deals.deal.move" in bundles()["crm_opportunity"]
    assert all(right.endswith(".view") for right in bundles()["crm_pipeline"])


def test_roles_and_bundles_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        shipped_roles()["accountant"].grants["deals.deal.delete"] = ALL  # type: ignore[index]  # the point
    with pytest.raises(TypeError):
        bundles()["crm_lead"] = ()  # type: ignore[index]  # the point


def test_the_rights_are_those_of_the_specification(specified: dict[str, Any]) -> None:
    assert rights() == {
        f"{entity}.{right}"
        for entity, row in specified["entities"].items()
        for right in row["rights"]
    }
    assert {k: list(v) for k, v in bundles().items()} == specified["bundles"]
    assert {k: list(v) for k, v in sections().items()} == specified["sections"]
    assert [scope.value for scope in Scope] == specified["scopes"]


def test_the_grants_are_those_of_the_specification(specified: dict[str, Any]) -> None:
    """GAT-043: exactly these, for every role but the administrator, who is told by a rule."""
    for code, row in specified["roles"].items():
        role = shipped_roles()[code]
        assert (role.title, role.attribute_of) == (row["title"], row.get("attribute_of"))
        assert role.implicit == ("implicit_for" in row)
        if "grants" not in row:
            assert {right: scope.value for right, scope in role.grants.items()} == {
                f"{entity}.{right}": scope
                for entity, entry in specified["entities"].items()
                for right, scope in entry["grants"].get(code, {}).items()
            }
    assert set(shipped_roles()) == set(specified["roles"])
