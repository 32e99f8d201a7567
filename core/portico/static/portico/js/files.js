// Uploads: how far one is, and what is too large said before it is sent. Without this the form works all the same.

const formOf = (element) => element?.closest?.("form[data-upload]");

function show(form, part) {
  const progress = form.querySelector("[data-progress]");
  progress.hidden = part === null;
  if (part === null) return;
  const percent = Math.floor(part * 100), words = progress.querySelector("[data-percent]");
  progress.querySelector("progress").value = percent;
  words.textContent = percent < 100 ? new Intl.NumberFormat(document.documentElement.lang, { style: "percent" }).format(part) : words.dataset.checking;
}

function tooLarge(form) {
  const file = form.querySelector("input[type=file]").files[0];
  const is = Boolean(file) && file.size > Number(form.dataset.most);
  form.querySelector("[data-too-large]").hidden = !is;
  return is;
}

document.addEventListener("change", (event) => {
  const form = formOf(event.target);
  if (!form) return;
  form.querySelector("#file-problem").replaceChildren();
  event.target.removeAttribute("aria-invalid");
  tooLarge(form);
});

document.addEventListener("htmx:confirm", (event) => {
  const form = formOf(event.target);
  if (form && tooLarge(form)) event.preventDefault();
});

document.addEventListener("htmx:xhr:progress", (event) => {
  const form = formOf(event.target);
  if (form && event.detail.lengthComputable) show(form, event.detail.loaded / event.detail.total);
});

document.addEventListener("htmx:afterRequest", (event) => {
  const form = formOf(event.target);
  if (!form) return;
  show(form, null);
  if (event.detail.xhr.status < 400) form.reset();
  else form.querySelector("input[type=file]").setAttribute("aria-invalid", "true");
});
