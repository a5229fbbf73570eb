package mcp.gateway.a2a_test

import data.mcp.gateway.a2a

query := {
	"source_agent": {"id": "ag-1", "type": "service", "trust_level": "trusted", "capabilities": ["query"], "environment": "prod"},
	"target_agent": {"id": "ag-2", "environment": "prod"},
	"capability": "query",
	"parameters": {"q": "status", "token": "t"},
	"context": {"delegation_depth": 1},
}

test_registered_agents_may_query if {
	{
		"allow": true,
		"reason": "allowed: ag-1 may query ag-2, trust 3",
		"restrictions": {
			"delegations_left": data.catalog.a2a.max_delegation_depth - 1,
			"parameters": {"q": "status"},
			"rate_limit_per_hour": 1200,
			"read_only": true,
		},
	} == a2a.result with input as query
}

test_absent_input_is_denied if {
	{
		"allow": false,
		"reason": "denied: source agent is missing; target agent is missing",
		"restrictions": {},
	} == a2a.result
}

test_depth_is_limited if {
	limit := data.catalog.a2a.max_delegation_depth
	a2a.allow with input as object.union(query, {"context": {"delegation_depth": limit}})
	a2a.allow == false with input as object.union(query, {"context": {"delegation_depth": limit + 1}})
}

test_depth_must_be_a_whole_number if {
	every depth in [-1, 0.5, "1", null, [1]] {
		a2a.allow == false with input as object.union(query, {"context": {"delegation_depth": depth}})
	}
}

test_last_agent_of_a_chain_may_not_delegate if {
	delegate := object.union(query, {"capability": "delegate", "source_agent": {"capabilities": ["delegate"]}})
	a2a.allow with input as object.union(delegate, {"context": {"delegation_depth": data.catalog.a2a.max_delegation_depth - 1}})
	a2a.allow == false with input as object.union(delegate, {"context": {"delegation_depth": data.catalog.a2a.max_delegation_depth}})
}

test_claim_may_lower_trust_but_not_raise_it if {
	a2a.trust == 1 with input as object.union(query, {"source_agent": {"trust_level": "limited"}})
	a2a.trust == 1 with input as object.union(query, {"source_agent": {"id": "ag-3", "trust_level": "critical"}})
	a2a.trust == 0 with input as object.union(query, {"source_agent": {"trust_level": "very high"}})
}

test_capability_must_be_registered_and_claimed if {
	a2a.allow == false with input as object.union(query, {"capability": "execute"})
	a2a.allow == false with input as object.union(query, {"source_agent": {"id": "ag-3", "capabilities": ["execute"]}, "capability": "execute"})
	a2a.allow == false with input as object.union(query, {"capability": "fly"})
}

test_environments_are_kept_apart if {
	from_dev := object.union(query, {"source_agent": {"id": "ag-6", "trust_level": "medium", "environment": "dev"}})
	a2a.allow == false with input as from_dev
	a2a.allow with input as object.union(query, {"target_agent": {"id": "ag-6", "environment": "dev"}})
	a2a.allow == false with input as object.union(query, {"source_agent": {"environment": "staging"}})
}

test_action_names_a_capability if {
	invoke := object.union(object.remove(query, ["capability"]), {"action": "a2a:query"})
	a2a.allow with input as invoke
}

test_chains_have_no_cycle if {
	a2a.allow == false with input as object.union(query, {"context": {"delegation_chain": ["ag-7", "ag-2"]}})
}

test_agent_may_not_call_itself if {
	a2a.allow == false with input as object.union(query, {"target_agent": {"id": "ag-1"}})
}
