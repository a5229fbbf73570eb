"""Real servers for the tests: OPA and Redis, each on a free port of the loopback interface."""
