// What helps to write a filter: where an error points, and what could come next.

export interface Trouble {
  message: string;
  /** Where the wrong token starts (from 0), if that is known. */
  at: number | null;
}

/** The server's message about a filter, with the place it points at. */
export function trouble(message: string): Trouble {
  const [first = ""] = message.split("\n");
  const found = /^(?:Invalid filter: )?(.*?)(?: at character (\d+))?$/.exec(first);
  return { message: found?.[1] ?? first, at: found?.[2] ? Number(found[2]) - 1 : null };
}

export interface Known {
  metrics: string[];
  params: string[];
  tags: string[];
}

const ATTRIBUTES = ["run_name", "status", "start_time", "end_time", "user_id", "run_id"];
const PLAIN = /^[\w.]+$/;

export function quoted(key: string): string {
  return PLAIN.test(key) ? key : `\`${key}\``;
}

/** The word that ends at `caret`, and what it could become. */
export function complete(
  text: string,
  caret: number,
  known: Known,
): { from: number; options: string[] } {
  const word = /[\w.`/:-]*$/.exec(text.slice(0, caret))?.[0] ?? "";
  const from = caret - word.length;
  const before = text.slice(0, from).trimEnd();
  if (/(=|<|>|like)$/i.test(before)) {
    const values = /status\s*!?=$/i.test(before)
      ? ["'FINISHED'", "'RUNNING'", "'FAILED'", "'KILLED'"]
      : [];
    return { from, options: values };
  }
  const all = [
    ...known.metrics.map((key) => `metrics.${quoted(key)}`),
    ...known.params.map((key) => `params.${quoted(key)}`),
    ...ATTRIBUTES,
    ...known.tags.map((key) => `tags.${quoted(key)}`),
  ];
  const wanted = word.replaceAll("`", "").toLowerCase();
  if (!wanted) return { from, options: [] };
  const options = all.filter((one) => one.replaceAll("`", "").toLowerCase().includes(wanted));
  const exact = options.length === 1 && options[0] === word;
  return { from, options: exact ? [] : options.slice(0, 12) };
}
