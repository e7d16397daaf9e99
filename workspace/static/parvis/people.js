// Suggestions while somebody's name is typed, in a field that also takes a whole e-mail address by itself.
// The pattern is a combobox with a list: https://www.w3.org/WAI/ARIA/apg/patterns/combobox/

import { Refused, announce, call, fill, words } from "./api.js";

const SAY = words();
const LEAST = 3;
const WAIT_MS = 200;

class Combobox {
  constructor(field) {
    this.field = field;
    this.list = document.getElementById(field.getAttribute("aria-controls"));
    this.url = field.dataset.people;
    this.people = [];
    this.at = -1;
    this.timer = 0;
    this.aborter = null;
    field.addEventListener("input", () => this.#typed());
    field.addEventListener("keydown", (event) => this.#key(event));
    field.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) this.choose(Number(option.dataset.index));
    });
  }

  #typed() {
    clearTimeout(this.timer);
    this.aborter?.abort();
    const words = this.field.value.trim();
    if (words.length < LEAST) return this.close();
    this.timer = setTimeout(() => this.#ask(words), WAIT_MS);
  }

  async #ask(words) {
    this.aborter = new AbortController();
    const url = `${this.url}?q=${encodeURIComponent(words)}`;
    try {
      const answer = await call("GET", url, undefined, this.aborter.signal);
      this.#show(answer.results ?? answer);
    } catch (error) {
      if (error.name !== "AbortError" && !(error instanceof Refused)) throw error;
      this.close();
    }
  }

  #show(people) {
    this.people = people;
    this.at = -1;
    this.list.replaceChildren(...people.map((person, index) => this.#option(person, index)));
    this.list.hidden = people.length === 0;
    this.field.setAttribute("aria-expanded", String(people.length > 0));
    this.field.removeAttribute("aria-activedescendant");
    const sentence = [SAY.noPerson, SAY.onePerson][people.length] ?? SAY.manyPeople;
    announce(fill(sentence, { count: people.length }));
  }

  #option(person, index) {
    const option = document.createElement("li");
    option.id = `${this.list.id}-${index}`;
    option.dataset.index = index;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    const name = document.createElement("strong");
    name.textContent = person.name;
    const address = document.createElement("span");
    address.className = "soft small break";
    address.textContent = person.email;
    option.append(name, " ", address);
    return option;
  }

  #key(event) {
    if (this.list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      this.#mark((this.at + step + this.people.length) % this.people.length);
    } else if (event.key === "Enter" && this.at >= 0) {
      event.preventDefault();
      this.choose(this.at);
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.close();
    }
  }

  #mark(index) {
    this.at = index;
    [...this.list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === index)));
    this.field.setAttribute("aria-activedescendant", `${this.list.id}-${index}`);
    this.list.children[index].scrollIntoView({ block: "nearest" });
  }

  choose(index) {
    this.field.value = this.people[index].email;
    this.close();
  }

  close() {
    clearTimeout(this.timer);
    this.list.hidden = true;
    this.field.setAttribute("aria-expanded", "false");
    this.field.removeAttribute("aria-activedescendant");
  }
}

for (const field of document.querySelectorAll("[data-people]")) new Combobox(field);
