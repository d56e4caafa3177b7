"""Who may call what."""

from typing import Annotated

from fastapi import Depends

from chassis.auth import Authenticated, Caller, may

RequestReader = Annotated[Caller, Depends(may("intake.request.view"))]
RequestAdder = Annotated[Caller, Depends(may("intake.request.add"))]
RequestEditor = Annotated[Caller, Depends(may("intake.request.change"))]
RequestDeleter = Annotated[Caller, Depends(may("intake.request.delete"))]
RequestValidator = Annotated[Caller, Depends(may("intake.request.validate"))]
RequestRejecter = Annotated[Caller, Depends(may("intake.request.reject"))]
DealMaker = Annotated[Caller, Depends(may("intake.request.make_deal"))]
LeadReader = Annotated[Caller, Depends(may("intake.lead.view"))]
LeadAdder = Annotated[Caller, Depends(may("intake.lead.add"))]
LeadEditor = Annotated[Caller, Depends(may("intake.lead.change"))]
LeadDeleter = Annotated[Caller, Depends(may("intake.lead.delete"))]
LeadConverter = Annotated[Caller, Depends(may("intake.lead.convert"))]
CompanyReader = Annotated[Caller, Depends(may("intake.company.view"))]
CompanyAdder = Annotated[Caller, Depends(may("intake.company.add"))]
CompanyEditor = Annotated[Caller, Depends(may("intake.company.change"))]
CompanyDeleter = Annotated[Caller, Depends(may("intake.company.delete"))]
ContactReader = Annotated[Caller, Depends(may("intake.contact.view"))]
ContactAdder = Annotated[Caller, Depends(may("intake.contact.add"))]
ContactEditor = Annotated[Caller, Depends(may("intake.contact.change"))]
ContactDeleter = Annotated[Caller, Depends(may("intake.contact.delete"))]
CustomerReader = Annotated[Caller, Depends(may("intake.customer.view"))]
CustomerAdder = Annotated[Caller, Depends(may("intake.customer.add"))]
CustomerDeleter = Annotated[Caller, Depends(may("intake.customer.delete"))]
CustomerBlacklister = Annotated[Caller, Depends(may("intake.customer.blacklist"))]
FormReader = Annotated[Caller, Depends(may("intake.web_form.view"))]
FormManager = Annotated[Caller, Depends(may("intake.web_form.manage"))]
DictionaryReader = Annotated[Caller, Depends(may("intake.dictionary.view"))]
DictionaryManager = Annotated[Caller, Depends(may("intake.dictionary.manage"))]

for_dictionary_readers = Depends(may("intake.dictionary.view"))
for_dictionary_managers = Depends(may("intake.dictionary.manage"))
"""Dictionaries are the same for everybody: who calls does not matter once the call is allowed."""


async def may_edit_customers(caller: Authenticated) -> Caller:
    """Let in who may change customers, be it their data or their terms."""
    if "intake.customer.change_terms" in caller.rights:
        return caller
    return await may("intake.customer.change")(caller)


CustomerEditor = Annotated[Caller, Depends(may_edit_customers)]
