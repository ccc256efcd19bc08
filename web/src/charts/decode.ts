// The body of POST /api/v1/series: a JSON head, then columns of float64.

export interface Series {
  run: string;
  /** How many points there are in the range, drawn or not. */
  points: number;
  firstTime: number;
  x: Float64Array;
  /** The value, or the mean of a bucket. */
  y: Float64Array;
  /** The exact envelope, when the points are buckets. */
  low: Float64Array | null;
  high: Float64Array | null;
}

interface Head {
  run: string;
  points: number;
  first_time: number;
  rows: number;
  columns: string[];
}

export function decode(body: ArrayBuffer): Series[] {
  const size = new DataView(body).getUint32(0, true);
  const heads: Head[] = JSON.parse(new TextDecoder().decode(new Uint8Array(body, 4, size)));
  let at = 4 + size;
  return heads.map((head) => {
    const column: Record<string, Float64Array> = {};
    for (const name of head.columns) {
      column[name] = new Float64Array(body, at, head.rows);
      at += head.rows * 8;
    }
    return {
      run: head.run,
      points: head.points,
      firstTime: head.first_time,
      x: column["x"]!,
      y: (column["y"] ?? column["mean"])!,
      low: column["low"] ?? null,
      high: column["high"] ?? null,
    };
  });
}
