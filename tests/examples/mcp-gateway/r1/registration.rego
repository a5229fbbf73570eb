# Who may register a server, under which name, with which sensitivity.
package mcp.gateway.registration

import data.mcp.gateway.lib
import data.mcp.gateway.request

name := lib.first_text([["server", "name"], ["context", "server_name"], ["server_name"]])

level_word := lower(lib.first_text([["server", "sensitivity_level"], ["context", "sensitivity_level"]]))

# 0: no level, or one that we do not know. A registration must say what it registers.
level := object.get(data.catalog.levels, level_word, 0)

transport := lower(lib.first_text([
	["server", "transport"],
	["context", "transport"],
]))

# One caller puts the role into the context. It counts only if the user carries no role at all,
# so that a context can never add to what the token says.
default roles := set()

roles := request.roles if {
	count(request.roles) > 0
} else := {role} if {
	role := lib.text(["context", "user_role"])
	role != ""
}

default teams := set()

teams := request.teams if {
	count(request.teams) > 0
} else := lib.names(["context", "user_teams"])

# The highest level that one of the roles may register.
default registers := 0

registers := max(grants) if count(grants) > 0

grants contains value if {
	some role in roles
	value := data.catalog.roles[role].registers
}

default allow := false

allow if {
	request.action == "register"
	level > 0
	registers >= level
	count(deny) == 0
}

deny contains "user id is missing" if request.user_id == ""

deny contains "server name is missing" if name == ""

deny contains sprintf("server name %s is not valid", [name]) if {
	name != ""
	not name_valid
}

default name_valid := false

name_valid if regex.match(data.catalog.registration.name_pattern, name)

deny contains sprintf("server name %s is reserved", [name]) if {
	some prefix in data.catalog.registration.reserved_prefixes
	startswith(name, prefix)
}

# Registering a name again replaces the server: only its managing teams may, or an administrator.
deny contains sprintf("server %s is managed by other teams", [name]) if {
	owners := object.get(data.catalog.servers, [name, "managed_by_teams"], [])
	count(owners) > 0
	registers < 4
	count({owner | some owner in owners} & teams) == 0
}

deny contains "sensitivity level is missing or not known" if level == 0

deny contains sprintf("transport %s is not known", [transport]) if {
	transport != ""
	object.get(data.catalog.registration.transports, transport, 0) == 0
}

deny contains sprintf("transport %s is not safe enough for %s", [transport, level_word]) if {
	transport != ""
	highest := object.get(data.catalog.registration.transports, transport, 0)
	highest > 0
	level > highest
}

deny contains "a server needs a managing team" if {
	registers < 4
	count(teams) == 0
}

reviewers := sort(object.get(data.catalog.registration.reviewers, sprintf("%d", [level]), []))

audit_reason := lib.one_line(explanation)

default explanation := "denied: undecided"

explanation := sprintf("allowed: %s may register %s as %s", [request.user_id, name, level_word]) if {
	allow
} else := sprintf("denied: %s", [concat("; ", sort(deny))]) if {
	count(deny) > 0
} else := "denied: not a registration" if {
	request.action != "register"
} else := sprintf("denied: no role of %s may register %s servers", [request.user_id, level_word])

default result := {"allow": false, "audit_reason": "denied: undecided", "reviewers": []}

result := {
	"allow": allow,
	"audit_reason": audit_reason,
	"reviewers": reviewers,
}
