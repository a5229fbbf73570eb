// The token lives here and nowhere else: no storage, no cookie, no address.
let token = "";
let paused = false;
let loading = false;
let seen = null;
let lost = false;
const EVERY = 2000;
const SECTIONS = ["facts", "advice", "rollout", "paths", "generations", "kinds", "differences", "workers", "audit"];

// --- The API

function cookie(name) {
  const found = document.cookie.split("; ").find((each) => each.startsWith(`${name}=`));
  return found ? found.slice(name.length + 1) : "";
}

async function call(method, address, body) {
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (method !== "GET" && !token) headers["X-CSRF-Token"] = cookie("csrf_token");
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(address, {
    method, headers, body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store", credentials: "same-origin",
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const detail = answer.detail;
  const said = Array.isArray(detail) ? detail.map((each) => each.msg).join("; ") : detail;
  const error = new Error(said ? shown(said) : `the server answered ${response.status}`);
  error.status = response.status;
  throw error;
}

function say(message, bad) {
  $("message").textContent = message;
  $("message").className = bad ? "message bad" : "message";
  $("message").hidden = !message;
}

async function change(question, method, address, body) {
  if (question && !window.confirm(question)) return;
  try {
    const answer = await call(method, address, body);
    say(answer.message || "done");
  } catch (error) {
    say(error.message, true);
  }
  await load(true);
}

async function load(now) {
  if (loading || (!now && (paused || document.hidden || !$("door").hidden))) return;
  loading = true;
  try {
    const all = await call("GET", "overview");
    if (filter) all.differences = (await call("GET", `shadow/differences?limit=50&kind=${encodeURIComponent(filter)}`)).differences;
    seen = all;
    $("door").hidden = true;
    $("room").hidden = false;
    if (lost) say("");
    lost = false;
    draw(all);
  } catch (error) {
    if (error.status === 401 || error.status === 403) {
      leave(token ? error.message : "");
    } else {
      lost = true;
      say(`out of touch: ${error.message}`, true);
    }
  } finally {
    loading = false;
  }
}

function leave(problem) {
  token = "";
  $("room").hidden = true;
  $("door").hidden = false;
  $("door-problem").textContent = problem;
  for (const id of SECTIONS) put(id, null);
  $("side").textContent = "";
  say("");
  $("token").value = "";
  $("token").focus();
}

// --- What a person does

$("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  token = $("token").value.trim().replace(/^bearer\s+/i, "");
  load(true);
});
$("sign-out").addEventListener("click", () => leave(""));
$("pause").addEventListener("click", () => {
  paused = !paused;
  $("pause").setAttribute("aria-pressed", String(paused));
  load();
});
$("rollback-all").addEventListener("click", () => change("Take every feature from everybody, in every worker?", "POST", "rollout/rollback-all"));
$("kill").addEventListener("click", () => {
  const enabled = !seen.flags.killed;
  change(enabled ? "Send everybody over HTTP, in every worker?" : "Let the rollout count again?", "POST", "kill-switch", { enabled });
});
$("lookup").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const side = await call("GET", `rollout/user?user_id=${encodeURIComponent($("user").value)}`);
    const words = Object.keys(seen.flags.rollout).map((feature) =>
      `${feature}: ${side[feature].in_process ? "in-process" : "over HTTP"} (bucket ${side[feature].bucket}${side[feature].listed ? ", on the list" : ""})`);
    $("side").textContent = words.join(" · ");
  } catch (error) {
    say(error.message, true);
  }
});
$("activate").addEventListener("submit", (event) => {
  event.preventDefault();
  const source = $("source").value;
  change(`Let ${source} decide, in every worker?`, "POST", "generations/activate", { source });
});
$("bundle-back").addEventListener("click", () => change("Go back to the bundle before, in every worker?", "POST", "generations/rollback"));
$("shadow-clear").addEventListener("click", () => change("Forget what the shadow has found, in every worker?", "POST", "shadow/clear"));
$("shadow").addEventListener("submit", (event) => {
  event.preventDefault();
  change("", "POST", "shadow", { share: Number($("share").value) / 100, inputs: $("inputs").checked });
  document.activeElement.blur();
});

load(true);
setInterval(load, EVERY);
