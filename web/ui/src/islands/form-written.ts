/**
 * A form's text view is Markdown of the process owner. What people wrote stands in it as a value: that is shown as they wrote it,
 * and is neither read as Markdown nor as HTML. Values are escaped before the expressions run, so words in an expression are still Markdown.
 */
import { FeelersTemplating } from "@bpmn-io/form-js-viewer";

interface Field {
  type: string;
  text?: string;
}
interface Fields {
  getAll(): Field[];
}

const entity = (text: string): string => [...text].map((letter) => `&#${letter.codePointAt(0)};`).join("");

/** Names such as `not_fixed` stay as they are: conditions of the form compare with them. */
const MEANT: [pattern: RegExp, plain: (found: string) => string][] = [
  [/&(?=#?\w+;)/g, () => "&amp;"],
  [/[<*`~[\\]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, entity],
  [/^[>#]|^[-+=|:](?!\w)|(?<=^\d+)[.)](?=\s|$)/gm, entity],
  [/^[ \t]+/gm, (spaces) => "&nbsp;".repeat(spaces.length)],
];

function plain(value: unknown, done: WeakMap<object, unknown>): unknown {
  if (typeof value === "string") return MEANT.reduce((text, [pattern, put]) => text.replace(pattern, put), value);
  if (typeof value !== "object" || value === null) return value;
  if (done.has(value)) return done.get(value);
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [] : {};
  done.set(value, copy);
  for (const [key, inner] of Object.entries(value)) (copy as Record<string, unknown>)[key] = plain(inner, done);
  return copy;
}

class AsWritten extends FeelersTemplating {
  static $inject = ["formFieldRegistry"];
  constructor(private readonly fields: Fields) {
    super();
  }

  override evaluate(template: string, context: Record<string, unknown> = {}, options: object = {}): string {
    const view = this.fields.getAll().some((field) => field.type === "text" && field.text === template);
    return super.evaluate(template, view ? (plain(context, new WeakMap()) as Record<string, unknown>) : context, options);
  }
}

/** A part of form-js, for `createForm`. */
export const asWritten = { templating: ["type", AsWritten] };
