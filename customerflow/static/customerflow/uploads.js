// Files to send: dropped on their field, named before they are sent, and not sent where they are too large.

const areaOf = (event) => event.target.closest?.("[data-drop]");
const inputOf = (area) => area.querySelector("[type=file]");

function inWords(bytes) {
  const [amount, unit] = bytes < 2 ** 20 ? [bytes / 2 ** 10, "kilobyte"] : [bytes / 2 ** 20, "megabyte"];
  const format = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, maximumFractionDigits: 1 });
  return format.format(amount);
}

function fits(area) {
  const size = [...inputOf(area).files].reduce((sum, file) => sum + file.size, 0);
  return size <= Number(area.dataset.limit);
}

function show(area) {
  const items = [...inputOf(area).files].map((file) => {
    const item = document.createElement("li");
    item.textContent = `${file.name} · ${inWords(file.size)}`;
    return item;
  });
  area.querySelector("[data-drop-files]").replaceChildren(...items);
  area.querySelector("[data-drop-too-large]").hidden = fits(area);
}

for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    const area = areaOf(event);
    if (!area) return;
    event.preventDefault();
    area.classList.toggle("is-over", name === "dragover");
    if (name !== "drop" || !event.dataTransfer.files.length) return;
    inputOf(area).files = event.dataTransfer.files;
    show(area);
  });
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-drop] [type=file]")) show(areaOf(event));
});

document.addEventListener("submit", (event) => {
  const area = event.target.querySelector("[data-drop]");
  if (!area) return;
  if (!fits(area)) event.preventDefault();
  else area.querySelector("[data-drop-sending]").hidden = inputOf(area).files.length === 0;
});

// The browser puts back what was chosen when one comes back to the page.
addEventListener("pageshow", () => {
  for (const area of document.querySelectorAll("[data-drop]")) {
    area.querySelector("[data-drop-sending]").hidden = true;
    show(area);
  }
});
