/** What stands beside a form and goes along with it: the chosen template, and the fields of `data-beside`. */
export function beside(root: HTMLElement): Record<string, string> {
  const found: Record<string, string> = { template: root.dataset["template"] ?? "" };
  const fields = document.querySelectorAll<HTMLInputElement>(`${root.dataset["beside"] ?? "none"} input[name]`);
  for (const field of fields) {
    const chosen = field.checked || (field.type !== "radio" && field.type !== "checkbox");
    if (chosen && field.name !== "q") found[field.name] = field.value;
  }
  return found;
}
