"""The drop-in for the SARK gateway."""
