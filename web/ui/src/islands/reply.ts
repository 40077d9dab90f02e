/** Help for whoever writes to a customer: a phrase goes in with one click, jargon is flagged while one types. */
const AFTER = 700;

/** The phrase at the cursor, on a line of its own. */
export function put(field: HTMLTextAreaElement, phrase: string): void {
  const before = field.value.slice(0, field.selectionStart);
  const text = `${before && !before.endsWith("\n") ? "\n" : ""}${phrase}\n`;
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** `<button data-insert="text" data-into="id">`. */
function insert(event: MouseEvent): void {
  const button = (event.target as Element).closest<HTMLElement>("[data-insert][data-into]");
  const field = button && document.querySelector<HTMLTextAreaElement>(`#${button.dataset["into"]}`);
  if (button && field) put(field, button.dataset["insert"]!);
}

/** `<div data-jargon="url" data-jargon-of="id">` shows the words of the field that a customer may not know. */
function watch(box: HTMLElement): void {
  const field = document.querySelector<HTMLTextAreaElement>(`#${box.dataset["jargonOf"]}`);
  const form = field?.closest("form");
  if (!field || !form) return;
  let timer = 0;
  let asked = "";

  async function look(): Promise<void> {
    const text = field!.value;
    const inside = form!.querySelector<HTMLInputElement>("input[name=mode]:checked")?.value === "internal";
    if (text === asked) return;
    asked = text;
    if (inside || !text.trim()) return void (box.innerHTML = "");
    const body = new URLSearchParams({ body: text, csrf_token: new FormData(form!).get("csrf_token") as string });
    const answer = await fetch(box.dataset["jargon"]!, { method: "POST", body }).catch(() => null);
    // An answer to older words is of no use.
    if (answer?.ok && text === asked) box.innerHTML = await answer.text();
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void look(), AFTER);
  });
}

export function startReply(): void {
  document.addEventListener("click", insert);
  document.querySelectorAll<HTMLElement>("[data-jargon]").forEach(watch);
}
