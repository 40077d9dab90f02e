/** What differs between two versions, drawn on the diagram: a colour, a sign and a word at each element. */
import type NavigatedViewer from "bpmn-js/lib/NavigatedViewer";

export interface Change {
  id: string;
  what: "added" | "removed" | "changed" | "moved";
  sign: string;
  label: string;
}
interface Canvas {
  addMarker(id: string, marker: string): void;
}
interface Shape {
  waypoints?: { x: number; y: number }[];
  x: number;
  y: number;
}
interface Registry {
  get(id: string): Shape | undefined;
}
interface Overlays {
  add(id: string, overlay: { position: { top: number; left: number }; html: HTMLElement }): string;
}

/** The middle of a flow as seen from the corner that overlays count from. */
function middle(points: { x: number; y: number }[]): { top: number; left: number } {
  const at = Math.floor((points.length - 1) / 2);
  const [one, two] = [points[at]!, points[at + 1]!];
  const left = Math.min(...points.map((point) => point.x));
  const top = Math.min(...points.map((point) => point.y));
  return { left: (one.x + two.x) / 2 - left - 9, top: (one.y + two.y) / 2 - top - 9 };
}

export function markChanges(viewer: NavigatedViewer, changes: Change[]): void {
  const canvas = viewer.get<Canvas>("canvas");
  const registry = viewer.get<Registry>("elementRegistry");
  const overlays = viewer.get<Overlays>("overlays");
  for (const change of changes) {
    const shape = registry.get(change.id);
    if (!shape) continue;
    canvas.addMarker(change.id, `change-${change.what}`);
    const sign = Object.assign(document.createElement("span"), { className: "change", textContent: change.sign, title: change.label });
    sign.dataset["change"] = change.what;
    sign.setAttribute("role", "img");
    sign.setAttribute("aria-label", change.label);
    overlays.add(change.id, { position: shape.waypoints ? middle(shape.waypoints) : { top: -9, left: -9 }, html: sign });
  }
}
