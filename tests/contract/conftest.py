import pytest

from rapport.checks import ROOT
from rapport.reference.generate import documents
from rapport.reference.rendering import Files
from rapport.reference.suite import Suite, read_suite


@pytest.fixture(scope="session")
async def generated(suite: Suite) -> Files:
    """Answer every generated file as it should be."""
    return await documents(ROOT, suite)


@pytest.fixture(scope="session")
def suite() -> Suite:
    """Answer the suite as it describes itself."""
    return read_suite()
