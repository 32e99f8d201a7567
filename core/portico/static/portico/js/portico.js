// What the pages do beyond HTML: colour mode, dialogs, toasts, copying, quantities, htmx set-up.
// Every handler is delegated from the document, so content that htmx brings works without further calls.

const root = document.documentElement;
const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

// A page that answers a form: "back" and "reload" open the form again, and the browser does not ask about sending it twice.
if (document.body?.dataset.address) history.replaceState(history.state, "", document.body.dataset.address);

// ---- htmx: nothing evaluated, nothing injected (strict CSP); the token goes with every request that changes something

const htmx = window.htmx;
if (htmx) {
  htmx.config.allowEval = false;
  htmx.config.includeIndicatorStyles = false;
  htmx.config.allowScriptTags = false;
  htmx.config.selfRequestsOnly = true;
  htmx.config.historyCacheSize = 0;
  htmx.config.attributesToSettle = ["class", "width", "height"];  // copying a style attribute is inline style to the CSP
  // An answer of 422 is the form with its errors: show it.
  htmx.config.responseHandling = [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "422", swap: true, error: false },
    { code: "[45]..", swap: false, error: true },
  ];
}

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRF-Token"] = meta("csrf-token");
});

// ---- Cards that the first view can do without: fetched when they are in sight, and the page is used or has been still for a while

const STILL_MS = 3000;
const used = new Promise((resolve) => {
  for (const kind of ["pointermove", "pointerdown", "keydown", "scroll"]) addEventListener(kind, resolve, { once: true, passive: true });
});
const later = new IntersectionObserver((entries) => {
  for (const { target } of entries.filter((one) => one.isIntersecting)) {
    later.unobserve(target);
    Promise.race([used, new Promise((resolve) => setTimeout(resolve, STILL_MS))]).then(() => htmx.trigger(target, "later"));
  }
}, { threshold: 1 });
htmx?.onLoad((content) => content.querySelectorAll(".widget-later [hx-get]").forEach((card) => later.observe(card)));

const bar = document.querySelector(".loading-bar");
let waiting = 0;
// The request itself says when it is over: what htmx tells of one whose element was replaced meanwhile does not come here.
document.addEventListener("htmx:beforeSend", (event) => {
  waiting += 1;
  bar?.classList.add("on");
  event.detail.xhr.addEventListener("loadend", () => {
    waiting -= 1;
    if (!waiting) bar?.classList.remove("on");
  }, { once: true });
});

// A widget or fragment that could not be fetched shows the error state that the page carries in a template.
const failed = (event) => {
  const target = event.detail.elt?.closest("[data-fallback]");
  const template = target && document.getElementById(target.dataset.fallback);
  if (template) {
    target.replaceChildren(template.content.cloneNode(true));
    htmx.process(target);
    target.setAttribute("aria-busy", "false");
  } else {
    toast(said(event.detail.xhr) || meta("text-offline"), "error");
  }
};
// The words of an answer that tells of an error; htmx asked for it as a fragment.
const said = (xhr) => new DOMParser().parseFromString(xhr?.responseText ?? "", "text/html").querySelector("[role=alert] p")?.textContent.trim();
document.addEventListener("htmx:responseError", failed);
document.addEventListener("htmx:sendError", failed);
document.addEventListener("htmx:timeout", failed);
document.addEventListener("htmx:afterSwap", (event) => event.detail.target?.setAttribute?.("aria-busy", "false"));

// What a part asked for that is not on the page any more has nowhere to go. It needs hx-target="body" to be noticed.
document.addEventListener("htmx:beforeSwap", (event) => {
  const asked = event.detail.requestConfig?.elt;
  if (asked?.matches("[data-quiet]") && !asked.isConnected) event.detail.shouldSwap = false;
});

// ---- Toasts: the server sends HX-Trigger: {"portico:toast": {"message": …, "kind": "success"}}

const TOAST_MS = 6000;
export function toast(message, kind = "info") {
  const region = document.getElementById("toasts");
  const template = document.getElementById("toast-template");
  if (!region || !template || !message) return;
  const item = template.content.firstElementChild.cloneNode(true);
  item.classList.add(`flash-${kind}`);
  item.querySelector(".flash-text").textContent = message;
  region.append(item);
  if (kind !== "error") setTimeout(() => { if (!item.matches(":hover, :focus-within")) item.remove(); }, TOAST_MS);
}
document.addEventListener("portico:toast", (event) => toast(event.detail.message ?? event.detail.value, event.detail.kind));

// ---- Colour mode: light, dark or the device's; a cookie, so that the next page arrives in it

function setMode(mode) {
  root.dataset.mode = mode;
  const path = meta("cookie-path") || "/";
  const [prefix, secure] = location.protocol === "https:" ? ["__Secure-", "; Secure"] : ["", ""];
  document.cookie = `${prefix}portico_mode=${mode}; Path=${path}; Max-Age=31536000; SameSite=Lax${secure}`;
  for (const button of document.querySelectorAll("[data-mode-set]")) {
    button.setAttribute("aria-pressed", String(button.dataset.modeSet === mode));
  }
}

// ---- Dialogs and confirmation

function openDialog(id) {
  const dialog = document.getElementById(id);
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
}

// hx-confirm="text" asks in our own dialog instead of the browser's. What was redrawn while the question stood is another
// element by then: the same form of the page as it is now goes on.
const agreed = new WeakSet();
function goOn({ elt, issueRequest }) {
  if (elt.isConnected) { issueRequest(true); return; }
  const address = elt.getAttribute("hx-post");
  const same = address && [...document.forms].find((form) => form.getAttribute("hx-post") === address);
  if (!same) return;
  agreed.add(same);
  same.requestSubmit();
}
document.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  if (agreed.delete(event.detail.elt)) { event.detail.issueRequest(true); return; }
  const dialog = document.getElementById("confirm-dialog");
  if (!dialog) return;
  dialog.querySelector("[data-confirm-text]").textContent = event.detail.question;
  dialog.addEventListener("close", () => { if (dialog.returnValue === "yes") goOn(event.detail); }, { once: true });
  dialog.returnValue = "";
  dialog.showModal();
});

// ---- Quantities: buttons beside a text field, in the reader's own notation; decimal steps without binary fractions

const point = new Intl.NumberFormat(`${root.lang || "en"}-u-nu-latn`).formatToParts(1.5).find((part) => part.type === "decimal")?.value ?? ".";

// Only what is surely one number; the server reads the rest, or asks back.
function quantity(text) {
  const plain = text.trim().replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => digit.charCodeAt(0) & 15).replace("\u066b", point);
  const [whole, fraction = "", more] = plain.split(point);
  return more === undefined && /^\d+$/.test(whole) && /^\d*$/.test(fraction) ? { value: Number(`${whole}.${fraction}`), digits: fraction.length } : null;
}

function step(input, direction) {
  const present = input.value.trim() ? quantity(input.value) : { value: 0, digits: 0 };
  if (!present) { input.focus(); input.select(); return; }
  const size = input.dataset.size || "1";
  const digits = Math.max(present.digits, (size.split(".")[1] ?? "").length);
  const scale = 10 ** digits;
  let value = (Math.round(present.value * scale) + direction * Math.round(Number(size) * scale)) / scale;
  if (input.dataset.least) value = Math.max(Number(input.dataset.least), value);
  if (input.dataset.most) value = Math.min(Number(input.dataset.most), value);
  input.value = value.toFixed(digits).replace(".", point);
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

// ---- Clicks

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  toast(meta("text-copied"), "success");
}

const clicks = {
  "[data-mode-set]": (el) => setMode(el.dataset.modeSet),
  "[data-dialog-open]": (el) => openDialog(el.dataset.dialogOpen),
  "[data-dialog-close]": (el) => el.closest("dialog")?.close(el.value),
  "[data-copy]": copy,
  "[data-step]": (el) => step(el.parentElement.querySelector("input"), Number(el.dataset.step)),
  "[data-dismiss]": (el) => el.closest(el.dataset.dismiss)?.remove(),
  "[data-print]": () => window.print(),
  "[data-reveal]": (el) => {
    const input = document.getElementById(el.dataset.reveal);
    input.type = input.type === "password" ? "text" : "password";
    el.setAttribute("aria-pressed", String(input.type === "text"));
  },
};

document.addEventListener("click", (event) => {
  for (const [selector, act] of Object.entries(clicks)) {
    const element = event.target.closest(selector);
    if (element) act(element, event);
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  if (event.target instanceof HTMLDialogElement && event.target.open) event.target.close();  // the backdrop
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// ---- Forms: no double submission, nothing kept for the next person, focus on the first error

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.getAttribute("action")?.endsWith("/sign-out")) sessionStorage.clear();
  if (form.method === "dialog" || form.hasAttribute("hx-post") || form.hasAttribute("data-resubmit") || event.submitter?.hasAttribute("data-resubmit")) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit-on-change]")) event.target.form?.requestSubmit();
});

document.querySelector(".error-summary")?.focus();
