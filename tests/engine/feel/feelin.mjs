// Evaluates expressions with the FEEL of form-js. Reads [{feel, with}] on standard input, writes [value | {error}].
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(process.argv[2]);
const folder = require.resolve('@bpmn-io/feelin/package.json').replace(/package\.json$/, '');
const { evaluate } = await import(pathToFileURL(folder + 'dist/index.js'));

let text = '';
for await (const chunk of process.stdin) text += chunk;

const plain = (value) => {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value.constructor === Object) {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]));
  }
  if (typeof value === 'number' && !Number.isFinite(value)) return null;
  return ['string', 'number', 'boolean'].includes(typeof value) ? value : { other: String(value) };
};

const answers = JSON.parse(text).map(({ feel, with: scope }) => {
  try {
    const { value } = evaluate(feel, scope ?? {});
    return plain(value);
  } catch (error) {
    return { error: error.constructor.name };
  }
});
console.log(JSON.stringify(answers));
