/** Every page loads this one file; forms, diagrams and charts are fetched only where a page holds one. */
import "./words";
import htmx from "htmx.org/dist/htmx.esm.min.js";
import { startFiles } from "./islands/files";
import { startInbox } from "./islands/inbox";
import { startKeys } from "./islands/keys";
import { startLive } from "./islands/live";
import { startTabs } from "./islands/tabs";
import { startTheme } from "./islands/theme";
import { startTimes } from "./islands/times";
import { startSmall } from "./islands/small";
import { startReply } from "./islands/reply";

const LAZY: [selector: string, load: () => Promise<{ mount: (root: HTMLElement) => void }>][] = [
  ["[data-form]", () => import("./islands/form")],
  ["[data-diagram]", () => import("./islands/diagram")],
  ["[data-chart]", () => import("./islands/chart")],
];

function mountLazy(root: ParentNode): void {
  for (const [selector, load] of LAZY) {
    for (const element of root.querySelectorAll<HTMLElement>(`${selector}:not([data-mounted])`)) {
      element.dataset["mounted"] = "";
      void load().then((island) => island.mount(element));
    }
  }
}

startTheme();
startTimes();
startKeys();
startTabs();
startSmall();
startReply();
startFiles();
startInbox(htmx);
startLive(htmx);
mountLazy(document);
document.addEventListener("htmx:after:swap", () => mountLazy(document));
