// The builder: versions kept in step, errors tied to their fields, quantities by keyboard, and "/" for the search.

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
