// The skin tone of those emoji that have one.

const TONED = new Set([...'👍👎👌🤏✌🤞🤟🤘🤙👈👉👆👇👋✋🖖👏🙌👐🙏🤝💪✊👊✍🤷🤦🙇💁🙅🙆🚶🏃💃']);

export const TONES = 5;

export function toned(emoji: string, tone: number): string {
  const [first = ''] = emoji;
  if (tone < 1 || tone > TONES || !TONED.has(first)) return emoji;
  return first + String.fromCodePoint(0x1f3fa + tone);
}
