const letters = 'abcdefghijklmnopqrstuvwxyz234567';

// crypto.randomUUID is only there on https; getRandomValues is everywhere.
export function randomId(length: number): string {
  let id = '';
  for (const byte of crypto.getRandomValues(new Uint8Array(length))) id += letters[byte & 31];
  return id;
}
