// What was typed when the session had ended: a form that is then sent leads to the log-in, and from there back to itself.
// Kept in this tab only, for the same person, until it is back or the person logs out.

const KEY = "draft";
const { person } = document.body.dataset;

document.addEventListener("submit", ({ target: form }) => {
  if (!form.matches("main form") && form.matches("[method=post]")) sessionStorage.removeItem(KEY);
  if (!person || !form.matches("main form[method=post]") || form.querySelector("[type=password]")) return;
  const fields = [...new FormData(form)].filter(([name, value]) => name !== "csrfmiddlewaretoken" && typeof value === "string");
  const draft = { person, path: location.pathname, action: form.getAttribute("action"), fields };
  sessionStorage.setItem(KEY, JSON.stringify(draft));
});

function formOf(draft) {
  const forms = [...document.querySelectorAll("main form[method=post]")];
  return forms.find((form) => form.getAttribute("action") === draft.action);
}

function fillIn(form, fields) {
  for (const input of form.elements) {
    const values = fields.filter(([name]) => name === input.name).map(([, value]) => value);
    if (input.type === "checkbox" || input.type === "radio") input.checked = values.includes(input.value);
    else if (values.length === 1) [input.value] = values;
  }
}

const draft = JSON.parse(sessionStorage.getItem(KEY));
if (draft && !person) {
  // This is the log-in. Whoever is logged in sees an answer to what was sent, and needs no draft.
  sessionStorage.setItem(KEY, JSON.stringify({ ...draft, isWaiting: true }));
} else if (draft && (!draft.isWaiting || draft.person !== person)) {
  sessionStorage.removeItem(KEY);
} else if (draft && draft.path === location.pathname) {
  sessionStorage.removeItem(KEY);
  const form = formOf(draft);
  if (form) {
    fillIn(form, draft.fields);
    for (const folded of form.querySelectorAll("details")) folded.open = true;
    document.getElementById("typed-again").hidden = false;
  }
}
