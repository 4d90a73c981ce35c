// Turns <input data-lookup="/customers/lookup/"> into a combobox (ARIA 1.2): it asks for matches of what is typed and
// puts the chosen one's value into the input. Without this script the input takes the value itself.
//
// The answer to ?q=text is {"results": [{"value": "1042", "label": "Jane Smith", "detail": "555-5678"}]}.
// data-lookup-hint names the element that shows whom the value stands for.

const WAIT = 150;

let serial = 0;

class Lookup {
  constructor(input) {
    this.input = input;
    this.results = [];
    this.active = -1;
    this.hint = document.getElementById(input.dataset.lookupHint);
    this.list = this.makeList();
    this.status = document.getElementById("announcer");
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", this.list.id);
    input.addEventListener("input", () => this.typed());
    input.addEventListener("keydown", (event) => this.pressed(event));
    input.addEventListener("blur", () => this.close());
  }

  makeList() {
    const list = document.createElement("ul");
    list.id = `lookup-${++serial}`;
    list.className = "lookup-list";
    list.role = "listbox";
    list.ariaLabel = this.input.labels[0]?.textContent.trim() ?? "";
    list.hidden = true;
    // The list must not take the focus, or the input's blur closes it before the click arrives.
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.pick([...list.children].indexOf(option));
    });
    this.input.parentElement.classList.add("lookup");
    this.input.after(list);
    return list;
  }

  typed() {
    clearTimeout(this.timer);
    this.request?.abort();
    if (this.hint) this.hint.textContent = "";
    const text = this.input.value.trim();
    if (text) this.timer = setTimeout(() => this.ask(text), WAIT);
    else this.close();
  }

  async ask(text) {
    this.request = new AbortController();
    const address = new URL(this.input.dataset.lookup, location.href);
    address.searchParams.set("q", text);
    try {
      const answer = await fetch(address, { signal: this.request.signal, headers: { Accept: "application/json" } });
      if (answer.redirected) location.reload();
      else if (answer.ok) this.show((await answer.json()).results);
    } catch (error) {
      // Typing on aborts the request; without a network the input still takes the number.
      if (error.name !== "AbortError" && !(error instanceof TypeError)) throw error;
      this.close();
    }
  }

  show(results) {
    if (document.activeElement !== this.input) return;
    this.results = results;
    this.list.replaceChildren(...results.map((result, index) => this.option(result, index)));
    this.list.hidden = results.length === 0;
    this.input.setAttribute("aria-expanded", String(results.length > 0));
    this.status.textContent = this.status.dataset.found.replace("%s", results.length);
    this.activate(-1);
    this.list.scrollIntoView({ block: "nearest" });
  }

  option(result, index) {
    const option = document.createElement("li");
    option.id = `${this.list.id}-${index}`;
    option.role = "option";
    option.ariaSelected = "false";
    option.append(part("lookup-label", result.label), part("lookup-detail", result.detail));
    return option;
  }

  activate(index) {
    this.list.children[this.active]?.setAttribute("aria-selected", "false");
    this.active = index;
    const option = this.list.children[index];
    if (!option) return this.input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  pressed(event) {
    const act = this.list.hidden ? undefined : this.actOf(event.key);
    if (!act) return;
    // Tab takes the match and moves on.
    if (event.key !== "Tab") event.preventDefault();
    act();
  }

  actOf(key) {
    const count = this.results.length;
    // The only match needs no arrow key.
    const meant = count === 1 ? 0 : this.active;
    const take = meant >= 0 ? () => this.pick(meant) : undefined;
    return {
      ArrowDown: () => this.activate((this.active + 1) % count),
      ArrowUp: () => this.activate((this.active > 0 ? this.active : count) - 1),
      Enter: take,
      Tab: take,
      Escape: () => this.close(),
    }[key];
  }

  pick(index) {
    const { value, label } = this.results[index];
    this.input.value = value;
    if (this.hint) this.hint.textContent = label;
    this.close();
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  close() {
    clearTimeout(this.timer);
    this.request?.abort();
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.activate(-1);
  }
}

function part(className, text) {
  const span = document.createElement("span");
  span.className = className;
  span.textContent = text;
  return span;
}

function enhance(root) {
  for (const input of root.querySelectorAll("input[data-lookup]:not([role])")) new Lookup(input);
}

enhance(document);
document.addEventListener("htmx:load", (event) => enhance(event.target));
