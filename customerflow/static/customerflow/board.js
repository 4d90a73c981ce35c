// The board: a card goes to another column by mouse or by keys. Both fill in the card's own form, so that there is one way
// of moving, and what the server shows then is what is.

const columns = () => [...document.querySelectorAll(".board-column")];
const cardsOf = (column) => [...column.querySelectorAll(".board-card")];
const formOf = (card) => card?.querySelector("form");
const subjectOf = (card) => card.querySelector(".board-subject");
const statusOf = (column) => column.dataset.status;
const isMove = (card, status) => [...(formOf(card)?.elements.status.options ?? [])].some(({ value }) => value === status);

let moved = null;
let dragged = null;

function move(card, status) {
  const form = formOf(card);
  form.elements.status.value = status;
  moved = card.id;
  form.requestSubmit();
}

// --- Mouse -----------------------------------------------------------------------------------------------------------

// A card is dragged by whatever is not a control of it.
function makeDraggable() {
  for (const card of document.querySelectorAll(".board-card:has(form)")) card.draggable = true;
}

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.(".board-card[draggable]");
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", subjectOf(dragged).textContent);
  dragged.classList.add("is-dragged");
  for (const column of columns()) column.classList.toggle("is-open", isMove(dragged, statusOf(column)));
});

document.addEventListener("dragover", (event) => {
  if (dragged && event.target.closest?.(".board-column.is-open")) event.preventDefault();
});

document.addEventListener("drop", (event) => {
  const column = event.target.closest?.(".board-column.is-open");
  if (!dragged || !column) return;
  event.preventDefault();
  move(dragged, statusOf(column));
});

document.addEventListener("dragend", () => {
  dragged?.classList.remove("is-dragged");
  for (const column of columns()) column.classList.remove("is-open");
  dragged = null;
});

// --- Keys ------------------------------------------------------------------------------------------------------------

const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 };

function moveBy(card, by) {
  const all = columns().map(statusOf);
  const place = all.indexOf(statusOf(card.closest(".board-column")));
  const beside = by < 0 ? all.slice(0, place).reverse() : all.slice(place + 1);
  const status = beside.find((each) => isMove(card, each));
  if (status) move(card, status);
}

function neighbour(card, key) {
  const column = card.closest(".board-column");
  const place = cardsOf(column).indexOf(card);
  if (key === "ArrowUp" || key === "ArrowDown") return cardsOf(column)[place + step[key]];
  const filled = columns().filter((each) => each === column || cardsOf(each).length);
  const beside = filled[filled.indexOf(column) + step[key]];
  return beside && (cardsOf(beside)[place] ?? cardsOf(beside).at(-1));
}

document.addEventListener("keydown", (event) => {
  if (!event.target.matches(".board-subject") || !step[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
  const card = event.target.closest(".board-card");
  const isSideways = event.key === "ArrowLeft" || event.key === "ArrowRight";
  if (event.shiftKey && !isSideways) return;
  event.preventDefault();
  if (event.shiftKey) {
    moveBy(card, step[event.key]);
  } else {
    const other = neighbour(card, event.key);
    if (other) subjectOf(other).focus();
  }
});

// --- What the server shows -------------------------------------------------------------------------------------------

document.addEventListener("htmx:afterSettle", () => {
  makeDraggable();
  if (moved) document.getElementById(moved)?.querySelector(".board-subject").focus();
  moved = null;
});

makeDraggable();
