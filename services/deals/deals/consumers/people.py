"""Users, departments, teams, and the settings of others that deals follows."""

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.subscriptions import Heard
from contracts import gateway, intake
from deals.commands.department_copies import copy_dictionaries
from deals.commands.replicas import keep, keep_setting
from deals.consumers.subscription import SUBSCRIPTION
from deals.domain.preferences import KEYS
from deals.models import Department, Team, User
from kernel.text import email_key, fold


@SUBSCRIPTION.keeps(gateway.UserCreated, gateway.UserChanged, gateway.UserDeactivated)
async def keep_user(session: AsyncSession, heard: Heard[gateway.UserEvent]) -> None:
    """Keep who somebody is."""
    user = heard.event
    values = {
        "name": user.name,
        "name_key": fold(user.name),
        "email": user.email,
        "email_key": email_key(user.email),
        "is_active": user.active,
        "department_ids": list(user.department_ids),
        "team_ids": list(user.team_ids),
    }
    await keep(session, heard, User, values)


@SUBSCRIPTION.keeps(gateway.DepartmentChanged)
async def keep_department(session: AsyncSession, heard: Heard[gateway.DepartmentChanged]) -> None:
    """Keep a department and the currency it reckons in."""
    group = heard.event
    values = {"name": group.name, "is_active": group.active, "currency": group.currency}
    await keep(session, heard, Department, values)


@SUBSCRIPTION.on(gateway.DepartmentChanged)
async def copy_department(session: AsyncSession, heard: Heard[gateway.DepartmentChanged]) -> None:
    """A copied department gets its original's dictionaries."""
    group = heard.event
    if group.copied_from:
        await copy_dictionaries(session, group.copied_from, group.id, group.name)


@SUBSCRIPTION.keeps(gateway.TeamChanged)
async def keep_team(session: AsyncSession, heard: Heard[gateway.GroupEvent]) -> None:
    """Keep a team."""
    group = heard.event
    values = {"name": group.name, "is_active": group.active}
    await keep(session, heard, Team, values)


@SUBSCRIPTION.on(intake.SettingChanged)
async def follow_settings(session: AsyncSession, heard: Heard[intake.SettingChanged]) -> None:
    """Follow the settings of intake that decide something here."""
    for key, (_, new) in heard.event.keys.items():
        if key in KEYS.values():
            await keep_setting(session, key, new)
