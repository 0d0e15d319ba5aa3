// A line through some numbers, as the path of a picture.

// How much each grew since the one before; what began anew (a server that was started again) counts from 0.
export function ratesOf(values: readonly number[]): number[] {
  return values.slice(1).map((value, at) => Math.max(0, value - values[at]!));
}

export function chartPath(values: readonly number[], width: number, height: number): string {
  if (values.length < 2) return '';
  const most = Math.max(...values);
  const least = Math.min(...values);
  const step = width / (values.length - 1);
  const y = (value: number) => (most === least ? height / 2 : 1 + (height - 2) * (1 - (value - least) / (most - least)));
  return values.map((value, at) => `${at ? 'L' : 'M'}${(at * step).toFixed(1)} ${y(value).toFixed(1)}`).join('');
}
