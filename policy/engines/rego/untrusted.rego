# Reads members of an object that nothing has validated. A member of the wrong kind reads as missing, and so does null.
package lib.untrusted

string(object_, path) := value if {
	value := object.get(object_, path, null)
	is_string(value)
}

integer(object_, path) := value if {
	value := object.get(object_, path, null)
	is_number(value)
	value == floor(value)
}

flag(object_, path, default_) := value if {
	value := object.get(object_, path, null)
	is_boolean(value)
} else := default_

members(object_, path) := as_object(object.get(object_, path, null))

# The members that are strings.
string_map(object_, path) := {name: value | some name, value in members(object_, path); is_string(value)}

elements(object_, path) := value if {
	value := object.get(object_, path, null)
	is_array(value)
} else := []

objects(object_, path) := [as_object(element) | some element in elements(object_, path)]

as_object(value) := value if is_object(value)

as_object(value) := {} if not is_object(value)
