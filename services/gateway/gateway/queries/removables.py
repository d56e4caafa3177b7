"""Which records of the gateway are removed for good in the end (GAT-014); users never are."""

from sqlalchemy import exists
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import aliased

from chassis.removal import Removable
from gateway.models.department import Department
from gateway.models.known_record import KnownRecord
from gateway.models.team import Team, TeamMember
from gateway.models.user import User
from gateway.queries import departments, teams

Below = aliased(Department)

# nobody's rights change when one goes, for a deleted one gives none: no `change_rights` is needed
REMOVABLES = (
    Removable(
        "teams/{team_id}",
        Team,
        teams.MANAGE,
        parts=(TeamMember.team_id,),
        kept_by=(exists().where(KnownRecord.team_id == Team.id),),
    ),
    Removable(
        "departments/{department_id}",
        Department,
        departments.MANAGE,
        kept_by=(
            exists().where(Team.department_id == Department.id),
            exists().where(Below.parent_id == Department.id),
            exists().where(User.department_ids.contains(array([Department.id]))),
            exists().where(KnownRecord.department_id == Department.id),
        ),
    ),
)
