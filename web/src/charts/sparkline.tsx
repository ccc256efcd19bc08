import { number } from "../lib/format";

const W = 120;
const H = 28;

export function Sparkline({ values, labels }: { values: (number | null)[]; labels: string[] }) {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  if (known.length < 2) return null;
  const low = Math.min(...known);
  const high = Math.max(...known);
  const x = (place: number) => 3 + (place / (values.length - 1)) * (W - 6);
  const y = (value: number) =>
    high === low ? H / 2 : H - 4 - ((value - low) / (high - low)) * (H - 8);
  const points = values
    .map((value, place) => (value === null ? null : ([x(place), y(value), place] as const)))
    .filter((one) => one !== null);
  const text = points.map(([, , place]) => `${labels[place]} ${number(values[place]!)}`).join(", ");
  return (
    <svg class="spark" viewBox={`0 0 ${W} ${H}`} width={W} height={H} role="img" aria-label={text}>
      <polyline points={points.map(([px, py]) => `${px},${py}`).join(" ")} />
      {points.map(([px, py, place]) => (
        <circle key={place} cx={px} cy={py} r={place === values.length - 1 ? 2.6 : 1.4}>
          <title>{`${labels[place]}: ${number(values[place]!)}`}</title>
        </circle>
      ))}
    </svg>
  );
}
