"""The gateway's policy clients: from its requests to decisions."""
