# Reading a request without trusting its shape.
#
# A missing key, a null or a value of the wrong type becomes a default here, once, so that no rule of the
# policy compares, negates or iterates something that may not exist.
package mcp.gateway.lib

# The text at a path of the input; "" if there is none.
text(path) := value if {
	is_object(input)
	value := object.get(input, path, "")
	is_string(value)
} else := ""

# The array at a path of the input; [] if there is none.
items(path) := value if {
	is_object(input)
	value := object.get(input, path, [])
	is_array(value)
} else := []

# The object at a path of the input; {} if there is none.
fields(path) := value if {
	is_object(input)
	value := object.get(input, path, {})
	is_object(value)
} else := {}

# The number at a path of the input, or the given one.
number(path, fallback) := value if {
	is_object(input)
	value := object.get(input, path, fallback)
	is_number(value)
} else := fallback

# The first of several paths that holds a text; "" if none does.
first_text(paths) := found[0] if {
	found := [value | some path in paths; value := text(path); value != ""]
	count(found) > 0
} else := ""

# The texts in the array at a path, as a set: what else stands in the array is not a name.
names(path) := {value | some value in items(path); is_string(value); value != ""}

# A reason quotes what a caller sent and ends up in a log: line breaks and other control characters become "?".
one_line(message) := regex.replace(message, `[\x00-\x1f\x7f]`, "?")

# The rank of a sensitivity word, in either vocabulary. A word we do not know counts as critical:
# a typing error must not make a tool public.
rank(word) := object.get(data.catalog.levels, lower(word), 4)
