// The order of a draft's lines: by Alt and an arrow, or by dragging a line's grip. The server says the order; only nodes move.

const htmx = window.htmx;
const list = () => document.getElementById("lines");
const lines = () => [...(list()?.querySelectorAll(":scope > [data-line]") ?? [])];

function move(line, values) {
  const form = line.querySelector(".line-move");
  htmx.ajax("POST", form.getAttribute("action"), { source: form, swap: "none", values });
}

// What is typed, and where the focus is, stay: lines that stand right are not touched.
document.addEventListener("quotes:order", (event) => {
  const order = event.detail.value ?? event.detail;
  const focused = document.activeElement;
  let last = null;
  for (const id of order) {
    const line = document.getElementById(`line-${id}`);
    if (!line) continue;
    const present = lines();
    const next = last ? present[present.indexOf(last) + 1] : present[0];
    if (next !== line) (last ? last.after(line) : list().prepend(line));
    last = line;
  }
  if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
  focused?.closest?.("[data-line]")?.scrollIntoView({ block: "nearest" });
});

document.addEventListener("keydown", (event) => {
  const line = event.target.closest?.("[data-line]");
  if (!line || !event.altKey || event.ctrlKey || event.metaKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  const field = event.target;
  if (field.matches("input, textarea")) { field.blur(); field.focus(); }  // its own "change" saves it first
  move(line, { by: event.key === "ArrowUp" ? -1 : 1 });
});

// ---- Dragging, by mouse, pen and finger alike

let drag = null;
const MARKS = ["line-drop-before", "line-drop-after"];

function unmark() {
  for (const line of lines()) line.classList.remove(...MARKS);
}
function over(y) {
  const others = lines().filter((line) => line !== drag.line);
  const below = others.findIndex((line) => { const box = line.getBoundingClientRect(); return y < box.top + box.height / 2; });
  unmark();
  drag.place = below < 0 ? others.length : below;
  if (below >= 0) others[below].classList.add(MARKS[0]);
  else others.at(-1)?.classList.add(MARKS[1]);
}
function end(taken) {
  if (!drag) return;
  const { line, place, from } = drag;
  drag = null;
  line.classList.remove("line-dragged");
  unmark();
  if (taken && place !== null && place !== from) move(line, { to: place + 1 });
}

document.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest?.("[data-grip]");
  if (!grip || event.button || drag) return;
  event.preventDefault();
  const line = grip.closest("[data-line]");
  drag = { line, pointer: event.pointerId, place: null, from: lines().indexOf(line) };
  grip.setPointerCapture(event.pointerId);
  line.classList.add("line-dragged");
});
document.addEventListener("pointermove", (event) => {
  if (drag?.pointer !== event.pointerId) return;
  const edge = 80, y = event.clientY;
  if (y < edge) window.scrollBy(0, -12);
  else if (y > window.innerHeight - edge) window.scrollBy(0, 12);
  over(y);
});
document.addEventListener("pointerup", (event) => { if (drag?.pointer === event.pointerId) end(true); });
document.addEventListener("pointercancel", (event) => { if (drag?.pointer === event.pointerId) end(false); });
document.addEventListener("keydown", (event) => { if (event.key === "Escape") end(false); });
