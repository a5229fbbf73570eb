"""Writes `inputs.jsonl`: requests as gateways send them, the same ones at every run.

Usage: python make_inputs.py > inputs.jsonl

Two parts: `TRAFFIC`, what a working day brings (a seeded generator per caller's shape), and `ODD`, written by
hand: what no well-behaved caller sends.
"""

import json
import random
import sys

PEOPLE = [
    # id, roles, teams, permissions
    ("u-1", ["viewer"], ["support"], []),
    ("u-2", ["viewer"], [], []),
    ("u-3", ["admin"], [], ["db:restore", "cluster:exec", "cluster:scale", "data:export"]),
    ("u-5", ["developer"], ["ops"], ["cluster:scale", "files:delete"]),
    ("u-8", ["lead"], ["web"], ["code:merge"]),
    ("u-9", ["lead", "developer"], ["payments", "platform"], ["code:merge", "db:restore"]),
    ("u-11", ["security"], ["security"], ["cluster:exec"]),
    ("u-17", ["developer"], ["payments"], []),
    ("u-18", ["developer"], ["pay", "web"], ["ledger:post"]),
    ("u-21", ["analyst"], ["data"], ["data:export"]),
    ("u-22", ["analyst", "viewer"], ["finance", "data"], []),
    ("u-23", ["analyst"], ["finance"], ["ledger:post"]),
    ("u-40", ["contractor"], ["payments"], []),
    ("u-41", ["contractor", "viewer"], ["ops"], []),
    ("u-42", ["contractor", "developer"], ["data"], []),
    ("svc-etl", ["service"], ["data"], []),
    ("svc-ci", ["service"], ["platform", "web"], ["code:merge"]),
    ("u-66", ["developer"], ["payments"], []),
    ("jürgen.weiß", ["developer"], ["web", "support"], []),
    ("田中", ["analyst"], ["finance"], []),
]

CALLS = [
    # server, tool, parameters
    ("pg-main", "run_sql", {"query": "select id, total from orders where day = '2026-01-31'", "limit": 100}),
    ("pg-main", "run_sql", {"query": "select 1", "password": "hunter2"}),
    ("pg-main", "run_sql", {"query": "SELECT name FROM users -- drop_date", "dsn": "host=pg user=app", "timeout_s": 2.5}),
    ("pg-main", "run_sql", {"query": "delete from sessions where expired", "limit": 1}),
    ("pg-main", "run_sql", {"sql": "with t as (select 1) select * from t", "connection_string": "postgres://a:b@pg/x"}),
    ("pg-main", "explain", {"statement": "select * from orders", "analyze": True}),
    ("pg-main", "list_tables", {}),
    ("pg-main", "restore_backup", {"backup": "2026-01-30T02:00", "dry_run": True}),
    ("warehouse", "query", {"query": "select region, sum(amount) from sales group by region"}),
    ("warehouse", "query", {"query": "select customer, ssn from kyc limit 5", "ssn": "078-05-1120"}),
    ("warehouse", "export_csv", {"table": "sales", "recipient": "cfo@acme.test", "columns": ["region", "amount"]}),
    ("warehouse", "schema", {"table": "sales"}),
    ("ledger", "ledger-read", {"account": "4711", "from": "2026-01-01", "to": "2026-01-31"}),
    ("ledger", "ledger-post", {"iban": "DE02120300000000202051", "amount": 12.5, "currency": "EUR", "pin": "0000"}),
    ("ledger", "balance", {"account": "4711"}),
    ("code-host", "search_code", {"query": "def authorize(", "language": "python"}),
    ("code-host", "open_change", {"title": "Fix the cache key", "body": "Adds the role.\n\nCloses 31.", "draft": False}),
    ("code-host", "merge_change", {"id": 812, "squash": True, "access_token": "t-1"}),
    ("code-host", "delete_branch", {"branch": "feature/ünïcode"}),
    ("tickets", "search", {"query": "login broken", "page": 2}),
    ("tickets", "create", {"title": "Drucker läuft nicht", "labels": ["büro", "緊急"], "fields": {"priority": 2}}),
    ("tickets", "close", {"id": "T-100", "comment": None}),
    ("docs-search", "search", {"q": "how to rotate keys"}),
    ("docs-search", "fetch_page", {"url": "https://docs.acme.test/a?b=c", "session": "s-1", "headers": {"Cookie": "a=b", "accept": "*/*"}}),
    ("files", "read_file", {"path": "reports/2026/january.txt"}),
    ("files", "read_file", {"path": "../../etc/passwd"}),
    ("files", "write_file", {"path": "notes/today.md", "content": "# Today\n", "mode": 420}),
    ("files", "delete_tree", {"directory": "tmp/build"}),
    ("cluster-prod", "get_pods", {"namespace": "api"}),
    ("cluster-prod", "logs", {"pod": "api-0", "tail": 200, "since": "10m"}),
    ("cluster-prod", "scale", {"deployment": "api", "replicas": 6}),
    ("cluster-prod", "exec", {"pod": "api-0", "command": ["cat", "/etc/hosts"], "env": [{"name": "A", "db_password": "x"}]}),
    ("cluster-dev", "logs", {"pod": "web-1"}),
    ("cluster-dev", "exec", {"pod": "web-1", "command": ["sh", "-c", "env"], "tty": False}),
    ("mailer", "send", {"to": ["li@acme.test"], "bcc": ["kim@acme.test"], "subject": "Grüße", "body": "…"}),
    ("mailer", "preview", {"template": "invoice", "values": {"total": 99.9, "client_secret": "s", "lines": [{"n": 1}]}}),
    ("scraper", "crawl", {"url": "https://acme.test", "depth": 3}),
    ("wetter-münchen", "vorhersage", {"tage": 3}),
]

WORDS = {"public": "low", "internal": "medium", "confidential": "high", "critical": "critical"}


def user(rng, person):
    identity, roles, teams, permissions = person
    found = {"id": identity, "email": f"{identity}@acme.test", "roles": roles, "teams": teams}
    if permissions or rng.random() < 0.5:
        found["permissions"] = permissions
    if rng.random() < 0.25:
        found["authenticated"] = True
    return found


def context(rng):
    found = {}
    if rng.random() < 0.4:
        found["timestamp"] = 1767225600 + rng.randrange(0, 31 * 86400)
    elif rng.random() < 0.4:
        found["hour"] = rng.randrange(24)
    if rng.random() < 0.4:
        found["client_ip"] = rng.choice(["10.1.2.3", "10.20.0.7", "192.0.2.44", "2001:db8::17", "203.0.113.9"])
    if rng.random() < 0.35:
        found["mfa"] = rng.random() < 0.7
    if rng.random() < 0.3:
        found["request_id"] = f"req-{rng.randrange(10**6):06d}"
    return found


def as_built(rng, person, call):
    """The gateway's own shape: everything about the target in `resource`."""
    server, tool, parameters = call
    return {
        "user": user(rng, person),
        "action": "gateway:tool:invoke",
        "resource": {"server": server, "tool": tool, "sensitivity": rng.choice([None, None, None, "medium", "high"])},
        "parameters": parameters,
        "context": context(rng),
    }


def as_received(rng, person, call):
    """The same request after a typed client: target in `tool` and `server`, no top-level parameters."""
    server, tool, parameters = call
    return {
        "user": user(rng, person),
        "action": "gateway:tool:invoke",
        "tool": {"name": tool, "parameters": parameters},
        "server": {"server": server, "tool": tool, "sensitivity": None},
        "context": context(rng),
    }


def flat(rng, person, call):
    """Names at the top level."""
    server, tool, parameters = call
    return {
        "user": {key: value for key, value in user(rng, person).items() if key != "email"},
        "action": "gateway:tool:invoke",
        "server_name": server,
        "tool_name": tool,
        "parameters": parameters,
        "context": context(rng),
    }


def from_transport(rng, person, call):
    """A transport that knows the server by its id and sends the time."""
    server, tool, parameters = call
    found = user(rng, person)
    found["token"] = "eyJhbGciOiJub25lIn0.e30."
    return {
        "user": found,
        "action": "gateway:tool:invoke",
        "tool": {"name": tool, "sensitivity_level": rng.choice(["low", "medium", "high"]), "parameters": parameters},
        "server": {"id": server, "managed_by_teams": found["teams"]},
        "context": {"timestamp": 1767225600 + rng.randrange(0, 86400), "environment": "production"} | context(rng),
    }


def tool_access(rng, person, call):
    """A tool that is described by its owner and its managers, without a server."""
    server, tool, _ = call
    identity, roles, teams, _ = person
    level = rng.choice(list(WORDS))
    return {
        "user": {"id": identity, "email": f"{identity}@acme.test", "role": roles[0], "teams": teams},
        "action": "tool:invoke",
        "tool": {
            "name": f"{server}-{tool}",
            "sensitivity_level": level if rng.random() < 0.7 else WORDS[level],
            "owner": rng.choice(["u-9", "u-17", None, identity]),
            "managers": rng.choice([[], ["payments"], ["data", "finance"], ["ops", "web"]]),
        },
        "server": None,
        "context": {"timestamp": rng.choice([0, 0, 1767258000])},
    }


SHAPES = [as_built, as_built, as_received, flat, from_transport, tool_access]


def invocations(rng, count):
    for number in range(count):
        # People mostly call the tools of their own teams; every fifth call is somebody else's.
        person = PEOPLE[number % len(PEOPLE)]
        call = rng.choice(CALLS)
        if rng.random() < 0.8:
            call = rng.choice([entry for entry in CALLS if entry[0] in near(person)] or CALLS)
        shape = rng.choice(SHAPES)
        entrypoint = rng.choice(["mcp/gateway/result"] * 9 + ["mcp/gateway/allow", "mcp/gateway/deny"])
        yield f"invoke {number:03d} {shape.__name__} {call[0]}/{call[1]} by {person[0]}", entrypoint, shape(rng, person, call)


NEAR = {
    "support": ["tickets", "files", "mailer", "docs-search"],
    "ops": ["files", "cluster-prod", "cluster-dev"],
    "web": ["code-host", "tickets", "cluster-dev", "wetter-münchen", "scraper"],
    "payments": ["pg-main", "code-host"],
    "platform": ["code-host", "tickets", "cluster-dev"],
    "data": ["pg-main", "warehouse", "code-host"],
    "pay": ["ledger", "docs-search"],
    "finance": ["ledger", "mailer", "docs-search"],
}


def near(person):
    return [server for team in person[2] for server in NEAR.get(team, [])] or ["docs-search", "cluster-prod", "warehouse"]


def listings(rng, count):
    servers = sorted({call[0] for call in CALLS})
    for number in range(count):
        person = rng.choice(PEOPLE)
        server = rng.choice(servers)
        tool = rng.choice([call[1] for call in CALLS if call[0] == server])
        asked = user(rng, person)
        kind = number % 6
        if kind == 0:
            yield f"list {number:02d} one server", "mcp/gateway/result", {
                "user": asked, "action": "list", "resource": {"type": "server", "server": server}, "context": {}}
        elif kind == 1:
            yield f"list {number:02d} one tool", "mcp/gateway/allow", {
                "user": asked, "action": "invoke", "context": {},
                "resource": {"type": "tool", "server": server, "tool": tool, "sensitivity": rng.choice(["low", "high", None])}}
        elif kind == 2:
            yield f"list {number:02d} all servers", "mcp/gateway/result", {
                "user": asked, "action": "gateway:server:list", "context": context(rng)}
        elif kind == 3:
            yield f"list {number:02d} visible servers", "mcp/gateway/visible_servers", {
                "user": asked, "action": "gateway:server:list"}
        elif kind == 4:
            yield f"list {number:02d} visible tools", "mcp/gateway/visible_tools", {
                "user": asked, "action": "gateway:tool:discover", "server_name": server}
        else:
            yield f"list {number:02d} discover", "mcp/gateway/result", {
                "user": asked, "action": rng.choice(["gateway:tool:discover", "gateway:server:info"]),
                "server_name": server, "context": context(rng)}


def registrations(rng, count):
    names = ["billing-mcp", "maps", "ledger", "hr-files", "Café", "sark-core", "tickets", "x", "geo-2", "weather-station-rotterdam"]
    for number in range(count):
        identity, roles, teams, _ = rng.choice(PEOPLE)
        level = rng.choice(list(WORDS))
        name = names[number % len(names)]
        if number % 3 == 2:
            request = {
                "user": {"id": identity}, "action": "server:register", "tool": None, "server": None,
                "context": {"user_role": roles[0], "user_teams": teams, "server_name": name,
                            "sensitivity_level": WORDS[level], "transport": rng.choice(["http", "sse", "stdio", "ws"])}}
        else:
            request = {
                "user": {"id": identity, "email": f"{identity}@acme.test", "role": roles[0], "teams": teams},
                "action": "server:register", "tool": None,
                "server": {"name": name, "sensitivity_level": level}, "context": {"timestamp": 0}}
        entrypoint = "mcp/gateway/result" if number % 4 == 3 else "mcp/gateway/registration/result"
        yield f"register {number:02d} {name} by {identity}", entrypoint, request


AGENTS = [
    # id, type, trust_level, capabilities, environment
    ("ag-1", "service", "trusted", ["query", "execute", "delegate"], "prod"),
    ("ag-2", "worker", "trusted", ["query", "execute"], "prod"),
    ("ag-3", "query", "limited", ["query"], "prod"),
    ("ag-4", "worker", "limited", ["query", "execute", "delegate"], "staging"),
    ("ag-5", "query", "untrusted", ["query"], "dev"),
    ("ag-6", "worker", "medium", ["query", "execute"], "development"),
    ("planner", "service", "critical", ["query", "execute", "delegate"], "production"),
    ("summariser", "query", "high", ["query"], "staging"),
    ("bot-北京", "service", "medium", ["query", "delegate"], "prod"),
    ("ag-99", "worker", "trusted", ["query", "execute"], "prod"),
]


def agent_calls(rng, count):
    parameters = [{}, {"q": "status"}, {"task": "summarise", "token": "t"}, {"job": {"id": 7, "api_key": "k"}}]
    for number in range(count):
        source = AGENTS[number % len(AGENTS)]
        target = rng.choice(AGENTS[:9] if rng.random() < 0.9 else AGENTS)
        agent = dict(zip(("id", "type", "trust_level", "capabilities", "environment"), source))
        if rng.random() < 0.15:
            agent["rate_limited"] = rng.random() < 0.5
        request = {"source_agent": agent, "target_agent": {"id": target[0], "environment": target[4]}}
        capability = rng.choice(source[3]) if rng.random() < 0.85 else "execute"
        if number % 3:
            request["capability"] = capability
        else:
            request["action"] = {"query": "a2a:query", "execute": "a2a:invoke", "delegate": "a2a:delegate"}[capability]
        request["parameters"] = rng.choice(parameters)
        request["context"] = {"delegation_depth": rng.choice([0, 0, 0, 1, 1, 1, 2, 2, 3])} if rng.random() < 0.8 else {}
        if rng.random() < 0.15:
            request["context"]["delegation_chain"] = ["planner", rng.choice(AGENTS)[0]]
        entrypoint = "mcp/gateway/a2a/allow" if number % 9 == 8 else "mcp/gateway/a2a/result"
        yield f"a2a {number:02d} {source[0]} to {target[0]}", entrypoint, request


KIM = {"id": "u-17", "roles": ["developer"], "teams": ["payments"]}
ADMIN = {"id": "u-3", "roles": ["admin"], "permissions": ["cluster:exec"], "mfa_verified": True}
SQL = {"user": KIM, "action": "gateway:tool:invoke", "server_name": "pg-main", "tool_name": "run_sql", "context": {}}
A2A = {
    "source_agent": {"id": "ag-1", "trust_level": "trusted", "capabilities": ["query", "delegate"], "environment": "prod"},
    "target_agent": {"id": "ag-2", "environment": "prod"},
    "capability": "query",
    "context": {},
}
REGISTER = {"user": {"id": "u-8", "role": "lead", "teams": ["web"]}, "action": "server:register",
            "server": {"name": "maps", "sensitivity_level": "high"}, "context": {}}


def nested(depth, leaf):
    return leaf if depth == 0 else {"n": nested(depth - 1, leaf)}


def odd():
    gateway, agents, register = "mcp/gateway/result", "mcp/gateway/a2a/result", "mcp/gateway/registration/result"

    for name, value in [("null", None), ("an array", []), ("a text", "gateway"), ("a number", 0), ("false", False), ("empty", {})]:
        yield f"input is {name}", gateway, value
        yield f"agent input is {name}", agents, value
    yield "registration input is a text", register, "x"
    yield "input holds only what nobody reads", gateway, {"trace": {"span": "00f0"}, "v": 2}

    # Users
    for name, value in [("null", None), ("a text", "u-17"), ("an array", ["u-17"]), ("empty", {}), ("a number", 17)]:
        yield f"user is {name}", gateway, SQL | {"user": value}
    for name, change in [
        ("without an id", {"id": None}),
        ("with a numeric id", {"id": 17}),
        ("with an empty id", {"id": ""}),
        ("with an id in user_id", {"id": None, "user_id": "u-17"}),
        ("with roles as a text", {"roles": "developer"}),
        ("with roles null", {"roles": None}),
        ("with no roles", {"roles": []}),
        ("with roles of other types", {"roles": [None, 1, {"name": "admin"}, ["admin"], "developer"]}),
        ("with an unknown role", {"roles": ["superuser"]}),
        ("with a role in capitals", {"roles": ["ADMIN"]}),
        ("with a repeated role", {"roles": ["viewer", "developer", "developer"]}),
        ("with role and roles", {"role": "admin", "roles": ["viewer"]}),
        ("with a blank role", {"role": " ", "roles": []}),
        ("with teams null", {"teams": None}),
        ("with teams as an object", {"teams": {"payments": True}}),
        ("with an empty team name", {"teams": ["", "payments"]}),
        ("with forty teams", {"teams": [f"team-{n}" for n in range(39)] + ["data"]}),
        ("not authenticated", {"authenticated": False}),
        ("authenticated null", {"is_authenticated": None}),
        ("authenticated as a text", {"authenticated": "true"}),
        ("with an emoji id", {"id": "🦊"}),
        ("with a combining id", {"id": "jose\u0301"}),
        ("with permissions as a text", {"permissions": "db:restore"}),
    ]:
        yield f"user {name}", gateway, SQL | {"user": KIM | change}

    # Actions and targets
    for name, value in [("null", None), ("in capitals", "GATEWAY:TOOL:INVOKE"), ("empty", ""), ("an array", ["invoke"]),
                        ("unknown", "gateway:tool:delete"), ("with a blank", "gateway:tool:invoke ")]:
        yield f"action is {name}", gateway, SQL | {"action": value}
    for name, change in [
        ("server unknown", {"server_name": "pg-mian"}),
        ("server empty", {"server_name": ""}),
        ("server null", {"server_name": None}),
        ("server with a slash", {"server_name": "pg-main/run_sql"}),
        ("server in another script", {"server_name": "рg-main"}),
        ("tool unknown", {"tool_name": "run_sql2"}),
        ("tool empty", {"tool_name": ""}),
        ("tool a number", {"tool_name": 5}),
        ("two servers named", {"resource": {"server": "ledger", "tool": "balance"}}),
        ("resource an array", {"resource": ["pg-main", "run_sql"]}),
        ("tool raised to critical", {"tool": {"sensitivity_level": "Critical"}}),
        ("tool lowered to public", {"tool": {"sensitivity_level": "public"}}),
        ("tool with an unknown level", {"tool": {"sensitivity_level": "hoch"}}),
        ("tool with a numeric level", {"tool": {"sensitivity_level": 1}}),
        ("tool with a blank level", {"tool": {"sensitivity_level": " "}}),
    ]:
        yield f"target: {name}", gateway, SQL | change

    # Parameters
    for name, value in [
        ("null", None),
        ("an array", ["select 1"]),
        ("a text", "select 1"),
        ("empty", {}),
        ("only secrets", {"password": "x", "API_KEY": "y", "refresh_token": "z"}),
        ("only new secrets", {"connection_string": "host=a"}),
        ("query null", {"query": None}),
        ("query in an array", {"query": ["drop table t"]}),
        ("query in an object", {"query": {"text": "drop table t"}}),
        ("query in mixed case", {"query": "DrOp TaBlE t"}),
        ("query with a harmless word", {"query": "select 'dropped', granted from altered"}),
        ("query over lines", {"query": "select 1;\n\ttruncate\tt"}),
        ("statement and sql", {"statement": "grant all to kim", "sql": "select 1"}),
        ("false and null values", {"a": False, "b": None, "c": 0, "d": "", "e": [], "f": {}}),
        ("unicode keys", {"größe": 3, "名前": "東京", "пароль": "x", "🔑": "k"}),
        ("empty key", {"": 1, " ": 2}),
        ("escapes", {"q\"uote": "a\\b\n\u0000\u001f\u2028", "slash/": "</script>"}),
        ("large and small numbers", {"big": 9007199254740993, "neg": -1, "small": 1.5e-7, "half": 0.5}),
        ("secrets in a list", {"connections": [{"host": "a", "password": "x"}, {"host": "b", "token": "y"}, "c", None, 4]}),
        ("secrets in objects", {"a": {"secret": 1, "b": {"cookie": 2, "c": 3}}}),
        ("lists of lists", {"grid": [[1, 2], [3, 4]], "deep": [[[1], 2]]}),
        ("an object in lists of lists", {"grid": [[{"x": 1}]]}),
        ("a secret too deep", {"a": {"b": {"c": {"token": 1}}}}),
        ("too deep without secrets", nested(6, "leaf")),
        ("as deep as allowed", nested(4, "leaf")),
        ("64 keys", {f"k{n:02d}": n for n in range(64)}),
        ("65 keys", {f"k{n:02d}": n for n in range(65)}),
        ("200 rows", {"rows": [{"id": n, "name": f"row {n}", "row_token": "t"} for n in range(200)]}),
        ("a long text", {"content": "lorem ipsum " * 1600}),
        ("a text too long", {"content": "lorem ipsum " * 1700}),
        ("20000 wide characters", {"content": "語" * 20000}),
        ("a key that ends like a secret", {"csrf_token": "t", "tokens": 5, "token_count": 9}),
        ("path with dots in a name", {"path": "a/..b/c..d/..."}),
        ("path upwards", {"file": "a/../b"}),
        ("path upwards with backslashes", {"destination": "a\\..\\b"}),
        ("path in an array", {"path": ["..", "x"]}),
    ]:
        yield f"parameters: {name}", gateway, SQL | {"parameters": value}
    yield "parameters in the tool", gateway, SQL | {"tool": {"parameters": {"query": "select 1", "token": "t"}}}
    yield "parameters in both places", gateway, SQL | {
        "tool": {"parameters": {"query": "drop table t", "limit": 1}}, "parameters": {"query": "select 1"}}

    # Context
    for name, value in [
        ("null", None), ("an array", []), ("hour a text", {"hour": "9"}), ("hour 8", {"hour": 8}), ("hour 17", {"hour": 17}),
        ("hour 18", {"hour": 18}), ("hour 8.5", {"hour": 8.5}), ("hour -3", {"hour": -3}), ("no hour", {}),
        ("timestamp at nine", {"timestamp": 1767258000}), ("timestamp at night", {"timestamp": 1767236400}),
        ("timestamp with a fraction", {"timestamp": 1767258000.75}), ("timestamp negative", {"timestamp": -1}),
        ("timestamp huge", {"timestamp": 1e18}), ("timestamp a text", {"timestamp": "2026-01-01T09:00:00Z"}),
    ]:
        yield f"contractor, context {name}", gateway, SQL | {
            "user": {"id": "u-40", "roles": ["contractor"], "teams": ["payments"]}, "context": value}
    for name, value in [("from a blocked network", "203.0.113.250"), ("close to a blocked network", "203.0.11.3"),
                        ("an IPv6 address", "2001:db8::1"), ("not an address", "localhost"), ("a number", 1)]:
        yield f"address {name}", gateway, SQL | {"context": {"client_ip": value}}
    for value in [True, False, None, "true", 1]:
        yield f"second factor {json.dumps(value)}", gateway, {
            "user": {key: ADMIN[key] for key in ("id", "roles", "permissions")}, "action": "gateway:tool:invoke",
            "resource": {"server": "cluster-prod", "tool": "exec"}, "parameters": {"pod": "api-0"}, "context": {"mfa": value}}
    yield "second factor in the user", gateway, {
        "user": ADMIN, "action": "gateway:tool:invoke", "resource": {"server": "cluster-prod", "tool": "exec"}, "context": {}}
    yield "second factor for a list", "mcp/gateway/allow", {"user": ADMIN, "action": "list", "context": {"mfa": False}}
    yield "cache time of a public tool", "mcp/gateway/cache_ttl", SQL | {"server_name": "docs-search", "tool_name": "search"}
    yield "cache time of a denial", "mcp/gateway/cache_ttl", SQL | {"server_name": "ledger", "tool_name": "balance"}

    # Agents
    for name, change in [
        ("depth 0", {"context": {"delegation_depth": 0}}),
        ("depth 1", {"context": {"delegation_depth": 1}}),
        ("depth 2", {"context": {"delegation_depth": 2}}),
        ("depth 3", {"context": {"delegation_depth": 3}}),
        ("depth -1", {"context": {"delegation_depth": -1}}),
        ("depth 1.5", {"context": {"delegation_depth": 1.5}}),
        ("depth 1.0", {"context": {"delegation_depth": 1.0}}),
        ("depth a text", {"context": {"delegation_depth": "1"}}),
        ("depth null", {"context": {"delegation_depth": None}}),
        ("context missing", {"context": None}),
        ("delegate at the start", {"capability": "delegate"}),
        ("delegate at the end", {"capability": "delegate", "context": {"delegation_depth": 2}}),
        ("capability null", {"capability": None}),
        ("capability a number", {"capability": 1}),
        ("capability unknown", {"capability": "fly"}),
        ("capability and action differ", {"capability": "query", "action": "a2a:invoke"}),
        ("itself", {"target_agent": {"id": "ag-1"}}),
        ("no target", {"target_agent": None}),
        ("unknown target", {"target_agent": {"id": "nobody"}}),
        ("no source", {"source_agent": {}}),
        ("source a text", {"source_agent": "ag-1"}),
        ("in the chain", {"context": {"delegation_chain": ["ag-2"]}}),
        ("chain of other types", {"context": {"delegation_chain": [2, None, {"id": "ag-2"}]}}),
        ("chain a text", {"context": {"delegation_chain": "ag-2"}}),
        ("all parameters secret", {"parameters": {"token": "t", "secret": {"a": 1}}}),
        ("parameters null", {"parameters": None}),
    ]:
        yield f"agent: {name}", agents, A2A | change
    for name, change in [
        ("claims more trust", {"id": "ag-3", "trust_level": "critical"}),
        ("claims less trust", {"trust_level": "untrusted"}),
        ("claims unknown trust", {"trust_level": "TRUSTED"}),
        ("claims no trust", {"trust_level": None}),
        ("claims no capabilities", {"capabilities": []}),
        ("claims a capability it lacks", {"id": "ag-3", "capabilities": ["query", "execute"]}),
        ("from another environment", {"environment": "dev"}),
        ("with a long environment name", {"environment": "production"}),
        ("rate limited", {"rate_limited": True}),
        ("rate limited null", {"rate_limited": None}),
        ("trusted crosses environments", {"id": "summariser", "trust_level": "high", "environment": "staging", "capabilities": []}),
        ("limited may not cross", {"id": "ag-4", "trust_level": "limited", "environment": "staging"}),
    ]:
        yield f"source {name}", agents, A2A | {"source_agent": A2A["source_agent"] | change}

    # Registration
    for name, change in [
        ("without a name", {"name": None}),
        ("name with unicode", {"name": "kärte"}),
        ("name with a line break", {"name": "maps\n"}),
        ("name of 41 characters", {"name": "m" * 41}),
        ("name of 42 characters", {"name": "m" * 42}),
        ("reserved name", {"name": "internal-maps"}),
        ("level in capitals", {"sensitivity_level": "HIGH"}),
        ("level unknown", {"sensitivity_level": "secret"}),
        ("level missing", {"sensitivity_level": None}),
        ("level above the role", {"sensitivity_level": "critical"}),
        ("by local process", {"transport": "stdio"}),
        ("by local process, internal", {"transport": "stdio", "sensitivity_level": "internal"}),
    ]:
        yield f"register: {name}", register, REGISTER | {"server": REGISTER["server"] | change}
    yield "register: context role beside a user role", register, REGISTER | {
        "user": {"id": "u-1", "role": "viewer", "teams": ["web"]}, "context": {"user_role": "admin"}}
    yield "register: no team", gateway, REGISTER | {"user": {"id": "u-8", "role": "lead"}}
    yield "register: suspended", gateway, REGISTER | {"user": {"id": "u-90", "role": "lead", "teams": ["web"]}}


def main():
    rng = random.Random(20260131)
    parts = [invocations(rng, 160), listings(rng, 36), registrations(rng, 30), agent_calls(rng, 45), odd()]
    seen = set()
    for part in parts:
        for name, entrypoint, value in part:
            assert name not in seen, name
            seen.add(name)
            line = {"name": name, "entrypoint": entrypoint, "input": value}
            # Some readers end a line at U+2028 as well.
            sys.stdout.write(json.dumps(line, ensure_ascii=False).replace("\u2028", "\\u2028") + "\n")


if __name__ == "__main__":
    main()
