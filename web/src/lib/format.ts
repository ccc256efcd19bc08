// Numbers, times and sizes as a person reads them.

/** A number in at most `digits` significant digits, without noise. */
export function number(value: number, digits = 5): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  if (Math.abs(value) > 1.7e308) return value > 0 ? "∞" : "−∞"; // how a tracked infinity is kept
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return minus(String(value));
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return minus(value.toExponential(2).replace("e+", "e"));
  return minus(String(Number(value.toPrecision(digits))));
}

export function cell(value: number | string | null | undefined): string {
  if (value === null || value === undefined) return "";
  return typeof value === "number" ? number(value) : value;
}

export function count(value: number, noun: string, plural = `${noun}s`): string {
  return `${value.toLocaleString("en")} ${value === 1 ? noun : plural}`;
}

export function bytes(size: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let unit = 0;
  let left = size;
  while (left >= 1000 && unit < units.length - 1) {
    left /= 1000;
    unit += 1;
  }
  return `${unit ? left.toPrecision(3) : left} ${units[unit]}`;
}

export function duration(ms: number): string {
  if (ms < 0) return "";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const s = ms / 1000;
  if (s < 60) return `${s < 10 ? s.toFixed(1) : Math.round(s)} s`;
  const m = Math.floor(s / 60);
  if (m < 60) return `${m} min ${Math.round(s % 60)} s`;
  const h = Math.floor(m / 60);
  if (h < 48) return `${h} h ${m % 60} min`;
  return `${Math.floor(h / 24)} d ${h % 24} h`;
}

export function ago(then: number, now = Date.now()): string {
  const s = (now - then) / 1000;
  if (s < 0) return when(then);
  if (s < 10) return "just now";
  if (s < 60) return `${Math.round(s)} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ago`;
  if (s < 86400 * 14) return `${Math.floor(s / 86400)} d ago`;
  return day(then);
}

export function when(time: number): string {
  const d = new Date(time);
  return `${day(time)} ${two(d.getHours())}:${two(d.getMinutes())}`;
}

export function day(time: number): string {
  const d = new Date(time);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function minus(text: string): string {
  return text.replace("-", "−").replace("e−", "e−");
}
