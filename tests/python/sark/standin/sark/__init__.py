"""A stand-in for the SARK gateway: its modules and names, written by us from what is known of its behaviour.

Its old path works for real (OPA over HTTP, decisions in Redis), with those of the gateway's flaws that matter when
it changes over to us. It is there for the tests of the migration, and for nothing else.
"""
