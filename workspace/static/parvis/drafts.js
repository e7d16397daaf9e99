// Drafts of documents that were not saved yet, kept in this browser only, a person and a document each.

const PREFIX = "parvis:draft:";

// Storage can be full, or forbidden by the person: then there are no drafts, and the page says so.
function trying(action, otherwise) {
  try {
    return action();
  } catch (error) {
    if (error instanceof DOMException) return otherwise;
    throw error;
  }
}

export class Draft {
  constructor(person, document) {
    this.key = `${PREFIX}${person}:${document}`;
  }

  // {version, title, content, at (ms)} or null.
  read() {
    const kept = trying(() => localStorage.getItem(this.key), null);
    if (kept === null) return null;
    try {
      const draft = JSON.parse(kept);
      return typeof draft?.content === "string" && typeof draft?.title === "string" ? draft : null;
    } catch (error) {
      if (error instanceof SyntaxError) return null;
      throw error;
    }
  }

  // Whether it could be kept.
  keep(draft) {
    return trying(() => {
      localStorage.setItem(this.key, JSON.stringify(draft));
      return true;
    }, false);
  }

  forget() {
    trying(() => localStorage.removeItem(this.key), undefined);
  }
}

export function forgetDrafts() {
  trying(() => {
    const ours = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
    ours.forEach((key) => localStorage.removeItem(key));
  }, undefined);
}
