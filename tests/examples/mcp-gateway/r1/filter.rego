# What of a call's parameters may reach the tool: secrets are the gateway's business, not the tool's.
package mcp.gateway.filter

import data.mcp.gateway.request

sensitive_keys contains lower(key) if some key in data.catalog.sensitive_keys

# A tool may name further keys of its own.
sensitive_keys contains lower(key) if some key in object.get(request.tool, "sensitive_params", [])

sensitive(key) if lower(key) in sensitive_keys

sensitive(key) if {
	some suffix in data.catalog.sensitive_suffixes
	endswith(lower(key), suffix)
}

# Rego has no recursion: three levels of objects and arrays are cleaned, and `too_deep` refuses what lies below.
parameters := {key: clean_outer(value) | some key, value in request.parameters; not sensitive(key)}

clean_outer(value) := {key: clean_inner(item) | some key, item in value; not sensitive(key)} if {
	is_object(value)
} else := [clean_inner(item) | some item in value] if {
	is_array(value)
} else := value

clean_inner(value) := {key: item | some key, item in value; not sensitive(key)} if {
	is_object(value)
} else := value

default too_deep := false

too_deep if {
	some outer in request.parameters
	some inner in children(outer)
	some item in children(inner)
	some child in children(item)
	nested(child)
}

too_deep if {
	some outer in request.parameters
	some inner in children(outer)
	some item in children(inner)
	is_object(item)
	some key, _ in item
	sensitive(key)
}

children(value) := value if {
	nested(value)
} else := []

nested(value) if is_object(value)

nested(value) if is_array(value)
