package mcp.gateway.registration_test

import data.mcp.gateway.registration

register(user, server) := {"user": user, "action": "server:register", "server": server, "context": {}}

lead := {"id": "u-8", "role": "lead", "teams": ["web"]}

test_lead_registers_up_to_high if {
	registration.allow with input as register(lead, {"name": "maps", "sensitivity_level": "high"})
	registration.allow == false with input as register(lead, {"name": "maps", "sensitivity_level": "critical"})
}

test_level_must_be_known if {
	every level in ["", "secret", null, 3] {
		registration.allow == false with input as register(lead, {"name": "maps", "sensitivity_level": level})
	}
}

test_name_must_be_valid if {
	every name in ["", "Maps", "m", "mäps", "maps/x", "-maps", "sark-maps", null, 7] {
		registration.allow == false with input as register(lead, {"name": name, "sensitivity_level": "low"})
	}
}

test_other_teams_may_not_replace_a_server if {
	server := {"name": "ledger", "sensitivity_level": "low"}
	registration.allow == false with input as register(lead, server)
	registration.allow with input as register(object.union(lead, {"teams": ["pay"]}), server)
}

test_context_role_counts_only_without_a_user_role if {
	request := {
		"user": {"id": "u-3"},
		"action": "server:register",
		"server": null,
		"context": {"user_role": "admin", "user_teams": ["ops"], "server_name": "s9x", "sensitivity_level": "medium", "transport": "http"},
	}
	registration.allow with input as request
	registration.allow == false with input as object.union(request, {"user": {"role": "viewer"}})
}

test_transport_must_be_safe_enough if {
	admin := {"id": "u-3", "role": "admin"}
	server := {"name": "maps", "sensitivity_level": "high"}
	registration.allow with input as register(admin, object.union(server, {"transport": "SSE"}))
	registration.allow == false with input as register(admin, object.union(server, {"transport": "stdio"}))
	registration.allow == false with input as register(admin, object.union(server, {"transport": "gopher"}))
}

test_reviewers_follow_the_level if {
	["data-protection", "security"] == registration.reviewers with input as register(lead, {"name": "maps", "sensitivity_level": "critical"})
	[] == registration.reviewers with input as register(lead, {"name": "maps", "sensitivity_level": "low"})
}

test_absent_input_is_denied if {
	registration.result.allow == false
}
