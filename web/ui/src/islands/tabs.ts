/** Tabs of panels on one page (WAI-ARIA pattern): arrow keys move, the panel follows. */
function select(tab: HTMLElement): void {
  const tabs = [...tab.parentElement!.querySelectorAll<HTMLElement>("[role=tab]")];
  for (const other of tabs) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    const panel = document.getElementById(other.getAttribute("aria-controls") ?? "");
    if (panel) panel.hidden = !chosen;
  }
  document.dispatchEvent(new CustomEvent("tab:shown", { detail: tab.getAttribute("aria-controls") }));
}

export function startTabs(): void {
  document.addEventListener("click", (event) => {
    const tab = (event.target as Element).closest<HTMLElement>("[role=tab]");
    if (tab) select(tab);
  });
  document.addEventListener("keydown", (event) => {
    const tab = (event.target as Element).closest<HTMLElement>("[role=tab]");
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!tab || !step) return;
    const tabs = [...tab.parentElement!.querySelectorAll<HTMLElement>("[role=tab]")];
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length]!;
    next.focus();
    select(next);
  });
}
