package mcp.gateway_test

import data.mcp.gateway

developer := {"id": "u-17", "roles": ["developer"], "teams": ["payments"]}

invoke(user, server, tool, parameters) := {
	"user": user,
	"action": "gateway:tool:invoke",
	"resource": {"server": server, "tool": tool},
	"parameters": parameters,
	"context": {},
}

test_absent_input_is_denied if {
	{"allow": false, "audit_reason": "denied: user id is missing", "filtered_parameters": null} == gateway.result
}

test_empty_input_is_denied if {
	not gateway.allow with input as {}
}

test_every_wrong_type_is_denied if {
	every value in [null, 1, "x", [], true] {
		request := {"user": value, "action": value, "tool": value, "server": value, "parameters": value, "context": value}
		gateway.result.allow == false with input as request
	}
}

test_team_member_with_clearance_may_invoke if {
	gateway.allow with input as invoke(developer, "pg-main", "run_sql", {"query": "select 1"})
}

test_other_team_may_not_invoke if {
	result := gateway.result with input as invoke(developer, "ledger", "ledger-read", {})
	result.audit_reason == "denied: ledger/ledger-read belongs to other teams"
}

test_clearance_below_level_may_not_invoke if {
	viewer := {"id": "u-1", "roles": ["viewer"], "teams": ["payments"]}
	result := gateway.result with input as invoke(viewer, "pg-main", "run_sql", {})
	result.audit_reason == "denied: clearance 1 is below level 3"
}

test_caller_may_raise_a_level_but_not_lower_it if {
	request := invoke(developer, "pg-main", "run_sql", {})
	raised := object.union(request, {"resource": {"sensitivity": "critical"}})
	lowered := object.union(request, {"resource": {"sensitivity": "public"}})
	gateway.allow == false with input as raised
	data.mcp.gateway.request.level == 3 with input as lowered
}

test_unknown_level_counts_as_critical if {
	request := object.union(invoke(developer, "pg-main", "run_sql", {}), {"resource": {"sensitivity": "hihg"}})
	gateway.allow == false with input as request
}

test_both_vocabularies_mean_the_same if {
	every pair in [["low", "public"], ["medium", "internal"], ["high", "confidential"], ["CRITICAL", "critical"]] {
		data.mcp.gateway.lib.rank(pair[0]) == data.mcp.gateway.lib.rank(pair[1])
	}
}

test_tool_without_server_is_judged_by_its_managers if {
	request := {
		"user": {"id": "u-17", "email": "kim@acme.test", "role": "developer", "teams": ["pay"]},
		"action": "tool:invoke",
		"tool": {"name": "ledger-read", "sensitivity_level": "confidential", "owner": "u-9", "managers": ["pay"]},
		"server": null,
		"context": {"timestamp": 0},
	}
	gateway.allow with input as request
	gateway.allow == false with input as object.union(request, {"tool": {"managers": []}})
}

test_secrets_are_removed_on_three_levels if {
	parameters := {
		"query": "select 1",
		"Password": "x",
		"dsn": "host=a",
		"options": {"api_key": "k", "limit": 3, "auth": {"token": "t", "user": "kim"}},
		"rows": [{"db_password": "p", "id": 1}, 2],
	}
	result := gateway.result with input as invoke(developer, "pg-main", "run_sql", parameters)
	result.filtered_parameters == {
		"query": "select 1",
		"options": {"limit": 3, "auth": {"user": "kim"}},
		"rows": [{"id": 1}, 2],
	}
}

test_only_secrets_leave_an_empty_object if {
	result := gateway.result with input as invoke(developer, "pg-main", "run_sql", {"password": "x", "token": "y"})
	result == {
		"allow": true,
		"audit_reason": "allowed: invoke on pg-main/run_sql for u-17, level 3, clearance 3",
		"filtered_parameters": {},
	}
}

test_what_is_too_deep_to_filter_is_denied if {
	deep := {"a": {"b": {"c": {"password": "x"}}}}
	gateway.allow == false with input as invoke(developer, "pg-main", "run_sql", deep)
	deeper := {"a": {"b": {"c": {"d": {"e": 1}}}}}
	gateway.allow == false with input as invoke(developer, "pg-main", "run_sql", deeper)
	flat := {"a": {"b": {"c": {"limit": 1}}}}
	gateway.allow with input as invoke(developer, "pg-main", "run_sql", flat)
}

test_destructive_statements_need_an_administrator if {
	request := invoke(developer, "pg-main", "run_sql", {"query": "select 1; DROP table t"})
	result := gateway.result with input as request
	result.audit_reason == "denied: destructive statement in query"
	admin := {"id": "u-3", "roles": ["admin"]}
	gateway.allow with input as object.union(request, {"user": admin})
}

test_column_names_are_not_statements if {
	gateway.allow with input as invoke(developer, "pg-main", "run_sql", {"query": "select drop_date, deleted from t"})
}

test_statement_in_a_list_is_denied if {
	gateway.allow == false with input as invoke(developer, "pg-main", "run_sql", {"query": ["drop table t"]})
}

test_path_may_not_leave_its_directory if {
	operator := {"id": "u-5", "roles": ["developer"], "teams": ["ops"]}
	gateway.allow with input as invoke(operator, "files", "read_file", {"path": "a/..b/c"})
	every path in ["../x", "a/../../x", `a\..\x`] {
		gateway.allow == false with input as invoke(operator, "files", "read_file", {"path": path})
	}
}

test_contractors_keep_working_hours if {
	contractor := {"id": "u-40", "roles": ["contractor"], "teams": ["payments"]}
	request := invoke(contractor, "pg-main", "run_sql", {})
	every hour in [8, 17] {
		gateway.allow with input as object.union(request, {"context": {"hour": hour}})
	}
	every hour in [7, 18, -1, 24, null, "9"] {
		gateway.allow == false with input as object.union(request, {"context": {"hour": hour}})
	}
	gateway.allow with input as object.union(request, {"context": {"timestamp": 1767258000}})
}

test_denials_outweigh_grants if {
	request := {"user": {"id": "u-3", "roles": ["admin"]}, "action": "list", "context": {}}
	gateway.allow with input as request
	every change in [
		{"user": {"id": "u-66"}},
		{"user": {"authenticated": false}},
		{"user": {"authenticated": null}},
		{"context": {"client_ip": "203.0.113.9"}},
	] {
		gateway.allow == false with input as object.union(request, change)
	}
}

test_missing_permission_is_denied if {
	admin := {"id": "u-3", "roles": ["admin"], "mfa_verified": true}
	request := invoke(admin, "cluster-prod", "exec", {"pod": "api-0"})
	gateway.allow == false with input as request
	gateway.allow with input as object.union(request, {"user": {"permissions": ["cluster:exec"]}})
}

test_critical_tools_need_a_second_factor if {
	admin := {"id": "u-3", "roles": ["admin"], "permissions": ["cluster:exec"]}
	request := invoke(admin, "cluster-prod", "exec", {"pod": "api-0"})
	gateway.allow == false with input as request
	gateway.allow with input as object.union(request, {"context": {"mfa": true}})
	every claim in [false, null, "true", 1] {
		gateway.allow == false with input as object.union(request, {"context": {"mfa": claim}})
	}
}

test_analysts_lost_confidential_tools if {
	analyst := {"id": "u-21", "roles": ["analyst"], "teams": ["data"]}
	gateway.allow == false with input as invoke(analyst, "warehouse", "query", {})
	gateway.allow with input as invoke(analyst, "warehouse", "schema", {})
}

test_connection_strings_are_secrets if {
	result := gateway.result with input as invoke(developer, "pg-main", "run_sql", {"connection_string": "host=a", "limit": 1})
	result.filtered_parameters == {"limit": 1}
}

test_quarantined_and_unknown_servers_are_denied if {
	admin := {"id": "u-3", "roles": ["admin"]}
	every server in ["scraper", "nowhere"] {
		gateway.allow == false with input as invoke(admin, server, "crawl", {})
	}
}

test_lists_show_what_the_clearance_covers if {
	viewer := {"user": {"id": "u-1", "roles": ["viewer"]}, "action": "gateway:server:list"}
	{"cluster-dev", "docs-search", "wetter-münchen"} == gateway.visible_servers with input as viewer
	{"get_pods", "logs"} == gateway.visible_tools with input as object.union(viewer, {"server_name": "cluster-dev"})
	gateway.allow == false with input as object.union(viewer, {"resource": {"type": "server", "server": "ledger"}})
}

test_allowed_answers_are_kept_by_level if {
	60 == gateway.cache_ttl with input as invoke(
		{"id": "u-3", "roles": ["admin"], "permissions": ["ledger:post"], "mfa_verified": true},
		"ledger", "ledger-post", {},
	)
	0 == gateway.cache_ttl with input as {}
}

test_reasons_are_one_line if {
	result := gateway.result with input as {"user": developer, "action": "a\r\nallowed: x"}
	result.audit_reason == "denied: action a??allowed: x is not known"
}

test_registration_goes_through_the_same_door if {
	result := gateway.result with input as {
		"user": {"id": "u-3", "role": "admin"},
		"action": "server:register",
		"tool": null,
		"server": {"name": "billing-mcp", "sensitivity_level": "critical"},
		"context": {"timestamp": 0},
	}
	result.allow
	result.audit_reason == "allowed: u-3 may register billing-mcp as critical"
}
