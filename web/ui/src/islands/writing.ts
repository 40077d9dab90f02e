/**
 * Help in a form of which the customer reads a field (`"properties": {"reader": "customer"}`): phrases go into it with one click,
 * and words that he may not know are flagged while somebody types.
 */
import type { Form } from "@bpmn-io/form-js-viewer";
import { put } from "./reply";

const AFTER = 700;

interface Field {
  id: string;
  properties?: { reader?: string };
}

export interface Writing {
  /** Say that flagged words kept the form from being sent; false where that cannot be said here. */
  refused(): Promise<boolean>;
}

export function startWriting(root: HTMLElement, form: Form): Writing | null {
  const help = root.querySelector<HTMLElement>("[data-writing]");
  const box = help?.querySelector<HTMLElement>("[data-jargon-box]");
  if (!help || !box) return null;
  const marked = (form.get("formFieldRegistry") as { getAll(): Field[] }).getAll().filter((field) => field.properties?.reader === "customer");
  let last: HTMLTextAreaElement | null = null;
  let timer = 0;
  let asked = "";
  let turn = 0;

  /** Those that the form shows at present: its conditions hide and show them. */
  function fields(): HTMLTextAreaElement[] {
    const all = root.querySelectorAll<HTMLTextAreaElement>(".form-view :is(textarea, input)");
    return [...all].filter((one) => marked.some((field) => one.id.endsWith(`-${field.id}`)));
  }

  /** Whether the box flags words of the text as it stands. */
  async function look(refused = false): Promise<boolean> {
    const text = fields().map((field) => field.value).join("\n");
    if (text === asked && !refused) return box!.childElementCount > 0;
    asked = text;
    const mine = ++turn;
    if (!text.trim()) {
      box!.innerHTML = "";
      return false;
    }
    const token = document.querySelector<HTMLMetaElement>("meta[name=csrf-token]")?.content ?? "";
    const body = new URLSearchParams({ body: text, task: "1", refused: refused ? "1" : "", csrf_token: token });
    const answer = await fetch(help!.dataset["writing"]!, { method: "POST", body }).catch(() => null);
    // An answer to older words is of no use.
    if (!answer?.ok || mine !== turn) return false;
    box!.innerHTML = await answer.text();
    return box!.childElementCount > 0;
  }

  async function refused(): Promise<boolean> {
    clearTimeout(timer);
    if (!(await look(true))) return false;
    box!.scrollIntoView({ block: "nearest" });
    box!.focus();
    return true;
  }

  function changed(): void {
    help!.hidden = fields().length === 0;
    clearTimeout(timer);
    timer = window.setTimeout(() => void look(), AFTER);
  }

  root.addEventListener("focusin", (event) => {
    const field = fields().find((one) => one === event.target);
    if (field) last = field;
  });
  help.addEventListener("click", (event) => {
    const text = (event.target as Element).closest<HTMLElement>("[data-insert]")?.dataset["insert"];
    const shown = fields();
    const field = last && shown.includes(last) ? last : shown[0];
    if (text && field) put(field, text);
  });
  form.on("changed", changed);
  changed();
  return { refused };
}
