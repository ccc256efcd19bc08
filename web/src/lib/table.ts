// Comma-separated values of the beginning of a file.

/** Rows of cells; a last row that may be cut in two is left out. */
export function parseTable(text: string, separator: string, whole: boolean): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let value = "";
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i]!;
    if (quoted) {
      if (c !== '"') value += c;
      else if (text[i + 1] === '"') {
        value += c;
        i += 1;
      } else quoted = false;
    } else if (c === '"' && value === "") quoted = true;
    else if (c === separator) {
      row.push(value);
      value = "";
    } else if (c === "\n") {
      row.push(value.replace(/\r$/, ""));
      rows.push(row);
      row = [];
      value = "";
    } else value += c;
  }
  if (whole && (value || row.length)) rows.push([...row, value]);
  return rows;
}
