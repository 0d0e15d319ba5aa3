// QR codes (ISO/IEC 18004) for links: bytes, versions 1 to 10, error correction M.

// Of each version at level M: codewords of correction a block, then blocks and their data codewords.
const VERSIONS: readonly (readonly [number, ...[number, number][]])[] = [
  [10, [1, 16]],
  [16, [1, 28]],
  [26, [1, 44]],
  [18, [2, 32]],
  [24, [2, 43]],
  [16, [4, 27]],
  [18, [4, 31]],
  [22, [2, 38], [2, 39]],
  [22, [3, 36], [2, 37]],
  [26, [4, 43], [1, 44]],
];
const ALIGNMENT = [[], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50]];
const FORMAT_M = 0b00;
const PENALTY_RUN = 3;

const exponents = new Uint8Array(512);
const logarithms = new Uint8Array(256);
for (let at = 0, value = 1; at < 255; at++) {
  exponents[at] = exponents[at + 255] = value;
  logarithms[value] = at;
  value = value & 0x80 ? (value << 1) ^ 0x11d : value << 1;
}

function times(a: number, b: number): number {
  return a && b ? exponents[logarithms[a]! + logarithms[b]!]! : 0;
}

// The remainder of the data by the generator polynomial of `count` roots.
function correction(data: readonly number[], count: number): number[] {
  let generator = [1];
  for (let root = 0; root < count; root++) {
    const next = [...generator, 0];
    generator.forEach((factor, at) => (next[at + 1]! ^= times(factor, exponents[root]!)));
    generator = next;
  }
  const rest = [...data, ...new Array<number>(count).fill(0)];
  for (let at = 0; at < data.length; at++) {
    const lead = rest[at]!;
    generator.forEach((factor, n) => (rest[at + n]! ^= times(factor, lead)));
  }
  return rest.slice(data.length);
}

function capacity([, ...blocks]: (typeof VERSIONS)[number]): number {
  return blocks.reduce((sum, [count, size]) => sum + count * size, 0);
}

function dataCodewords(bytes: Uint8Array, version: number, room: number): number[] {
  const bits: number[] = [];
  const put = (value: number, count: number) => {
    for (let at = count - 1; at >= 0; at--) bits.push((value >> at) & 1);
  };
  put(0b0100, 4);
  put(bytes.length, version < 10 ? 8 : 16);
  for (const byte of bytes) put(byte, 8);
  put(0, Math.min(4, room * 8 - bits.length));
  while (bits.length % 8) bits.push(0);
  const words: number[] = [];
  for (let at = 0; at < bits.length; at += 8) words.push(parseInt(bits.slice(at, at + 8).join(''), 2));
  for (let pad = 0xec; words.length < room; pad ^= 0xec ^ 0x11) words.push(pad);
  return words;
}

// The blocks' codewords, taken in turns.
function interleaved(words: number[], [count, ...groups]: (typeof VERSIONS)[number]): number[] {
  const blocks: number[][] = [];
  let at = 0;
  for (const [blockCount, size] of groups) {
    for (let n = 0; n < blockCount; n++) blocks.push(words.slice(at, (at += size)));
  }
  const checks = blocks.map((block) => correction(block, count));
  const turns = (lists: number[][]) =>
    Array.from({ length: Math.max(...lists.map((list) => list.length)) }, (_, n) => lists.flatMap((list) => (n < list.length ? [list[n]!] : []))).flat();
  return [...turns(blocks), ...turns(checks)];
}

class Grid {
  readonly size: number;
  readonly dark: boolean[][];
  private fixed: boolean[][];

  constructor(version: number) {
    this.size = 17 + 4 * version;
    this.dark = Array.from({ length: this.size }, () => new Array<boolean>(this.size).fill(false));
    this.fixed = Array.from({ length: this.size }, () => new Array<boolean>(this.size).fill(false));
    this.patterns(version);
  }

  private set(x: number, y: number, dark: boolean): void {
    if (x < 0 || y < 0 || x >= this.size || y >= this.size) return;
    this.dark[y]![x] = dark;
    this.fixed[y]![x] = true;
  }

  private patterns(version: number): void {
    const last = this.size - 1;
    for (let at = 0; at < this.size; at++) {
      this.set(6, at, at % 2 === 0);
      this.set(at, 6, at % 2 === 0);
    }
    for (const [left, top] of [[3, 3], [last - 3, 3], [3, last - 3]] as const) {
      for (let dy = -4; dy <= 4; dy++) {
        for (let dx = -4; dx <= 4; dx++) {
          const ring = Math.max(Math.abs(dx), Math.abs(dy));
          this.set(left + dx, top + dy, ring !== 2 && ring !== 4);
        }
      }
    }
    const centres = ALIGNMENT[version - 1]!;
    for (const y of centres) for (const x of centres) if (!this.nearFinder(x, y)) this.alignment(x, y);
    this.format(0);
    if (version >= 7) this.version(version);
  }

  private nearFinder(x: number, y: number): boolean {
    const far = this.size - 9;
    return (x < 9 && y < 9) || (x > far && y < 9) || (x < 9 && y > far);
  }

  private alignment(x: number, y: number): void {
    for (let dy = -2; dy <= 2; dy++) for (let dx = -2; dx <= 2; dx++) this.set(x + dx, y + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1);
  }

  format(mask: number): void {
    const data = (FORMAT_M << 3) | mask;
    let rest = data;
    for (let n = 0; n < 10; n++) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
    const bits = ((data << 10) | rest) ^ 0x5412;
    const bit = (at: number) => ((bits >> at) & 1) === 1;
    for (let at = 0; at < 6; at++) this.set(8, at, bit(at));
    this.set(8, 7, bit(6));
    this.set(8, 8, bit(7));
    this.set(7, 8, bit(8));
    for (let at = 9; at < 15; at++) this.set(14 - at, 8, bit(at));
    for (let at = 0; at < 8; at++) this.set(this.size - 1 - at, 8, bit(at));
    for (let at = 8; at < 15; at++) this.set(8, this.size - 15 + at, bit(at));
    this.set(8, this.size - 8, true);
  }

  private version(version: number): void {
    let rest = version;
    for (let n = 0; n < 12; n++) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25);
    const bits = (version << 12) | rest;
    for (let at = 0; at < 18; at++) {
      const dark = ((bits >> at) & 1) === 1;
      const a = this.size - 11 + (at % 3);
      const b = Math.floor(at / 3);
      this.set(a, b, dark);
      this.set(b, a, dark);
    }
  }

  fill(words: readonly number[]): void {
    let at = 0;
    for (let right = this.size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      for (let step = 0; step < this.size; step++) {
        const upward = ((right + 1) & 2) === 0;
        const y = upward ? this.size - 1 - step : step;
        for (const x of [right, right - 1]) {
          if (this.fixed[y]![x]) continue;
          this.dark[y]![x] = at < words.length * 8 && ((words[at >> 3]! >> (7 - (at & 7))) & 1) === 1;
          at++;
        }
      }
    }
  }

  mask(kind: number): void {
    for (let y = 0; y < this.size; y++) {
      for (let x = 0; x < this.size; x++) if (!this.fixed[y]![x] && masks[kind]!(x, y)) this.dark[y]![x] = !this.dark[y]![x];
    }
  }

  // The lower, the easier to read: long runs, blocks, finder-like rows, too much of one colour.
  penalty(): number {
    let sum = 0;
    let count = 0;
    const at = (x: number, y: number, turned: boolean) => (turned ? this.dark[x]![y]! : this.dark[y]![x]!);
    for (const turned of [false, true]) {
      for (let y = 0; y < this.size; y++) {
        let run = 0;
        let history = '';
        for (let x = 0; x < this.size; x++) {
          const dark = at(x, y, turned);
          if (!turned && dark) count++;
          run = x > 0 && dark === at(x - 1, y, turned) ? run + 1 : 1;
          if (run === 5) sum += PENALTY_RUN;
          else if (run > 5) sum++;
          history += dark ? '1' : '0';
          if (!turned && x > 0 && y > 0) {
            const block = [at(x - 1, y, false), at(x, y - 1, false), at(x - 1, y - 1, false)];
            if (block.every((other) => other === dark)) sum += 3;
          }
        }
        sum += 40 * ((history.match(/(?=10111010000)/g) ?? []).length + (history.match(/(?=00001011101)/g) ?? []).length);
      }
    }
    return sum + 10 * Math.floor(Math.abs((count * 20) / this.size ** 2 - 10));
  }
}

const masks: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

// Rows of dark and light squares, without the margin of four; null for a text that is too long.
export function qrCode(text: string): boolean[][] | null {
  const bytes = new TextEncoder().encode(text);
  const version = VERSIONS.findIndex((row, at) => capacity(row) >= bytes.length + (at + 1 < 10 ? 2 : 3)) + 1;
  if (!version) return null;
  const row = VERSIONS[version - 1]!;
  const words = interleaved(dataCodewords(bytes, version, capacity(row)), row);
  let best: Grid | null = null;
  for (let kind = 0; kind < masks.length; kind++) {
    const grid = new Grid(version);
    grid.fill(words);
    grid.mask(kind);
    grid.format(kind);
    if (!best || grid.penalty() < best.penalty()) best = grid;
  }
  return best!.dark;
}
