"""What the areas of `area/case` are about, in the order in which they are shown."""

AREAS = {
    "decide": "The example policy's decision. `floor` is the same crossing doing nothing; `py-…` is the Python host, "
    "batches are of a hundred, each. `py-floor-direct` is by wasmtime as it comes, `py-floor-alone` set up as ours.",
    "example": "The example policy evaluated, JSON in and out, by us and by others: with a sandbox, and `-native` "
    "without. `opa` is OPA as a library in its own process.",
    "peers": "The example policy by what a Python program could use instead; `ours-…` is the same question to us.",
    "stores": "A cached answer. Redis, Valkey and `cachetools` return a text under a known key; `ours` makes the key "
    "from the input. `valkey-client` is Valkey's client on Redis. `mget-100` is a hundred at once, each.",
    "cache": "The component's cache of texts, from Python.",
    "rules": "Evaluated at so many rules: `equal` are found by an index, `scan` are not and the last one holds.",
    "data": "Evaluated with so many users in the bundle's data, one looked up. 1,000 are 35 KiB of JSON, "
    "850,000 are 30 MiB.",
    "input": "Inputs of so many bytes of JSON: evaluated, `-hit` from the cache, `-opa-http` by OPA over HTTP.",
    "batch": "Different questions at once from Python, by the size of the batch, each.",
    "hits": "Decisions one by one from Python, of which so many per cent are in the cache, each.",
    "filter": "Which of a hundred tools may a user see: the drop-in's way, and a hundred questions to OPA over HTTP.",
    "threads": "Decisions in a second by threads of one process, a shard each. From Python (`py-…`) all ask the same "
    "64 questions, so two want the same shard half of the time; `decide/py-threads-2` is without that.",
    "processes": "Decisions in a second by processes with one thread each.",
    "activate": "From a bundle of 1,000 rules to a policy that decides.",
    "swaps": "Decisions while 50 bundles are activated beside them, one every 50 ms, and without that.",
    "start": "From the import to the first decision in a new process: compiling the component, and loading it.",
    "memory": "Resident memory of whole processes that decide by the data of so many users; `peak` is the most it was.",
    "load": "The gateway with four workers under load: without a policy, in-process cold and warm, and OPA over HTTP "
    "with Redis.",
}
