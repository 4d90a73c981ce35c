// What every page does: keys, rows that open, menus that close, and honest answers when a part cannot be loaded.

const TEXT_FIELDS = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

// --- Keys ------------------------------------------------------------------------------------------------------------

const keys = {
  "/": () => focusSearch(),
  "?": () => document.getElementById("keys").showModal(),
  j: () => moveRow(1),
  k: () => moveRow(-1),
  x: () => chooseRow(),
  c: () => recordContact(),
  a: () => accept(),
};

function focusSearch() {
  const search = document.querySelector("[data-search-key]");
  search.focus();
  search.select();
}

function currentRow() {
  return document.activeElement.closest("tr[data-href]");
}

function moveRow(step) {
  const rows = [...document.querySelectorAll("main tr[data-href]")];
  const at = rows.indexOf(currentRow());
  focusRow(rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step]);
}

function focusRow(row) {
  if (!row) return;
  row.tabIndex = -1;
  row.focus();
}

// From a row, so that one is on the next one when one comes back to the list.
function clickIn(row, button) {
  if (button && row) sessionStorage.setItem("next-row", row.nextElementSibling?.dataset.href ?? "");
  button?.click();
}

function recordContact() {
  clickIn(currentRow(), (currentRow() ?? document).querySelector("[data-key=c]"));
}

function accept() {
  const button = currentRow()?.querySelector("button[form=accept]");
  clickIn(button && currentRow(), button ?? document.querySelector("[data-key=a]"));
}

// What a page offers under a letter of its own: `aria-keyshortcuts` says it to those who do not see the list of keys.
function pressed(key) {
  return /^[a-z]$/.test(key) ? document.querySelector(`[data-key=${key}]`) : null;
}

addEventListener("pageshow", () => {
  const href = sessionStorage.getItem("next-row");
  const rows = [...document.querySelectorAll("main tr[data-href]")];
  if (href === null || rows.length === 0) return;
  sessionStorage.removeItem("next-row");
  focusRow(rows.find((row) => row.dataset.href === href));
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.matches("tr[data-href]") && event.key === "Enter") {
    location.assign(event.target.dataset.href);
  } else if (!event.target.closest(TEXT_FIELDS) && document.getElementById("main")) {
    const act = Object.hasOwn(keys, event.key) ? keys[event.key] : pressed(event.key) && (() => pressed(event.key).click());
    if (!act) return;
    event.preventDefault();
    act();
  }
});

// An amount that is proposed is selected: typing replaces it, Enter takes it.
document.querySelector("input[name=amount][autofocus]")?.select();

// --- Rows that are chosen --------------------------------------------------------------------------------------------

const boxes = () => [...document.querySelectorAll("main .row-choice input[name=chosen]")];

function chooseRow() {
  const box = currentRow()?.querySelector(".row-choice input");
  if (!box) return;
  box.checked = !box.checked;
  countChosen();
}

function countChosen() {
  const bar = document.getElementById("bulk");
  if (!bar) return;
  const all = boxes();
  const chosen = all.filter((box) => box.checked).length;
  const ofPage = document.querySelector("[data-choose-page]");
  ofPage.checked = chosen > 0 && chosen === all.length;
  ofPage.indeterminate = chosen > 0 && chosen < all.length;
  bar.querySelector("[data-chosen]").textContent = chosen;
  bar.classList.toggle("is-idle", chosen === 0 && !bar.elements.all.checked);
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-choose-page]")) for (const box of boxes()) box.checked = event.target.checked;
  if (event.target.closest(".row-choice, #bulk")) countChosen();
});

// The browser puts back what was ticked when one comes back to the page.
addEventListener("pageshow", countChosen);

// --- Mouse -----------------------------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  if (event.target.closest("[data-print]")) print();
  event.target.closest("[data-dismiss]")?.closest(".notice").remove();
  openRow(event);
});

function openRow(event) {
  const row = event.target.closest("tr[data-href]");
  const isControl = event.target.closest("a, button, input, label, select, summary");
  if (!row || isControl || String(getSelection())) return;
  if (event.ctrlKey || event.metaKey) open(row.dataset.href, "_blank", "noopener");
  else location.assign(row.dataset.href);
}

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// --- Text that would be lost -----------------------------------------------------------------------------------------

let sentForm = null;

document.addEventListener("submit", (event) => {
  sentForm = event.target;
});

// Sending one form leaves the page, and with it what was typed into another.
addEventListener("beforeunload", (event) => {
  const areas = [...document.querySelectorAll("main textarea")];
  if (areas.some((area) => area.form !== sentForm && area.value !== area.defaultValue)) event.preventDefault();
  sentForm = null;
});

// --- Parts of a page that htmx loads ---------------------------------------------------------------------------------

// What is not asked for does not stand in the address.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.verb !== "get") return;
  for (const [name, value] of [...detail.formData]) if (value === "") detail.formData.delete(name);
});

// What a page asks by itself takes nobody away from it.
const isAskedByItself = ({ requestConfig }) => requestConfig.elt.matches("[data-by-itself]");

// A redirect leads to another page (the log-in, when the session has ended), which must not land inside this one.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const asked = new URL(detail.pathInfo.requestPath, location.href);
  const answered = new URL(detail.xhr.responseURL);
  if (asked.pathname === answered.pathname) return;
  detail.shouldSwap = false;
  if (!isAskedByItself(detail)) location.assign(answered);
});

// An error is a page of its own: show it instead of doing nothing.
document.addEventListener("htmx:responseError", ({ detail }) => {
  if (!isAskedByItself(detail)) location.assign(detail.pathInfo.requestPath);
});

document.addEventListener("htmx:sendError", () => {
  document.getElementById("no-answer").hidden = false;
});

document.addEventListener("htmx:afterSwap", () => {
  document.getElementById("no-answer").hidden = true;
  const news = document.querySelector("[data-announce]");
  document.getElementById("announcer").textContent = news?.textContent.trim() ?? "";
  countChosen();
});
