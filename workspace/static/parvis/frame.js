// What every page has: menus that close, the search's shortcut, arrows through results, drafts forgotten at sign-out.

import { forgetDrafts } from "./drafts.js";

function closeMenus(except) {
  for (const menu of document.querySelectorAll("[data-menu][open]")) {
    if (menu !== except) menu.open = false;
  }
}

function menus() {
  document.addEventListener("click", (event) => closeMenus(event.target.closest("[data-menu]")));
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("[data-menu][open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  document.addEventListener("focusin", (event) => closeMenus(event.target.closest("[data-menu]")));
}

function visible(element) {
  return element.getClientRects().length > 0;
}

function searchShortcut() {
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    const field = [...document.querySelectorAll("[data-search-field]")].find(visible);
    const link = document.querySelector(".tabs__search");
    if (!field && !link) return;
    event.preventDefault();
    if (field) {
      field.focus();
      field.select();
    } else {
      link.click();
    }
  });
}

function arrowsThroughResults() {
  const results = document.querySelector("[data-results]");
  if (!results) return;
  const field = document.querySelector("main [data-search-field]");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const stops = [field, ...results.querySelectorAll("a[href]")].filter(Boolean);
    const at = stops.indexOf(document.activeElement);
    if (at === -1) return;
    const next = stops[at + (event.key === "ArrowDown" ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
}

menus();
searchShortcut();
arrowsThroughResults();
document.querySelector("[data-sign-out]")?.addEventListener("submit", forgetDrafts);
