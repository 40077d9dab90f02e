/** On a wide screen a task opens beside the list; on a narrow one the link leads to its page. The address follows. */
import type { Htmx } from "htmx.org";

function choose(row: HTMLElement): void {
  for (const other of document.querySelectorAll("[data-follow][aria-current]")) other.removeAttribute("aria-current");
  row.setAttribute("aria-current", "true");
  const url = new URL(location.href);
  url.searchParams.set("task", row.dataset["task"]!);
  history.replaceState(history.state, "", url);
}

export function startInbox(htmx: Htmx): void {
  document.addEventListener("click", (event) => {
    const row = (event.target as Element).closest<HTMLAnchorElement>("a[data-follow]");
    const preview = document.querySelector<HTMLElement>("#preview");
    if (!row || !preview?.checkVisibility() || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    choose(row);
    preview.setAttribute("aria-busy", "true");
    // The source is the preview for its hx-sync: by default htmx keeps the oldest requests, and j j j showed a task not chosen.
    void htmx.ajax("GET", row.href, { source: preview, target: "#preview", swap: "innerHTML" }).then(() => {
      if (!row.hasAttribute("aria-current")) return;
      preview.removeAttribute("aria-busy");
      preview.scrollTop = 0;
      // Enter and a click bring the reader into the task; j and k stay in the list.
      if (event.detail > 0 || !row.matches(":focus")) return;
      if (row.dataset["enter"]) preview.querySelector<HTMLElement>("#task-title")?.focus();
      delete row.dataset["enter"];
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target instanceof HTMLElement && event.target.matches("a[data-follow]")) event.target.dataset["enter"] = "1";
  });
}
