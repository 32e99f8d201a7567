// The builder: versions kept in step, errors tied to their fields, lengths, quantities by keyboard, and "/" for the search.

const fieldOf = (problem) => document.getElementById(problem.dataset.problemOf);

// Every answer says the draft's new version; all forms of the page send it from then on.
document.addEventListener("quotes:version", (event) => {
  const version = event.detail.value ?? event.detail;
  for (const input of document.querySelectorAll("input[data-version]")) input.value = version;
});

// A message beside a field marks it as wrong; its going away clears the mark.
document.addEventListener("htmx:oobAfterSwap", (event) => {
  const problem = event.detail.target;
  if (!problem?.dataset?.problemOf) return;
  const field = fieldOf(document.getElementById(problem.id) ?? problem);
  if (!field) return;
  if (document.getElementById(problem.id)?.textContent.trim()) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
});

// Prices asked for in the background come too late if the draft was changed meanwhile: what that answered is newer.
document.addEventListener("htmx:beforeSwap", (event) => {
  const version = event.detail.xhr.getResponseHeader("X-Quote-Version");
  const present = document.querySelector("input[data-version]")?.value;
  if (version && present && Number(version) < Number(present)) event.detail.shouldSwap = false;
});

// Who comes back to a page sees prices of now; while the company is away, its coming back shows soon and by itself.
const CHECK_MS = 120_000, AWAY_MS = 10_000;
let checked = Date.now();
function check(after) {
  if (document.visibilityState !== "visible" || Date.now() - checked < after || !document.querySelector("[data-builder]")) return;
  checked = Date.now();
  document.body.dispatchEvent(new CustomEvent("quotes:check"));
}
document.addEventListener("visibilitychange", () => check(AWAY_MS));
setInterval(() => check(document.querySelector("#draft-away:not(:empty)") ? AWAY_MS : CHECK_MS), AWAY_MS / 2);

document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (event.altKey) return;  // moves the line: see order.js
  if (field.matches?.("[data-quantity]") && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    event.preventDefault();
    field.parentElement.querySelector(`[data-step="${event.key === "ArrowUp" ? 1 : -1}"]`)?.click();
  } else if (field.matches?.("[data-quantity], .line-note") && event.key === "Enter") {
    event.preventDefault();
    field.blur();  // the field's own "change" saves it, once
    field.focus();
  } else if (event.key === "/" && !field.matches?.("input, textarea, select")) {
    const search = document.querySelector(".search input[type=search]");
    if (!search) return;
    event.preventDefault();
    document.getElementById("picker")?.showPopover?.call(document.getElementById("picker"));
    search.focus();
  }
});

// How much room is left in a field, once that is near its end; and that a longer text was cut, which a browser does silently.
const NEAR = 0.9;
const number = new Intl.NumberFormat(document.documentElement.lang || "en");
function counter(field) {
  const id = `${field.id}-count`;
  const present = document.getElementById(id);
  if (present) return present;
  const made = document.createElement("p");
  made.className = "field-count";
  made.id = id;
  const shown = document.createElement("span"), said = document.createElement("span");
  shown.setAttribute("aria-hidden", "true");  // else every letter would be read out
  said.setAttribute("role", "status");
  made.append(shown, " ", said);
  field.after(made);
  field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") ?? ""} ${id}`.trim());
  return made;
}
function tellLength(field, cut) {
  const texts = field.closest("[data-builder]")?.dataset;
  const isNear = field.value.length >= field.maxLength * NEAR;
  if (!texts || !(isNear || cut || document.getElementById(`${field.id}-count`))) return;
  const [shown, said] = counter(field).children;
  const fill = (text) => text.replace("{present}", number.format(field.value.length)).replace("{most}", number.format(field.maxLength));
  shown.textContent = isNear ? fill(texts.textNear) : "";
  said.textContent = cut ? fill(texts.textCut) : "";
}
const room = (field) => field.maxLength - field.value.length + (field.selectionEnd - field.selectionStart);
let pasted = null;
for (const name of ["paste", "drop"]) {
  document.addEventListener(name, (event) => {
    const field = event.target, text = (event.clipboardData ?? event.dataTransfer)?.getData("text/plain") ?? "";
    if (!(field.maxLength > 0)) return;
    const most = name === "drop" ? field.maxLength - field.value.length : room(field);
    pasted = text.replace(/\r\n?/g, "\n").length > most ? field : null;
    if (pasted && most <= 0) { tellLength(field, true); pasted = null; }  // nothing goes in, so nothing is told
  });
}
document.addEventListener("input", (event) => {
  if (!(event.target.maxLength > 0)) return;
  tellLength(event.target, pasted === event.target);
  pasted = null;
});

// Codes by keyboard: after one was taken the field is empty again, and the next can be typed or scanned.
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt;
  if (!form.matches?.("[data-enters]") || event.detail.xhr.status >= 400) return; // what was refused stays to be mended
  form.reset();
  (form.elements.code ?? form.elements.title).focus();
});
