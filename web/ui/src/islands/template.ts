/**
 * What somebody types is looked at while they type: a template for a frequent problem asks what this problem needs and fills
 * in what is known. Only empty fields are filled, and whoever types can decline it.
 */
import type { Form } from "@bpmn-io/form-js-viewer";
import { post } from "../http";
import { beside } from "./beside";

type Data = Record<string, unknown>;
interface Template {
  key: string;
  name: string;
  asks: string[];
  fill: Record<string, string>;
}

const AFTER = 500;

/** What a problem is said to be: its title and description. */
export function text(data: Data): string {
  return ["title", "description"].map((key) => data[key]).filter((one) => typeof one === "string").join("\n").slice(0, 5000);
}

export function startTemplates(root: HTMLElement, form: Form): void {
  const url = root.dataset["suggest"];
  const box = root.querySelector<HTMLElement>("[data-template-box]");
  if (!url || !box) return;
  const declined: string[] = [];
  let timer = 0;
  let looked = "";
  let asked = 0;

  function apply(template: Template | null): void {
    const state = form._getState();
    const data: Data = { ...state.data, asks: template?.asks ?? [] };
    for (const [key, value] of Object.entries(template?.fill ?? {})) if (!data[key]) data[key] = value;
    root.dataset["template"] = template?.key ?? "";
    box!.hidden = template === null;
    box!.querySelector("[data-template-name]")!.textContent = template?.name ?? "";
    form._setState({ data, initialData: { ...state.initialData, asks: data["asks"] } });
  }

  async function look(): Promise<void> {
    const now = text(form._getState().data as Data);
    const question = JSON.stringify([now, declined, beside(root)]);
    if (question === looked) return;
    looked = question;
    const turn = ++asked;
    const answer = await post<{ template: Template | null }>(url!, { text: now, declined, beside: beside(root) });
    // Without an answer the form stays as it is; an answer to older words is of no use.
    if (answer.ok && turn === asked) apply(answer.body.template);
  }

  function later(): void {
    clearTimeout(timer);
    timer = window.setTimeout(() => void look(), AFTER);
  }

  form.on("changed", later);
  document.querySelector(root.dataset["beside"] ?? "none")?.addEventListener("change", later);
  box.querySelector("[data-decline]")!.addEventListener("click", () => {
    declined.push(root.dataset["template"] ?? "");
    void look();
  });
}
