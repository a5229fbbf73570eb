"""Both ways into the sandbox, for tests that take one or the other."""

import pytest

from conftest import bundle
from sark_policy import Crossing, PolicyHost


@pytest.fixture(params=list(Crossing))
def crossing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Crossing:
    """Each way in turn: instances that are made within the test take it."""
    way: Crossing = request.param
    with PolicyHost.open(bundle()) as host:
        sandbox = host._sandbox
    if way is Crossing.PUBLIC:
        monkeypatch.setattr(sandbox, "_library", None)
    elif request.config.getoption("--crossing") == Crossing.PUBLIC:
        pytest.skip("the tests go the public way")
    assert way is sandbox.crossing, sandbox.indirect
    return way
