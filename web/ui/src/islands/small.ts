/** Small behaviours that a page asks for by an attribute. */
function openDialogs(event: MouseEvent): void {
  const target = event.target as Element;
  const opener = target.closest<HTMLElement>("[data-open]");
  if (opener) document.querySelector<HTMLDialogElement>(`#${opener.dataset["open"]}`)?.showModal();
  const closer = target.closest("[data-close]");
  if (closer) {
    closer.closest("dialog")?.close();
    closer.closest("[data-toast]")?.remove();
  }
  if (target instanceof HTMLDialogElement) target.close(); // the backdrop
}

/** A menu (`<details class="menu">`) closes when the reader goes elsewhere. */
function closeMenus(event: Event): void {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) {
    if (!menu.contains(event.target as Node)) menu.open = false;
  }
}

/** Escape closes the menu that is open and leaves the focus where the menu was opened. */
function leaveMenu(event: KeyboardEvent): void {
  const menu = event.key === "Escape" && document.querySelector<HTMLDetailsElement>("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary")?.focus();
}

/** `<form data-reply>`: the two modes of a reply say what will happen, on the button and by colour. */
function replyMode(event: Event): void {
  const input = event.target as HTMLInputElement;
  const box = input.closest<HTMLElement>("[data-mode]");
  if (!box || input.name !== "mode") return;
  box.dataset["mode"] = input.value;
  const button = box.querySelector<HTMLElement>("[data-mode-label]");
  if (button) button.textContent = input.dataset["label"] ?? "";
}

/** A form sends once: a second press while it is on its way does nothing. */
function sendOnce(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  if (event.defaultPrevented || form.method === "dialog") return;
  if (form.dataset["sent"]) return event.preventDefault();
  form.dataset["sent"] = "1";
  event.submitter?.setAttribute("aria-busy", "true");
}

function autoSubmit(event: Event): void {
  const field = event.target as HTMLElement;
  if (field.matches("[data-auto-submit], [data-auto-submit] *")) field.closest("form")?.requestSubmit();
}

export function startSmall(): void {
  document.addEventListener("click", openDialogs);
  document.addEventListener("click", closeMenus);
  document.addEventListener("focusin", closeMenus);
  document.addEventListener("keydown", leaveMenu);
  document.addEventListener("change", replyMode);
  document.addEventListener("change", autoSubmit);
  document.addEventListener("submit", sendOnce);
  addEventListener("pageshow", (event) => {
    if (event.persisted) for (const form of document.querySelectorAll<HTMLFormElement>("form[data-sent]")) delete form.dataset["sent"];
  });
  // One that leads on stays until somebody has followed it or closes it.
  for (const toast of document.querySelectorAll<HTMLElement>("[data-toast]:not(:has(a))")) setTimeout(() => toast.remove(), 8000);
}
