# Who may do what at the gateway. Default deny; what is undecided is denied.
#
# A request is allowed if something grants it and nothing in `deny` speaks against it.
package mcp.gateway

import data.mcp.gateway.filter
import data.mcp.gateway.lib
import data.mcp.gateway.registration
import data.mcp.gateway.request

default allow := false

allow if {
	granted
	count(deny) == 0
}

default granted := false

granted if {
	request.action == "invoke"
	request.tool_name != ""
	cleared
	entitled
}

# Discovery shows a tool's description, not its data: clearance is enough.
granted if {
	request.action == "discover"
	request.server_known
	cleared
}

granted if {
	request.action == "inspect"
	request.server_known
	cleared
}

# Without a server, the list itself is asked for; `visible_servers` says what may stand in it.
granted if {
	request.action == "list"
	request.server_name == ""
	clearance > 0
}

granted if {
	request.action == "list"
	request.server_name in visible_servers
}

granted if {
	request.action == "register"
	registration.allow
}

# The highest clearance among the user's roles; roles we do not know give none.
default clearance := 0

clearance := max(clearances) if count(clearances) > 0

clearances contains value if {
	some role in request.roles
	value := data.catalog.roles[role].clearance
}

default cleared := false

cleared if clearance >= request.level

default entitled := false

entitled if {
	some team in request.teams
	team in object.get(request.server, "managed_by_teams", [])
}

entitled if {
	some role in request.roles
	data.catalog.roles[role].every_server == true
}

# A tool that is asked about without its server is judged by what the caller says of its owners.
entitled if {
	request.server_name == ""
	request.user_id != ""
	lib.text(["tool", "owner"]) == request.user_id
}

entitled if {
	request.server_name == ""
	some team in request.teams
	team in lib.names(["tool", "managers"])
}

# --- What speaks against a request -------------------------------------------------------------------------

deny contains "user id is missing" if request.user_id == ""

deny contains "tool name is missing" if {
	request.action == "invoke"
	request.tool_name == ""
}

# Absent means that the gateway has authenticated already; anything but true means that it has not.
deny contains "user is not authenticated" if {
	some key in ["authenticated", "is_authenticated"]
	object.get(lib.fields(["user"]), key, true) != true
}

deny contains "user is suspended" if request.user_id in data.catalog.suspended_users

deny contains sprintf("address %s is blocked", [request.address]) if {
	some prefix in data.catalog.blocked_networks
	startswith(request.address, prefix)
}

deny contains sprintf("server %s is not registered", [request.server_name]) if {
	request.server_name != ""
	request.action != "register"
	not request.server_known
}

deny contains sprintf("tool %s is not registered on %s", [request.tool_name, request.server_name]) if {
	request.server_known
	request.tool_name != ""
	not request.tool_known
}

deny contains sprintf("server %s is quarantined", [request.server_name]) if {
	object.get(request.server, "quarantined", false) != false
}

deny contains sprintf("permission %s is missing", [permission]) if {
	request.action == "invoke"
	permission := object.get(request.tool, "permission", "")
	permission != ""
	count({permission} & request.permissions) == 0
}

deny contains sprintf("destructive statement in %s", [key]) if {
	request.action == "invoke"
	not may_destroy
	some key in data.catalog.statement_keys
	statement := object.get(request.parameters, key, "")
	is_string(statement)
	regex.match(`(?i)\b(drop|truncate|delete|alter|grant)\b`, statement)
}

# Statements in lists or objects would pass the check above unseen.
deny contains sprintf("%s is not a text", [key]) if {
	request.action == "invoke"
	some key in data.catalog.statement_keys
	statement := object.get(request.parameters, key, "")
	not is_string(statement)
}

deny contains sprintf("%s leaves its directory", [key]) if {
	request.action == "invoke"
	some key in data.catalog.path_keys
	path := object.get(request.parameters, key, "")
	is_string(path)
	".." in split(replace(path, "\\", "/"), "/")
}

deny contains sprintf("more than %d parameters", [data.catalog.limits.parameters]) if {
	count(request.parameters) > data.catalog.limits.parameters
}

deny contains sprintf("parameter %s is too long", [key]) if {
	some key, value in request.parameters
	is_string(value)
	count(value) > data.catalog.limits.text_length
}

deny contains "parameters are nested too deeply to be filtered" if filter.too_deep

deny contains "outside of working hours" if {
	request.action == "invoke"
	request.level >= 3
	working_hours_only
	not working_hours
}

default may_destroy := false

may_destroy if {
	some role in request.roles
	data.catalog.roles[role].destructive == true
}

# One role without the restriction lifts it: roles add up.
default working_hours_only := false

working_hours_only if {
	restricted := {role | some role in request.roles; data.catalog.roles[role].working_hours_only == true}
	known := {role | some role in request.roles; data.catalog.roles[role].clearance > 1}
	count(restricted) > 0
	count(known - restricted) == 0
}

# An unknown hour (-1) lies outside of every working day.
default working_hours := false

working_hours if {
	request.hour >= data.catalog.working_hours.from
	request.hour < data.catalog.working_hours.to
}

# --- What may be seen --------------------------------------------------------------------------------------

visible_servers contains name if {
	some name, server in data.catalog.servers
	lib.rank(object.get(server, "sensitivity_level", "critical")) <= clearance
	object.get(server, "quarantined", false) == false
}

visible_tools contains name if {
	request.server_known
	some name, tool in object.get(request.server, "tools", {})
	lib.rank(object.get(tool, "sensitivity_level", "critical")) <= clearance
}

# --- The answer --------------------------------------------------------------------------------------------

audit_reason := lib.one_line(explanation)

default explanation := "denied: undecided"

explanation := registration.audit_reason if {
	request.action == "register"
	count(deny) == 0
} else := sprintf("allowed: %s on %s for %s, level %d, clearance %d", [
	request.action,
	subject,
	request.user_id,
	request.level,
	clearance,
]) if {
	allow
} else := sprintf("denied: %s", [concat("; ", sort(deny))]) if {
	count(deny) > 0
} else := sprintf("denied: action %s is not known", [lib.text(["action"])]) if {
	request.action == "unknown"
} else := sprintf("denied: clearance %d is below level %d", [clearance, request.level]) if {
	clearance < request.level
} else := sprintf("denied: %s belongs to other teams", [subject]) if {
	not entitled
}

subject := concat("/", parts) if {
	parts := [part | some part in [request.server_name, request.tool_name]; part != ""]
	count(parts) > 0
} else := "the gateway"

# null: nothing may be passed on. {}: everything that was sent is sensitive, and the tool gets no parameters.
default filtered_parameters := null

filtered_parameters := filter.parameters if {
	allow
	request.action == "invoke"
}

# How long the answer may be kept, in seconds. Denials are not kept: a grant must take effect at once.
default cache_ttl := 0

cache_ttl := object.get({"1": 300, "2": 180, "3": 120, "4": 60}, sprintf("%d", [request.level]), 0) if allow

default result := {"allow": false, "audit_reason": "denied: undecided", "filtered_parameters": null}

result := {
	"allow": allow,
	"audit_reason": audit_reason,
	"filtered_parameters": filtered_parameters,
}
