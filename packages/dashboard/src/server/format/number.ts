const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

/** A count with thousands separated: `1,204`. 64-bit integers arrive as text and stay exact. */
export function count(value: number | bigint | string): string {
  if (typeof value === 'string') return /^-?\d+$/.test(value) ? whole.format(BigInt(value)) : value;
  return whole.format(value);
}

/** `1 visitor`, `2 visitors`. */
export function counted(value: number | string, singular: string, plural = `${singular}s`): string {
  return `${count(value)} ${Number(value) === 1 ? singular : plural}`;
}

/** A share of one as a percentage: `61 %`, `0.4 %`, `<0.1 %`; never rounds something to nothing, nor almost all to all. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return '–';
  const value = share * 100;
  if (value === 0 || value === 100) return `${value} %`;
  if (value > 0 && value < 0.1) return '<0.1 %';
  if (value > 99.9 && value < 100) return '>99.9 %';
  if (value < 10 || (value > 99 && value < 100)) return `${value.toFixed(1)} %`;
  return `${value.toFixed(0)} %`;
}

/** A score in [0, 1] with two decimals, cut and not rounded: 0.899 must not read as the 0.90 of the next level. */
export function score(value: number): string {
  return Number.isFinite(value) ? (Math.floor(value * 100 + 1e-6) / 100).toFixed(2) : '–';
}

/** A measured value in three significant digits: `0.0123`, `4.21`, `812`, `12,345`. */
export function measured(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return whole.format(value);
  if (size < 0.001) return value === 0 ? '0' : value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}

/** Bytes with a decimal unit: `1.2 kB`. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let left = value;
  let unit = 0;
  while (left >= 1000 && unit < units.length - 1) {
    left /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? left : left.toFixed(left < 10 ? 1 : 0)} ${units[unit]}`;
}
