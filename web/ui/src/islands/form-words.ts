/** form-js says what is wrong in English sentences with values inside; this brings them into the language of the page. */
import type { Form } from "@bpmn-io/form-js-viewer";
import { word } from "../words";

const SENTENCES: [pattern: RegExp, message: string][] = [
  [/^Field must match pattern (.*)\.$/s, "This does not have the form that is asked for."],
  [/^Field must have minimum value of (.*)\.$/, "At least %(limit)s."],
  [/^Field must have maximum value of (.*)\.$/, "At most %(limit)s."],
  [/^Field must have minimum length of (.*)\.$/, "At least %(limit)s characters."],
  [/^Field must have maximum length of (.*)\.$/, "At most %(limit)s characters."],
  [/^Field must be a valid {2}?international phone number.*$/, "Write the number with its country code, as in +86 10 1234 5678."],
  [/^Value is expected to (.*)\.$/, "This number has too many decimal places."],
];

function say(message: string): string {
  for (const [pattern, text] of SENTENCES) {
    const found = pattern.exec(message);
    if (found) return word(text, { limit: found[1] ?? "" });
  }
  return message;
}

interface Validator {
  validateFieldInstance(instance: unknown, value: unknown): string[];
}

export function translated(form: Form): void {
  const validator = form.get("validator") as Validator;
  const original = validator.validateFieldInstance.bind(validator);
  validator.validateFieldInstance = (instance, value) => original(instance, value).map(say);
}
