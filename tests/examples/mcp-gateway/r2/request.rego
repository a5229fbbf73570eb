# One shape out of the many that gateways send: the same server stands in `server_name`, `resource.server`,
# `server.name`, `server.server` or `server.id`, depending on the caller.
package mcp.gateway.request

import data.mcp.gateway.lib

default action := "unknown"

action := object.get(data.catalog.actions, lib.text(["action"]), "unknown")

user_id := lib.first_text([["user", "id"], ["user", "user_id"]])

roles := lib.names(["user", "roles"]) | single_role

# `role` is one word; an empty one is no role.
single_role contains role if {
	role := lib.text(["user", "role"])
	role != ""
}

teams := lib.names(["user", "teams"])

permissions := lib.names(["user", "permissions"])

server_name := lib.first_text([
	["server_name"],
	["resource", "server"],
	["server", "name"],
	["server", "server"],
	["server", "id"],
])

tool_name := lib.first_text([
	["tool_name"],
	["resource", "tool"],
	["tool", "name"],
	["server", "tool"],
])

# What the catalog knows; {} for what nobody registered.
server := object.get(data.catalog.servers, server_name, {})

tool := object.get(data.catalog.servers, [server_name, "tools", tool_name], {})

default server_known := false

server_known if count(server) > 0

default tool_known := false

tool_known if count(tool) > 0

# A caller may describe a tool as more sensitive than the catalog does, never as less: the highest word counts.
levels contains lib.rank(word) if {
	some path in [
		["tool", "sensitivity_level"],
		["resource", "sensitivity"],
		["server", "sensitivity"],
		["sensitivity_level"],
	]
	word := lib.text(path)
	word != ""
}

levels contains lib.rank(word) if {
	tool_known
	word := object.get(tool, "sensitivity_level", "critical")
}

# The server's own level speaks for requests that name no tool.
levels contains lib.rank(word) if {
	tool_name == ""
	server_known
	word := object.get(server, "sensitivity_level", "critical")
}

# What nobody classified counts as critical.
default level := 4

level := max(levels) if count(levels) > 0

parameters := object.union(lib.fields(["tool", "parameters"]), lib.fields(["parameters"]))

address := lib.first_text([["context", "client_ip"], ["context", "ip"], ["context", "ip_address"]])

# The gateway says in one of these places that a second factor was checked; only true counts.
default second_factor := false

second_factor if {
	is_object(input)
	some path in [["context", "mfa"], ["context", "mfa_verified"], ["user", "mfa_verified"]]
	object.get(input, path, false) == true
}

# Hour of the day (0..23) in UTC, -1 if the request does not say. A timestamp of 0 is a caller without a clock.
hour := value if {
	value := lib.number(["context", "hour"], -1)
	value >= 0
	value < 24
} else := clock[0] if {
	seconds := floor(lib.number(["context", "timestamp"], 0))
	seconds > 0
	seconds < 4102444800
	clock := time.clock(seconds * 1000000000)
} else := -1
