// Colours of runs: told apart with every kind of colour sight, on light and dark ground.
const COLOURS = [
  "#2a78c2",
  "#e07b1f",
  "#0f9b83",
  "#cc3d5e",
  "#8a63d2",
  "#a48400",
  "#3fb0d8",
  "#b0553a",
  "#6f8f2f",
  "#d26bb3",
];

/** A colour for each id: an id prefers its own colour wherever it is shown, and gives way only to those before. */
export function colours(ids: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  const used = new Set<number>();
  for (const id of ids) {
    if (found.has(id)) continue;
    let slot = hash(id) % COLOURS.length;
    if (used.size === COLOURS.length) used.clear();
    while (used.has(slot)) slot = (slot + 1) % COLOURS.length;
    used.add(slot);
    found.set(id, COLOURS[slot] ?? "#888");
  }
  return found;
}

function hash(text: string): number {
  let value = 2166136261;
  for (let i = 0; i < text.length; i += 1) value = Math.imul(value ^ text.charCodeAt(i), 16777619);
  return value >>> 0;
}
