// Choosing several quotes of the list: "all on this page", how many, and the choice kept when the list is drawn anew.

const form = () => document.getElementById("choosing");
const boxes = () => [...(form()?.querySelectorAll("[name=quote]") ?? [])];
const idOf = (box) => box.value.split(".")[0];
const number = new Intl.NumberFormat(document.documentElement.lang || "en");

function count() {
  const place = form()?.querySelector(".choosing-count");
  if (!place) return;
  const chosen = boxes().filter((box) => box.checked).length;
  form().querySelector("[name=all]").checked = chosen > 0 && chosen === boxes().length;
  form().querySelector("[name=all]").indeterminate = chosen > 0 && chosen < boxes().length;
  const text = chosen ? place.dataset.text.replace("{number}", number.format(chosen)) : "";
  if (place.textContent !== text) place.textContent = text;
}

document.addEventListener("change", (event) => {
  if (event.target.form !== form() || event.target.type !== "checkbox") return;
  if (event.target.name === "all") for (const box of boxes()) box.checked = event.target.checked;
  count();
});

// Enter would press the first button.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.type === "checkbox" && event.target.form === form()) event.preventDefault();
});

// An event draws the list anew: what was chosen stays so, at the version that is shown from then on.
let kept = [];
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id === "quotes") kept = boxes().filter((box) => box.checked).map(idOf);
});
document.addEventListener("htmx:afterSettle", () => {
  if (!kept.length) return;
  for (const box of boxes()) if (kept.includes(idOf(box))) box.checked = true;
  kept = [];
  count();
});
window.addEventListener("pageshow", count);
count();
