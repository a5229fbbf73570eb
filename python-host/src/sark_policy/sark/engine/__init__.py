"""The engine of a process: its bundle, the policies by name over it, its generations."""
