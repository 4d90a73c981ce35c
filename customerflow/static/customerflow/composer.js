// An answer to the customer or a note for colleagues: one form at a time, and what is typed changes sides only when
// that is confirmed.

const forms = [...document.querySelectorAll("form[data-composed]")];
const switches = [...document.querySelectorAll("[data-compose]")];

const bodyOf = (form) => form.elements.body;
const isTyped = (form) => Boolean(bodyOf(form).value.trim() || form.elements.files.files.length);

function show(kind) {
  for (const form of forms) form.hidden = form.dataset.composed !== kind;
  for (const button of switches) button.ariaPressed = String(button.dataset.compose === kind);
}

function move(from, to) {
  bodyOf(to).value = [bodyOf(to).value, bodyOf(from).value].filter(Boolean).join("\n\n");
  to.elements.files.files = from.elements.files.files;
  // Nothing is left that could be lost, or sent by mistake.
  bodyOf(from).defaultValue = "";
  bodyOf(from).value = "";
  from.elements.files.value = "";
}

function change(button) {
  const from = forms.find((form) => !form.hidden);
  const to = forms.find((form) => form.dataset.composed === button.dataset.compose);
  if (from !== to) {
    if (isTyped(from)) {
      if (!confirm(button.dataset.confirm)) return;
      move(from, to);
    }
    show(to.dataset.composed);
  }
  bodyOf(to).focus();
}

if (forms.length === 2) {
  show((forms.find(isTyped) ?? forms.find((form) => form.querySelector(".alert, .is-invalid")) ?? forms[0]).dataset.composed);
  document.querySelector(".composer").hidden = false;
  for (const button of switches) button.addEventListener("click", () => change(button));
  // The label brings one to the answer, which may not be shown.
  document.querySelector(`label.btn[for="${bodyOf(forms[0]).id}"]`)?.addEventListener("click", () => change(switches[0]));
}

// Colleagues who have the ticket open are told that one is writing; what, stays here.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.elt.matches("[data-presence]") && forms.some(isTyped)) detail.formData.set("typing", "on");
});
