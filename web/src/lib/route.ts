// The address is the truth about what is shown: #/path/parts?query. The paths are those that MLflow's client
// prints, so the links in its output lead here.
import { signal } from "@preact/signals";

export interface Place {
  path: string[];
  query: URLSearchParams;
}

export function parse(hash: string): Place {
  const [path = "", query = ""] = splitOnce(hash.replace(/^#\/?/, ""), "?");
  const parts = path.split("/").filter(Boolean).map(decode);
  return { path: parts, query: new URLSearchParams(query) };
}

export function href(
  path: readonly string[],
  query: Record<string, string | undefined> = {},
): string {
  const known = Object.entries(query).filter((one): one is [string, string] => !!one[1]);
  const search = new URLSearchParams(known).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${search ? `?${search}` : ""}`;
}

/** The hash with some of its query changed; an empty value takes the name away. */
export function changed(place: Place, changes: Record<string, string | null | undefined>): string {
  const query: Record<string, string | undefined> = Object.fromEntries(place.query);
  for (const [name, value] of Object.entries(changes)) query[name] = value || undefined;
  return href(place.path, query);
}

export const here = signal<Place>(parse(typeof location === "undefined" ? "" : location.hash));

if (typeof window !== "undefined") {
  window.addEventListener("hashchange", () => {
    here.value = parse(location.hash);
  });
}

export function go(hash: string): void {
  location.hash = hash;
}

/** Change the query of where we are without a step in the history. */
export function patch(changes: Record<string, string | null | undefined>): void {
  history.replaceState(null, "", changed(here.value, changes));
  here.value = parse(location.hash);
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
