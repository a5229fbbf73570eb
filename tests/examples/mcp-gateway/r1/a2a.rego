# Which agent may ask which other agent for what, and how often a task may be passed on.
package mcp.gateway.a2a

import data.mcp.gateway.filter
import data.mcp.gateway.lib

source_id := lib.text(["source_agent", "id"])

target_id := lib.text(["target_agent", "id"])

# {} for an agent that is not in the registry.
source := object.get(data.catalog.agents, source_id, {})

target := object.get(data.catalog.agents, target_id, {})

default capability := ""

capability := word if {
	word := lib.text(["capability"])
	word != ""
} else := object.get(data.catalog.a2a.actions, lib.text(["action"]), "")

# What the registry says and what the agent's token claims: the lower one counts.
trust := min({registered_trust, claimed_trust})

registered_trust := object.get(data.catalog.trust, object.get(source, "trust_level", "untrusted"), 0)

claimed_trust := registered_trust if {
	lib.text(["source_agent", "trust_level"]) == ""
} else := object.get(data.catalog.trust, lib.text(["source_agent", "trust_level"]), 0)

required_trust := object.get(data.catalog.a2a.required_trust, capability, 99)

# A capability must be registered; a token that lists capabilities must list it too.
default capable := false

capable if {
	capability in object.get(source, "capabilities", [])
	claims_capability
}

default claims_capability := false

claims_capability if capability in lib.names(["source_agent", "capabilities"])

claims_capability if count(lib.names(["source_agent", "capabilities"])) == 0

source_environment := environment(source)

target_environment := environment(target)

# The registry decides; an unregistered environment is nowhere, and nothing may cross from or to there.
environment(agent) := object.get(
	data.catalog.a2a.environment_names,
	object.get(agent, "environment", ""),
	"nowhere",
)

default crossing_allowed := false

crossing_allowed if {
	target_environment in object.get(data.catalog.a2a.crossings, source_environment, [])
}

crossing_allowed if {
	trust >= data.catalog.a2a.crossing_trust
	source_environment != "nowhere"
	target_environment != "nowhere"
}

# -1: a depth that is not a whole number, which no limit covers.
depth := value if {
	value := object.get(lib.fields(["context"]), "delegation_depth", 0)
	is_number(value)
	value >= 0
	floor(value) == value
} else := -1

depth_limit := min({data.catalog.a2a.max_delegation_depth, object.get(source, "max_delegation_depth", 0)})

default allow := false

allow if {
	source_id != ""
	target_id != ""
	capable
	trust >= required_trust
	crossing_allowed
	depth >= 0
	depth <= depth_limit
	count(deny) == 0
}

deny contains "source agent is missing" if source_id == ""

deny contains "target agent is missing" if target_id == ""

deny contains sprintf("source agent %s is not registered", [source_id]) if {
	source_id != ""
	count(source) == 0
}

deny contains sprintf("target agent %s is not registered", [target_id]) if {
	target_id != ""
	count(target) == 0
}

deny contains "an agent may not call itself" if {
	source_id != ""
	source_id == target_id
}

deny contains sprintf("agent %s lacks capability %s", [source_id, capability]) if {
	count(source) > 0
	not capable
}

deny contains sprintf("trust %d is below %d", [trust, required_trust]) if {
	count(source) > 0
	capable
	trust < required_trust
}

deny contains sprintf("%s may not reach %s", [source_environment, target_environment]) if {
	count(source) > 0
	count(target) > 0
	not crossing_allowed
}

# A token from one environment that is used in another one was stolen or copied.
deny contains sprintf("agent %s does not run in %s", [source_id, claimed]) if {
	count(source) > 0
	claimed := lib.text(["source_agent", "environment"])
	claimed != ""
	object.get(data.catalog.a2a.environment_names, claimed, claimed) != source_environment
}

deny contains "delegation depth is not a whole number" if depth < 0

deny contains sprintf("delegation depth %d exceeds %d", [depth, depth_limit]) if {
	count(source) > 0
	depth > depth_limit
}

# The limit counts hops that have happened: whoever delegates adds one more.
deny contains "the last agent of a chain may not delegate" if {
	capability == "delegate"
	count(source) > 0
	depth == depth_limit
}

deny contains sprintf("agent %s is in the chain already", [target_id]) if {
	target_id != ""
	target_id in lib.names(["context", "delegation_chain"])
}

deny contains "agent is rate limited" if {
	object.get(lib.fields(["source_agent"]), "rate_limited", false) != false
}

deny contains "parameters are nested too deeply to be filtered" if filter.too_deep

reason := lib.one_line(explanation)

default explanation := "denied: undecided"

explanation := sprintf("allowed: %s may %s %s, trust %d", [source_id, capability, target_id, trust]) if {
	allow
} else := sprintf("denied: %s", [concat("; ", sort(deny))]) if {
	count(deny) > 0
}

default read_only := true

read_only := false if capability in {"execute", "delegate"}

# Empty for a denial: there is nothing to restrict.
default restrictions := {}

restrictions := {
	"delegations_left": depth_limit - depth,
	"parameters": filter.parameters,
	"rate_limit_per_hour": object.get(data.catalog.a2a.rate_limits, sprintf("%d", [trust]), 0),
	"read_only": read_only,
} if {
	allow
}

default result := {"allow": false, "reason": "denied: undecided", "restrictions": {}}

result := {
	"allow": allow,
	"reason": reason,
	"restrictions": restrictions,
}
