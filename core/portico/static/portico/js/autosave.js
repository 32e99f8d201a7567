// Forms that save themselves (data-autosave names the place of their state): nothing that was typed is lost while the server,
// the connection or the session is away. What is not saved is tried again, kept for this tab, and asked about before leaving.

const htmx = window.htmx;
const forms = () => [...document.querySelectorAll("form[data-autosave]")];
const formOf = (event) => event.detail.elt?.closest?.("form[data-autosave]");

// What the server has taken of a field: what it sent (data-taken beside a refused entry), or what was sent to it since.
const taken = new WeakMap();
const sent = new WeakMap();
const typed = (form) => [...form.elements].filter((field) => field.name && field.type !== "hidden" && ("defaultValue" in field || "taken" in field.dataset));
const takenOf = (field) => taken.get(field) ?? field.dataset.taken ?? field.defaultValue;
const isTaken = (field) => field.value === takenOf(field);
const unsaved = (form) => !typed(form).every(isTaken);
const isBusy = (form) => form.classList.contains("htmx-request");

function show(form, state) {
  const place = document.getElementById(form.dataset.autosave);
  if (!place) return;
  place.dataset.state = state;
  place.textContent = place.dataset[state] ?? place.dataset.lost ?? "";
}

// ---- Kept for this tab: by whom and where it was typed, until it is saved or they sign out

const owner = document.querySelector("[data-keeps]");
const key = owner && `typed:${owner.dataset.keeps}:${location.pathname}`;
let asking = {}, leaving = false, closed = false;
const refused = new WeakSet();  // what the server does not take is told at its field, and not kept

function keep() {
  if (!key || closed) return;
  const kept = { ...asking };
  for (const field of forms().filter((form) => !refused.has(form)).flatMap(typed)) if (field.id && !isTaken(field)) kept[field.id] = [field.value, takenOf(field)];
  try {
    if (Object.keys(kept).length) sessionStorage.setItem(key, JSON.stringify(kept));
    else sessionStorage.removeItem(key);
  } catch { /* full or forbidden: the page still asks before it is left */ }
}

function read() {
  try { return JSON.parse(sessionStorage.getItem(key)) ?? {}; } catch { return {}; }
}

function putBack(entries) {
  for (const [field, value] of entries) {
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    lost.add(field.form);
  }
  tries = 0;
  setTimeout(again, 50);  // htmx has to know new forms first
}

// In words: of a list, what its reader chose; undefined where that is not offered any more.
const said = (field, value) => field.options ? [...field.options].find((one) => one.value === value)?.text : value;

// Where nobody changed the field meanwhile, the text goes back and is saved; else the reader decides.
function restore() {
  if (!key) return false;
  const open = Object.entries(read()).map(([id, [value, base]]) => [document.getElementById(id), value, base, id])
    .filter(([field, value, , id]) => field?.form && field.value !== value && !(id in asking) && said(field, value) !== undefined);
  const calm = open.filter(([field, , base]) => field.value === base), torn = open.filter(([field, , base]) => field.value !== base);
  if (calm.length) putBack(calm);
  const dialog = document.getElementById("confirm-dialog");
  if (torn.length && dialog && !dialog.open) {
    asking = Object.fromEntries(torn.map(([, value, base, id]) => [id, [value, base]]));
    dialog.querySelector("[data-confirm-text]").textContent = `${owner.dataset.textChanged} ${torn.map(([field, value]) => `“${said(field, value).slice(0, 300)}”`).join(" ")}`;
    dialog.addEventListener("close", () => { asking = {}; if (dialog.returnValue === "yes") putBack(torn); keep(); }, { once: true });
    dialog.returnValue = "";
    dialog.showModal();
  }
  return calm.length > 0;
}

window.addEventListener("pagehide", keep);
document.addEventListener("htmx:oobBeforeSwap", keep);
document.addEventListener("htmx:oobAfterSwap", restore);
// Who signs out, or gives up what they typed (data-leaves), wants nothing kept; nor is there anything to ask.
function close() {
  closed = leaving = true;
  if (key) sessionStorage.removeItem(key);
}
document.addEventListener("submit", (event) => { if (event.target.matches("[data-leaves], [action$='/sign-out']")) close(); }, true);
document.addEventListener("click", (event) => { if (event.target.closest?.("a[data-leaves]")) close(); }, true);

// The session has ended: the whole window goes to sign-in, and what was typed waits for its return.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (!event.detail.xhr.getResponseHeader("HX-Redirect")) return;
  keep();
  leaving = true;
});

// ---- State, and trying again: later and later, and at once when the connection is back

const lost = new Set();
const MOST_S = 60, PASSING = [0, 408, 425, 429, 500, 502, 503, 504];
let tries = 0, timer = 0;

function again() {
  clearTimeout(timer);
  timer = 0;
  for (const form of lost) {
    if (!form.isConnected || !unsaved(form)) lost.delete(form);
    else if (!isBusy(form)) htmx.trigger(form, "submit");
  }
}
function tryLater() {
  if (!timer && lost.size) timer = setTimeout(again, Math.min(MOST_S, 2 ** Math.min(++tries, 6)) * 1000);
}
window.addEventListener("online", () => { tries = 0; again(); });

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (!form?.dataset.autosave) return;
  refused.delete(form);
  show(form, "editing");
});
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = formOf(event);
  if (!form) return;
  show(form, "saving");
  sent.set(event.detail.xhr, typed(form).map((field) => [field, field.value]));
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = formOf(event), xhr = event.detail.xhr;
  if (!form || leaving) return;
  const saved = event.detail.successful && xhr.status < 400;
  if (saved) for (const [field, value] of sent.get(xhr) ?? []) taken.set(field, value);
  const passing = !saved && PASSING.includes(xhr.status);
  if (passing) lost.add(form);
  else lost.delete(form);
  if (saved) tries = 0;
  if (xhr.status === 422) refused.add(form);
  const state = passing ? "waiting" : saved ? "saved" : xhr.status === 422 ? "failed" : "lost";
  show(form, saved && lost.size ? "waiting" : state);
  keep();
  tryLater();
});
// It is told once that something could not be sent; the state says the rest.
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => { if (lost.has(formOf(event))) event.stopImmediatePropagation(); }, true);
}

// ---- Leaving: what stands on the page is saved first; only what cannot be saved is asked about

window.addEventListener("beforeunload", (event) => { if (!leaving && forms().some(unsaved)) event.preventDefault(); });

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
async function saveAll() {
  const asked = new Set();
  for (let turn = 0; turn < 400; turn += 1) {
    const all = forms();
    if (all.some(isBusy)) { await pause(50); continue; }
    const form = all.find(unsaved);
    if (!form) return null;
    if (asked.has(form)) return form;
    asked.add(form);
    htmx.trigger(form, "submit");
    await pause(50);
  }
  return forms()[0];
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  if (link.target || link.hasAttribute("download") || link.hasAttribute("hx-get") || link.getAttribute("href").startsWith("#") || leaving || !forms().some(unsaved)) return;
  event.preventDefault();
  await pause(0);  // the field that is left asks to be saved itself
  await Promise.race([saveAll(), pause(3000)]);
  location.assign(link.href);
});

// A form with data-saves-first goes only when everything that stands on the page was saved: what is refused is not left out.
const ready = new WeakSet();
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.hasAttribute("data-saves-first") || ready.has(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  saveFirst(form, event.submitter);
}, true);
async function saveFirst(form, button) {
  if (form.getAttribute("aria-busy") === "true") return;
  form.setAttribute("aria-busy", "true");
  await pause(0);  // a form can be submitted anew only when its present event is over
  const refused = await saveAll();
  form.removeAttribute("aria-busy");
  if (refused) {
    show(refused, lost.has(refused) ? "waiting" : "failed");
    (typed(refused).find((field) => !isTaken(field)) ?? refused).focus();
    return;
  }
  ready.add(form);
  form.requestSubmit(button);
  ready.delete(form);
}

if (restore()) document.dispatchEvent(new CustomEvent("portico:toast", { detail: { message: owner.dataset.textBack, kind: "info" } }));
