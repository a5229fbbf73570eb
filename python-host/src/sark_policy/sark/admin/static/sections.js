const KINDS = {
  allowed_denied: ["bad", "allowed in-process, denied by OPA"],
  denied_allowed: ["bad", "denied in-process, allowed by OPA"],
  filtered_parameters: ["bad", "other parameters"],
  failed: ["warn", "one path failed"],
  undefined: ["warn", "undefined on one path"],
  reason: ["warn", "another reason"],
  result: ["", "something else of the result"],
};
const STEPS = [5, 25, 50, 100];
const opened = new Set();
let filter = "";

// What the page shows, section by section.

function draw(all) {
  facts(all);
  advice(all.comparison);
  rollout(all.flags, all.paths);
  paths(all);
  generations(all.generations);
  shadow(all);
  workers(all);
  audit(all.audit);
}

function facts(all) {
  const flags = all.flags;
  const store = !flags.shared ? pill("warn", "this process alone")
    : flags.connected ? pill("good", "shared") : pill("bad", "store is away: last known state");
  const current = all.generations.generations.find((each) => each.state === "current");
  const rows = [
    ["decides by", current ? el("code", null, short(current.revision, 24)) : pill("bad", "no bundle")],
    ["flags", el("span", null, store, flags.pending ? pill("warn", `${flags.pending} pending`) : null)],
    ["seen by", el("code", null, all.worker)],
    ["at", new Date(all.at).toLocaleTimeString()],
  ];
  put("facts", all.at, ...rows.map(([name, value]) => el("div", null, el("dt", null, name), el("dd", null, value))));
}

function advice(comparison) {
  const headline = comparison.recommendation.split(":")[0];
  const words = headline.charAt(0).toUpperCase() + headline.slice(1);
  $("advice").className = `card advice ${comparison.advice}`;
  put("advice", comparison.recommendation, el("strong", null, words), el("ul", null, comparison.grounds.map((each) => el("li", null, each))));
}

function rollout(flags, ways) {
  const features = Object.entries(flags.rollout).map(([feature, value]) => {
    const steps = STEPS.map((step) => el("button", {
      disabled: step === value,
      on: () => change(`Set ${feature} to ${step} % of the users, in every worker?`, "POST", "rollout/set", { feature, percentage: step }),
    }, `${step} %`));
    const back = el("button", {
      class: "grave", disabled: value === 0 && !flags.users[feature].length,
      on: () => change(`Take ${feature} from everybody?`, "POST", `rollout/rollback?feature=${encodeURIComponent(feature)}`),
    }, "0 %");
    const users = flags.users[feature];
    const bar = el("div", { class: flags.killed ? "bar off" : "bar" }, el("span", { width: value }), el("b", null, `${value} %`));
    const listed = users.length ? `and always: ${short(users.join(", "), 160)}` : "nobody on the allow-list";
    const edit = el("button", { on: () => list(feature, users) }, "Allow-list…");
    return el("div", { class: "feature" }, el("b", null, feature), bar, el("div", { class: "actions" }, steps, back, edit),
      el("div", { class: "users faint" }, listed));
  });
  const notes = [];
  if (flags.killed) notes.push(el("p", null, pill("bad", "kill switch is on"), " nobody is decided in-process, whatever stands below."));
  if (!ways.http) notes.push(el("p", { class: "faint" }, "There is no OPA server, so everybody is decided in-process."));
  put("rollout", [flags, ways], ...notes, ...features);
  $("kill").setAttribute("aria-pressed", String(flags.killed));
  $("kill").textContent = flags.killed ? "Turn kill switch off" : "Kill switch";
}

function list(feature, users) {
  const entered = window.prompt(`Users that always have ${feature}, separated by commas:`, users.join(", "));
  if (entered === null) return;
  const wanted = entered.split(",").map((each) => each.trim()).filter(Boolean);
  change("", "PUT", "rollout/users", { feature, users: wanted });
}

function paths(all) {
  const figures = all.comparison;
  const circuits = {};
  for (const worker of all.workers) {
    for (const [side, state] of Object.entries(worker.circuits || {})) (circuits[side] ||= []).push(state);
  }
  const block = (title, other, ours, theirs, circuit) => {
    const most = Math.max(...["p50", "p95", "p99"].flatMap((name) => [ours[name] || 0, theirs[name] || 0]), 1e-9);
    const bar = (side, each, name) => el("td", null, el("div", { class: `time ${side}` },
      el("span", { width: (100 * (each[name] || 0)) / most, hidden: !each[name] }), el("div", null, millis(each[name]))));
    const ratio = (name) => (ours[name] && theirs[name] ? `${(theirs[name] / ours[name]).toPrecision(2)} ×` : "–");
    const rows = ["p50", "p95", "p99"].map((name) => el("tr", null, el("td", null, name), bar("ours", ours, name), bar("theirs", theirs, name), number(ratio(name))));
    const errors = (each) => el("td", null, each.errors ? pill("bad", count(each.errors)) : "0", ` (${percent(each.error_rate)})`);
    rows.unshift(el("tr", null, el("td", null, "answers"), el("td", null, count(ours.count)), el("td", null, count(theirs.count)), number("")));
    rows.push(el("tr", null, el("td", null, "errors"), errors(ours), errors(theirs), number("")));
    if (circuit) rows.push(el("tr", null, el("td", null, "circuit"), el("td", null, circuit("rust")), el("td", null, circuit("python")), number("")));
    return el("div", { class: "scroll" }, el("table", null, el("thead", null, el("tr", null, el("th", null, title), el("th", { class: "ours" }, "in-process"),
      el("th", { class: "theirs" }, other), el("th", { class: "number" }, "ratio"))), el("tbody", null, rows)));
  };
  const circuit = (side) => {
    const states = circuits[side] || [];
    if (!states.length) return "–";
    const off = states.filter((state) => state !== "closed");
    return off.length ? pill("bad", `${off.length} of ${states.length} ${off[0]}`) : pill("good", "closed");
  };
  const cache = all.cache;
  const held = `Cache of ${cache.worker}: ${count(cache.entries)} of ${count(cache.limits.entries)} decisions, `
    + `${(Number(cache.bytes || 0) / 1048576).toFixed(1)} MiB, ${cache.hit_rate} % hits, ${count(cache.evictions)} evicted.`;
  put("paths", [figures, circuits, cache], block("decisions", "over HTTP", figures.rust_opa, figures.python_opa, circuit),
    el("h3", null, "Policy cache, look-ups"), block("look-ups", "the gateway's own", figures.rust_cache, figures.python_cache, null),
    el("p", { class: "faint" }, held, " Figures are of all workers since they started."));
}

function generations(all) {
  const rows = all.generations.map((each) => el("tr", { class: each.state === "gone" ? "gone" : null },
    number(each.number), el("td", null, pill(each.state === "current" ? "good" : "", each.state)),
    el("td", null, el("code", null, short(each.revision, 40))), text(each.source), text(each.by), el("td", null, time(each.at))));
  const order = all.order && all.order.by !== "watch" ? el("p", { class: "faint" }, "Every worker has been ordered to ",
    el("code", null, short(shown(all.order.revision), 40)), ` by ${all.order.by}, `, time(all.order.at), ".") : null;
  put("generations", all, ...[order, table(["#no.", "", "revision", "source", "by", "since"], rows, "No bundle is open.")].filter(Boolean));
  const previous = all.generations.find((each) => each.state === "previous");
  $("bundle-back").disabled = !previous;
  $("bundle-back").textContent = previous ? `Roll back to ${short(previous.revision, 20)}` : "Roll back";
  const names = all.sources.join("\n");
  if ($("source").dataset.names !== names) {
    $("source").dataset.names = names;
    $("source").replaceChildren(...all.sources.map((each) => el("option", { value: each }, each)));
  }
}

function shadow(all) {
  const now = all.shadow;
  if (!$("shadow").contains(document.activeElement)) {
    $("share").value = Math.round(10000 * now.share) / 100;
    $("inputs").checked = now.inputs;
  }
  const found = Object.entries(KINDS).filter(([kind]) => now.differences[kind])
    .map(([kind, [grave, words]]) => el("button", {
      class: `pill ${grave}`, "aria-pressed": String(kind === filter), on: () => choose(kind === filter ? "" : kind),
    }, `${count(now.differences[kind])} ${words}`));
  put("kinds", [now, filter], el("div", { class: "kinds" }, pill("", `${count(now.compared)} compared`),
    now.dropped ? pill("", `${count(now.dropped)} dropped`) : null,
    found.length ? found : now.compared ? pill("good", "no difference") : null));
  const said = (each) => text(each.allow === null ? pill("warn", "failed") : each.allow ? pill("good", "allow") : pill("", "deny"), ` ${each.reason}`);
  $("shadow-clear").disabled = !now.compared && !now.dropped;
  const rows = all.differences.map((each) => {
    const [grave, words] = Object.hasOwn(KINDS, each.kind) ? KINDS[each.kind] : ["", each.kind];
    const key = `${each.at} ${each.digest}`;
    const more = el("details", { open: opened.has(key) }, el("summary", null, el("code", null, short(each.digest, 12))),
      el("pre", null, JSON.stringify(each, null, 2)));
    more.addEventListener("toggle", () => (more.open ? opened.add(key) : opened.delete(key)));
    return el("tr", null, el("td", null, time(each.at)), el("td", null, pill(grave, words)), el("td", { class: "name" }, el("code", null, each.path)),
      said(each.in_process), said(each.http), el("td", null, more));
  });
  put("differences", all.differences, table(["found", "what differs", "entry point", "in-process", "over HTTP", "input"], rows, "Nothing to look at."));
}

function choose(kind) {
  filter = kind;
  load(true);
}

function workers(all) {
  const versions = new Set(all.workers.map((each) => each.version));
  const revisions = new Set(all.workers.map((each) => each.revision));
  const rows = all.workers.map((each) => el("tr", null, text(each.worker),
    el("td", null, el("code", null, short(shown(each.revision), 24)), revisions.size > 1 ? pill("warn", "not all alike") : null),
    number(each.version, versions.size > 1 ? pill("warn", "not all alike") : null),
    text(Object.entries(each.rollout || {}).map(([feature, value]) => `${feature} ${value} %`).join(", "), each.killed ? pill("bad", "killed") : null),
    text(Object.entries(each.circuits || {}).map(([side, state]) => `${side === "rust" ? "in-process" : "HTTP"} ${state}`).join(", ")),
    number(count((each.shadow || {}).compared))));
  put("workers", all.workers, table(["worker", "revision", "#flags", "rollout", "circuits", "#compared"], rows, ""));
}

function audit(events) {
  const rows = events.map((each) => el("tr", null, el("td", null, time(each.at)), text(each.by), el("td", { class: "name" }, el("code", null, each.change)),
    text(each.what), text(short(shown(each.before), 200)), text(short(shown(each.after), 200))));
  put("audit", events, table(["when", "who", "did", "to what", "from", "to"], rows, "Nothing was changed yet."));
}
