"""A gateway of its own: FastAPI, real policies, real filtering."""
