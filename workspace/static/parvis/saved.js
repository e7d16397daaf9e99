// On a document's page: the draft that led to this version is no longer needed.

import { Draft } from "./drafts.js";

const page = document.querySelector("[data-document]");
if (page) {
  const draft = new Draft(page.dataset.person, page.dataset.document);
  const kept = draft.read();
  if (kept && kept.content === document.querySelector("[data-saved]")?.dataset.saved) draft.forget();
}
