// How long to wait before the next try to connect: doubling, with a cap, and jittered, so that the
// clients of a server that came back do not all arrive in the same instant.

const FIRST_MS = 400;
const CAP_MS = 30_000;

export class Backoff {
  private tries = 0;
  private random: () => number;

  constructor(random: () => number = Math.random) {
    this.random = random;
  }

  next(): number {
    const full = Math.min(CAP_MS, FIRST_MS * 2 ** this.tries);
    if (full < CAP_MS) this.tries++;
    return Math.round(full * (0.5 + this.random() / 2));
  }

  reset(): void {
    this.tries = 0;
  }
}
