// The Markdown editor: a toolbar over an ordinary textarea, a preview, and drafts that survive a closed tab.

import { Refused, announce, fill, token, words } from "./api.js";
import { Draft } from "./drafts.js";

const SAY = words();
const KEEP_AFTER_MS = 400;

// What each button of the toolbar does to the selection.
const MARKS = {
  bold: { around: "**" },
  italic: { around: "*" },
  code: { around: "`" },
  heading: { before: "## " },
  list: { before: "- " },
  numbers: { before: "1. " },
  quote: { before: "> " },
};

// Replace the selection so that the browser's undo takes it back; execCommand is the only way that does.
function replace(area, start, end, text) {
  area.focus();
  area.setSelectionRange(start, end);
  if (!document.execCommand("insertText", false, text)) area.setRangeText(text, start, end, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

function around(area, mark) {
  const { selectionStart: start, selectionEnd: end, value } = area;
  const chosen = value.slice(start, end) || SAY.yourText;
  replace(area, start, end, `${mark}${chosen}${mark}`);
  area.setSelectionRange(start + mark.length, start + mark.length + chosen.length);
}

function beforeLines(area, mark) {
  const { value } = area;
  const start = value.lastIndexOf("\n", area.selectionStart - 1) + 1;
  const after = value.indexOf("\n", area.selectionEnd);
  const end = after === -1 ? value.length : after;
  const lines = value.slice(start, end).split("\n");
  const marked = lines.every((line) => line.startsWith(mark));
  const changed = lines.map((line) => (marked ? line.slice(mark.length) : mark + line)).join("\n");
  replace(area, start, end, changed);
  area.setSelectionRange(start, start + changed.length);
}

function link(area) {
  const { selectionStart: start, selectionEnd: end, value } = area;
  const chosen = value.slice(start, end) || SAY.yourText;
  replace(area, start, end, `[${chosen}](https://)`);
  const address = start + chosen.length + 3;
  area.setSelectionRange(address, address + "https://".length);
}

function toolbar(bar, area) {
  bar.hidden = false;
  bar.addEventListener("click", (event) => {
    const name = event.target.closest("[data-mark]")?.dataset.mark;
    if (!name) return;
    if (name === "link") link(area);
    else if (MARKS[name].around) around(area, MARKS[name].around);
    else beforeLines(area, MARKS[name].before);
  });
  // One stop for Tab, arrows within, as a toolbar is expected to work.
  const buttons = [...bar.querySelectorAll("button")];
  buttons.forEach((button, index) => (button.tabIndex = index ? -1 : 0));
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const at = buttons.indexOf(document.activeElement);
    if (!step || at === -1) return;
    event.preventDefault();
    const next = buttons[(at + step + buttons.length) % buttons.length];
    buttons.forEach((button) => (button.tabIndex = button === next ? 0 : -1));
    next.focus();
  });
}

function shortcuts(form, area) {
  area.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    const mark = { b: "bold", i: "italic" }[event.key.toLowerCase()];
    if (!mark) return;
    event.preventDefault();
    around(area, MARKS[mark].around);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.shiftKey) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector("[data-save]"));
  });
}

function preview(form, area) {
  const button = form.querySelector("[data-preview]");
  const pane = form.querySelector("[data-preview-pane]");
  button.addEventListener("click", async (event) => {
    event.preventDefault();
    const show = button.getAttribute("aria-pressed") !== "true";
    if (show) {
      try {
        pane.innerHTML = await rendered(form.dataset.previewUrl, area.value);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        announce(error.message);
        pane.textContent = error.message;
      }
    }
    button.setAttribute("aria-pressed", String(show));
    pane.hidden = !show;
    area.hidden = show;
    for (const mark of form.querySelectorAll("[data-mark]")) mark.disabled = show;
    announce(show ? SAY.previewShown : SAY.previewHidden);
    if (!show) area.focus();
  });
}

// Safe HTML: the server renders and cleans it, as it does for the document's page.
async function rendered(url, markdown) {
  const body = new FormData();
  body.append("content", markdown);
  const response = await fetch(url, { method: "POST", headers: { "X-CSRFToken": token() }, body }).catch(() => null);
  if (!response) throw new Refused("unreachable", SAY.unreachable);
  const answer = await response.text();
  if (response.ok) return answer;
  // What is refused is told in plain words; a page is not for here.
  const plain = response.headers.get("Content-Type")?.startsWith("text/plain");
  throw new Refused("preview", plain ? answer : SAY.broken);
}

// The draft of this page: kept a moment after each change, offered when the page is opened again, gone once saved.
class Drafting {
  constructor(form) {
    this.form = form;
    this.title = form.elements.title;
    this.area = form.elements.content;
    this.version = form.dataset.version;
    this.draft = new Draft(form.dataset.person, form.dataset.document);
    this.saved = this.#now();
    this.timer = 0;
    this.leaving = false;
  }

  #now() {
    return JSON.stringify([this.title.value, this.area.value]);
  }

  get changed() {
    return this.#now() !== this.saved;
  }

  keep() {
    const draft = { version: this.version, title: this.title.value, content: this.area.value, at: Date.now() };
    if (!this.changed) {
      this.draft.forget();
      this.say(SAY.noChanges);
    } else if (this.draft.keep(draft)) {
      this.say(fill(SAY.draftKept, { time: this.time(draft.at) }));
    } else {
      this.say(SAY.draftNotKept);
    }
  }

  say(sentence) {
    this.form.querySelector("[data-state]").textContent = sentence;
  }

  time(at) {
    return new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" }).format(at);
  }

  watch() {
    this.form.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.keep(), KEEP_AFTER_MS);
    });
    this.form.addEventListener("submit", () => {
      clearTimeout(this.timer);
      this.keep();
      this.leaving = true;
    });
    window.addEventListener("pagehide", () => {
      if (!this.leaving && this.changed) this.keep();
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.changed && !this.leaving) event.preventDefault();
    });
  }

  offer() {
    const kept = this.draft.read();
    if (!kept || JSON.stringify([kept.title, kept.content]) === this.saved) {
      this.draft.forget();
      return;
    }
    const notice = document.querySelector("[data-draft]");
    notice.hidden = false;
    const older = kept.version !== this.version;
    const sentence = older ? SAY.draftOfOlder : SAY.draftFound;
    notice.querySelector("[data-draft-words]").textContent = fill(sentence, { time: this.time(kept.at) });
    notice.querySelector("[data-draft-take]").addEventListener("click", () => {
      this.title.value = kept.title;
      this.area.value = kept.content;
      // It is saved against the version that it was written on, so a change in between is seen, not lost.
      this.form.elements.version && (this.form.elements.version.value = kept.version);
      notice.hidden = true;
      this.keep();
      this.area.focus();
    });
    notice.querySelector("[data-draft-drop]").addEventListener("click", () => {
      this.draft.forget();
      notice.hidden = true;
      this.area.focus();
    });
  }
}

function count(form, area) {
  const place = form.querySelector("[data-count]");
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const show = () => {
    const many = area.value.trim() ? area.value.trim().split(/\s+/).length : 0;
    place.textContent = fill(many === 1 ? SAY.oneWord : SAY.manyWords, { count: number.format(many) });
  };
  area.addEventListener("input", show);
  show();
}

const form = document.querySelector("[data-editor]");
if (form) {
  const area = form.elements.content;
  toolbar(form.querySelector("[data-toolbar]"), area);
  shortcuts(form, area);
  preview(form, area);
  count(form, area);
  const drafting = new Drafting(form);
  if (form.hasAttribute("data-conflict")) drafting.saved = "";
  else drafting.offer();
  drafting.watch();
}
