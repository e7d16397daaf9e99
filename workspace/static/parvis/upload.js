// Files from the person's disk into the drive: asked for at the API, sent straight to the store, checked by the API.
//
// A form with [data-upload] says where: `data-create` (the API's address that answers with what the store wants),
// `data-parent`, `data-single` for one new version of a file. Its list is [data-uploads]; [data-drop] is where files
// can be dropped; [data-refresh] is what is loaded anew when all is done.

import { Refused, announce, call, fill, words } from "./api.js";

const AT_ONCE = 2;
const SAY = words();
const percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });

// One file on its way. It ends as "done", "failed" or "cancelled".
class Upload {
  constructor(file, place) {
    this.file = file;
    this.place = place;
    this.state = "waiting";
    this.aborter = new AbortController();
    this.row = this.#makeRow();
  }

  #makeRow() {
    const row = document.getElementById("upload-row").content.firstElementChild.cloneNode(true);
    row.querySelector(".upload__name").textContent = this.file.name;
    const bar = row.querySelector("progress");
    bar.setAttribute("aria-label", fill(SAY.progressOf, { name: this.file.name }));
    const [cancel, retry] = ["cancel", "retry"].map((name) => row.querySelector(`[data-${name}]`));
    cancel.setAttribute("aria-label", fill(SAY.cancelOf, { name: this.file.name }));
    retry.setAttribute("aria-label", fill(SAY.retryOf, { name: this.file.name }));
    cancel.addEventListener("click", () => this.cancel());
    retry.addEventListener("click", () => this.place.retry(this));
    return row;
  }

  show(state, sentence) {
    this.state = state;
    this.row.dataset.state = state;
    this.row.querySelector(".upload__state").textContent = sentence;
    const over = ["done", "failed", "cancelled"].includes(state);
    this.row.querySelector("progress").hidden = over;
    this.#giveWay("[data-cancel]", over);
    this.#giveWay("[data-retry]", state !== "failed" && state !== "cancelled");
  }

  // A button that goes away while it has the focus hands it to the list.
  #giveWay(selector, hide) {
    const button = this.row.querySelector(selector);
    const focused = button === document.activeElement;
    button.hidden = hide;
    if (focused && hide) this.place.list.focus();
  }

  progress(sent, total) {
    const share = total ? sent / total : 0;
    this.row.querySelector("progress").value = share;
    this.row.querySelector(".upload__state").textContent = fill(SAY.sent, { percent: percent.format(share) });
  }

  async run() {
    this.aborter = new AbortController();
    this.show("sending", SAY.starting);
    announce(fill(SAY.startedOf, { name: this.file.name }));
    try {
      const asked = await call("POST", this.place.create, this.place.question(this.file), this.aborter.signal);
      await this.#send(asked.upload);
      this.show("sending", SAY.checking);
      await call("POST", this.place.finish(asked), { upload: asked.upload.id }, this.aborter.signal);
      this.show("done", SAY.done);
      announce(fill(SAY.doneOf, { name: this.file.name }));
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error) {
    if (error.name === "AbortError") {
      this.show("cancelled", SAY.cancelled);
      announce(fill(SAY.cancelledOf, { name: this.file.name }));
      return;
    }
    if (!(error instanceof Refused)) console.error(error);
    const reason = error instanceof Refused ? error.message : SAY.broken;
    this.show("failed", reason);
    announce(fill(SAY.failedOf, { name: this.file.name, reason }));
  }

  // fetch() tells nothing of how far an upload is; XMLHttpRequest does.
  #send({ url, fields }) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", this.file);
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", url);
      request.upload.addEventListener("progress", (event) => this.progress(event.loaded, event.total));
      request.addEventListener("load", () => {
        if (request.status >= 200 && request.status < 300) resolve();
        else reject(new Refused("store_refused", SAY.storeRefused));
      });
      request.addEventListener("error", () => reject(new Refused("unreachable", SAY.storeUnreachable)));
      request.addEventListener("abort", () => reject(new DOMException("cancelled", "AbortError")));
      this.aborter.signal.addEventListener("abort", () => request.abort());
      request.send(form);
    });
  }

  cancel() {
    if (this.state === "waiting") this.#failed(new DOMException("cancelled", "AbortError"));
    this.aborter.abort();
  }
}

// Where files go: takes them from the form or from a drop, and sends a few at a time.
class Place {
  constructor(form) {
    this.form = form;
    this.create = form.dataset.create;
    this.list = document.querySelector("[data-uploads]");
    this.queue = [];
    this.running = 0;
    this.arrived = 0;
  }

  question(file) {
    const about = { size: file.size, media_type: file.type };
    if (this.form.hasAttribute("data-single")) return about; // a version has the name of its file
    const parent = this.form.dataset.parent;
    return { ...about, filename: file.name, ...(parent && { parent }) };
  }

  finish(asked) {
    return this.form.dataset.uploaded.replace("00000000-0000-0000-0000-000000000000", asked.id);
  }

  take(files) {
    const chosen = this.form.hasAttribute("data-single") ? files.slice(0, 1) : files;
    for (const file of chosen) {
      const upload = new Upload(file, this);
      upload.show("waiting", SAY.waiting);
      this.list.append(upload.row);
      this.queue.push(upload);
    }
    if (chosen.length) this.list.closest("[data-uploads-panel]").hidden = false;
    this.#pump();
  }

  retry(upload) {
    upload.show("waiting", SAY.waiting);
    this.queue.push(upload);
    this.#pump();
  }

  #pump() {
    while (this.running < AT_ONCE && this.queue.length) {
      const upload = this.queue.shift();
      if (upload.state !== "waiting") continue;
      this.running += 1;
      upload.run().finally(() => this.#ended(upload));
    }
  }

  #ended(upload) {
    this.running -= 1;
    if (upload.state === "done") this.arrived += 1;
    this.#pump();
    if (this.running || !this.arrived) return;
    this.arrived = 0;
    refresh();
  }

  get busy() {
    return this.running > 0 || this.queue.length > 0;
  }
}

// Load what the page lists anew, and leave everything else as it is.
async function refresh() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!response?.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of document.querySelectorAll("[data-refresh]")) {
    const newer = fresh.getElementById(part.id);
    if (newer) part.replaceChildren(...newer.childNodes);
  }
}

function hasFiles(event) {
  return [...(event.dataTransfer?.types ?? [])].includes("Files");
}

function drops(area, place) {
  let depth = 0;
  area.addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    depth += 1;
    area.dataset.over = "";
  });
  area.addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (!depth) delete area.dataset.over;
  });
  area.addEventListener("dragover", (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  area.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    delete area.dataset.over;
    // A folder has no bytes of its own: the browser gives an entry for it that is no file.
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.());
    const files = [...event.dataTransfer.files].filter((_, index) => !entries[index]?.isDirectory);
    if (files.length < event.dataTransfer.files.length) announce(SAY.noFolders);
    place.take(files);
  });
}

const form = document.querySelector("[data-upload]");
if (form) {
  const place = new Place(form);
  const input = form.querySelector("input[type=file]");
  input.addEventListener("change", () => {
    place.take([...input.files]);
    input.value = "";
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  const area = document.querySelector("[data-drop]");
  if (area) drops(area, place);
  window.addEventListener("beforeunload", (event) => {
    if (place.busy) event.preventDefault();
  });
}
