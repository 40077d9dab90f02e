/**
 * The hand stays on the keyboard: an element with `data-key="c"` is pressed by that key, rows with `data-row` are walked
 * with j and k, `?` lists what the page offers. Single keys can be switched off (WCAG 2.1.4).
 */
const OFF = "loopdesk.keys-off";

function typing(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable], [role=listbox]") !== null;
}

function visible<T extends HTMLElement>(selector: string): T[] {
  return [...document.querySelectorAll<T>(selector)].filter((element) => element.checkVisibility());
}

function walk(step: number): void {
  const rows = visible<HTMLElement>("[data-row]");
  if (rows.length === 0) return;
  const here = rows.findIndex((row) => row === document.activeElement || row.getAttribute("aria-current") === "true");
  const next = rows[here < 0 ? 0 : Math.min(Math.max(here + step, 0), rows.length - 1)]!;
  next.focus();
  if (next.hasAttribute("data-follow")) next.click();
}

function press(key: string): boolean {
  const element = visible<HTMLElement>(`[data-key="${CSS.escape(key)}"]`).find((one) => !one.hasAttribute("disabled"));
  if (!element) return false;
  if (element.matches("input, textarea, select")) element.focus();
  else element.click();
  return true;
}

function list(dialog: HTMLDialogElement): void {
  const target = dialog.querySelector("[data-page-keys]")!;
  target.replaceChildren(
    ...visible<HTMLElement>("[data-key]").map((element) => {
      const row = document.createElement("div");
      row.style.display = "contents";
      const key = document.createElement("dt");
      key.append(Object.assign(document.createElement("kbd"), { textContent: element.dataset["key"] }));
      const label = document.createElement("dd");
      label.textContent = element.dataset["keyLabel"] ?? element.getAttribute("aria-label") ?? element.textContent!.trim();
      row.append(key, label);
      return row;
    }),
  );
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented) return;
  if (event.key === "Escape" && typing(event.target)) return (event.target as HTMLElement).blur();
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && press("e")) return event.preventDefault();
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
  if (localStorage.getItem(OFF) === "1" && event.key !== "?") return;
  const dialog = document.querySelector<HTMLDialogElement>("#keys");
  if (event.key === "j" || event.key === "k") walk(event.key === "j" ? 1 : -1);
  else if (event.key === "?" && dialog) {
    list(dialog);
    dialog.showModal();
  } else if (!press(event.key)) return;
  event.preventDefault();
}

export function startKeys(): void {
  document.addEventListener("keydown", onKey);
  const toggle = document.querySelector<HTMLInputElement>("[data-keys-toggle]");
  if (!toggle) return;
  toggle.checked = localStorage.getItem(OFF) !== "1";
  toggle.addEventListener("change", () => localStorage.setItem(OFF, toggle.checked ? "0" : "1"));
}
