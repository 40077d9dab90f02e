declare module "*.css";
declare module "htmx.org/dist/htmx.esm.min.js" {
  import type { Htmx } from "htmx.org";
  const htmx: Htmx;
  export default htmx;
}
