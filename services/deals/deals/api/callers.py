"""Who may call: each alias names the right an endpoint asks for."""

from typing import Annotated

from fastapi import Depends

from chassis.auth import Caller, may

DealsReader = Annotated[Caller, Depends(may("deals.deal.view"))]
DealsAdder = Annotated[Caller, Depends(may("deals.deal.add"))]
DealsChanger = Annotated[Caller, Depends(may("deals.deal.change"))]
DealsRemover = Annotated[Caller, Depends(may("deals.deal.delete"))]
DealsMover = Annotated[Caller, Depends(may("deals.deal.move"))]
DealsCloser = Annotated[Caller, Depends(may("deals.deal.close"))]
DealsReopener = Annotated[Caller, Depends(may("deals.deal.reopen"))]
DealsImporter = Annotated[Caller, Depends(may("deals.deal.import"))]

DictionaryReader = Annotated[Caller, Depends(may("deals.dictionary.view"))]
DictionaryManager = Annotated[Caller, Depends(may("deals.dictionary.manage"))]

ProductsReader = Annotated[Caller, Depends(may("deals.product.view"))]
ProductsAdder = Annotated[Caller, Depends(may("deals.product.add"))]
ProductsChanger = Annotated[Caller, Depends(may("deals.product.change"))]
ProductsRemover = Annotated[Caller, Depends(may("deals.product.delete"))]

OutputsReader = Annotated[Caller, Depends(may("deals.output.view"))]
OutputsAdder = Annotated[Caller, Depends(may("deals.output.add"))]
OutputsChanger = Annotated[Caller, Depends(may("deals.output.change"))]
OutputsRemover = Annotated[Caller, Depends(may("deals.output.delete"))]

PaymentsReader = Annotated[Caller, Depends(may("deals.payment.view"))]
PaymentsAdder = Annotated[Caller, Depends(may("deals.payment.add"))]
PaymentsChanger = Annotated[Caller, Depends(may("deals.payment.change"))]

CurrenciesReader = Annotated[Caller, Depends(may("deals.currency.view"))]
CurrenciesAdder = Annotated[Caller, Depends(may("deals.currency.add"))]
CurrenciesChanger = Annotated[Caller, Depends(may("deals.currency.change"))]
