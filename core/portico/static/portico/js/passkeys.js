// Passkeys: hands the page's challenge to the browser, and sends back what the person's device signed.
// A form [data-passkey="get"|"create"][data-options] holds the fields handle and answer.

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const asked = (options) => {
  const known = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));
  const publicKey = { ...options, challenge: bytes(options.challenge) };
  if (options.user) publicKey.user = { ...options.user, id: bytes(options.user.id) };
  if (options.excludeCredentials) publicKey.excludeCredentials = known(options.excludeCredentials);
  if (options.allowCredentials) publicKey.allowCredentials = known(options.allowCredentials);
  return { publicKey };
};

const answered = (credential) => {
  const { response } = credential;
  const parts = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) parts[name] = text(response[name]);
  }
  if (response.getTransports) parts.transports = response.getTransports();
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response: parts });
};

const say = (form, word) => {
  const place = form.querySelector("[data-passkey-trouble]")
    ?? form.closest(".card")?.querySelector("[data-passkey-trouble]");
  if (!place) return;
  place.textContent = place.dataset[word];
  place.hidden = false;
};

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-passkey]");
  if (!form || form.elements.answer.value) return;
  event.preventDefault();
  delete form.dataset.sent; // it was not sent yet
  if (!window.PublicKeyCredential) return say(form, "unsupported");
  try {
    const options = asked(JSON.parse(form.dataset.options));
    const credential = form.dataset.passkey === "create"
      ? await navigator.credentials.create(options)
      : await navigator.credentials.get(options);
    form.elements.answer.value = answered(credential);
    form.requestSubmit();
  } catch (error) {
    say(form, "refused");
  }
});
