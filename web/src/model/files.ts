// How a file of a message is shown: by what the server says it is, never by its name.

import type { FileFacts } from './protocol.ts';

export type FileKind = 'picture' | 'audio' | 'video' | 'text' | 'other';

export const FILES_MAX = 10;
// A picture in the log is shown no larger than this, in CSS pixels.
const PICTURE_WIDTH = 360;
const PICTURE_HEIGHT = 280;
// A line of pixels can still be seen and clicked.
const PICTURE_LEAST = 40;
const MOVING_BYTES_MAX = 2 << 20;

const pictures = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

export function kindOf({ type }: FileFacts): FileKind {
  const plain = type.split(';')[0]!;
  if (pictures.has(plain)) return 'picture';
  if (plain.startsWith('audio/')) return 'audio';
  if (plain.startsWith('video/')) return 'video';
  return plain === 'text/plain' ? 'text' : 'other';
}

// The box of a picture, which is known before the picture is loaded, so that nothing moves.
export function boxOf({ width, height }: FileFacts): { width: number; height: number } {
  const across = width || PICTURE_WIDTH;
  const down = height || (PICTURE_WIDTH * 3) / 4;
  const scale = Math.min(1, PICTURE_WIDTH / across, PICTURE_HEIGHT / down);
  return { width: Math.max(PICTURE_LEAST, Math.round(across * scale)), height: Math.max(PICTURE_LEAST, Math.round(down * scale)) };
}

// The address of a picture's small preview. It has a name of its own, since its bytes are others.
export function previewOf(file: FileFacts, side: 160 | 800): FileFacts {
  if (!file.preview) return file;
  return { ...file, file: `${file.file}?size=${side}`, url: file.preview.replace(/\d+$/, String(side)) };
}

// Small enough to move in the log. Whether a WebP moves is not known.
export function movesInLog({ type, bytes }: FileFacts): boolean {
  return type === 'image/gif' && bytes <= MOVING_BYTES_MAX;
}

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];

export function sizeText(bytes: number, locale: string): string {
  let size = bytes;
  let at = 0;
  while (size >= 999.5 && at < units.length - 1) {
    size /= 1000;
    at++;
  }
  const digits = at && size < 99.95 ? 1 : 0;
  return new Intl.NumberFormat(locale, { style: 'unit', unit: units[at]!, unitDisplay: at ? 'short' : 'long', maximumFractionDigits: digits }).format(size);
}

// The name by which `highlight()` knows the language of a text file.
const languages: Record<string, string> = { h: 'c', hpp: 'cpp', mjs: 'js', cjs: 'js', tsx: 'ts', jsx: 'js', yml: 'yaml', bash: 'sh', patch: 'diff', htm: 'html' };

export function languageOf(name: string): string {
  if (/^(GNU)?makefile$/i.test(name)) return 'make';
  const ending = /\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
  return languages[ending] ?? ending;
}
