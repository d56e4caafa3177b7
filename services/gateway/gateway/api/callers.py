"""Who may call: one name per right."""

from typing import Annotated

from fastapi import Depends

from chassis.auth import Caller, may

UserReader = Annotated[Caller, Depends(may("gateway.user.view"))]
UserManager = Annotated[Caller, Depends(may("gateway.user.manage"))]
ProfileOwner = Annotated[Caller, Depends(may("gateway.user.change_profile"))]
DepartmentReader = Annotated[Caller, Depends(may("gateway.department.view"))]
DepartmentManager = Annotated[Caller, Depends(may("gateway.department.manage"))]
TeamReader = Annotated[Caller, Depends(may("gateway.team.view"))]
TeamManager = Annotated[Caller, Depends(may("gateway.team.manage"))]
MembersManager = Annotated[Caller, Depends(may("gateway.team.members"))]
RoleReader = Annotated[Caller, Depends(may("gateway.role.view"))]
