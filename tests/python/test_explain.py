"""What the rule index can tell apart, told by the host."""

import pytest

from conftest import Opener, bundle
from sark_policy import Closed, RuleIndex, Tried

POLICY = """package p

allow if input.role == "admin"

allow if lower(input.role) == "root"

only if input.x == 1
"""


def test_a_rule_with_several_definitions_is_explained(opened: Opener) -> None:
    """What a look-up asks for, and each definition that it does not tell apart, with its place and why."""
    host = opened(bundle(POLICY))
    tried = Tried("policy.rego", 5, ("`lower` is not asked",))
    assert (RuleIndex("p/allow", 2, ("input.role ==",), (tried,)),) == host.explain_index()
    host.close()
    with pytest.raises(Closed):
        host.explain_index()
