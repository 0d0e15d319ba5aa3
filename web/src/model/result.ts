// How an action ends: with a value, or with a reason in words for the person who asked for it.
// `code` is one of the protocol's error codes, `offline` where there is no line, or `input` where
// what was typed cannot be understood.

export type Result<T = null> = { ok: true; value: T } | Failure;

export interface Failure {
  ok: false;
  code: string;
  text: string;
}

export const done: Result = { ok: true, value: null };

export function success<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function failure(code: string, text: string): Failure {
  return { ok: false, code, text };
}
