// The one connection of this page, for everybody who asks something of the server.

import type { Connection } from '../net/connection.ts';
import { Refusal } from '../model/protocol.ts';
import type { WireObject } from '../model/protocol.ts';
import { done, failure, success } from '../model/result.ts';
import type { Failure, Result } from '../model/result.ts';
import { t } from '../text.ts';

export function failureOf(error: unknown): Failure {
  if (error instanceof Refusal && error.code !== 'offline') return failure(error.code, error.message || error.code);
  return failure('offline', t('error.offline'));
}

export class Line {
  private connection: Connection | null = null;

  use(next: Connection | null): void {
    this.connection = next;
  }

  get current(): Connection | null {
    return this.connection;
  }

  get isOnline(): boolean {
    return this.connection?.state === 'online';
  }

  async request<T = WireObject>(object: WireObject): Promise<Result<T>> {
    try {
      if (!this.connection) throw new Refusal('offline', '');
      return success((await this.connection.request(object)) as T);
    } catch (error) {
      return failureOf(error);
    }
  }

  // For requests whose answer says no more than that it was done.
  async order(object: WireObject): Promise<Result> {
    const answer = await this.request(object);
    return answer.ok ? done : answer;
  }

  post(object: WireObject): boolean {
    return this.connection?.post(object) ?? false;
  }
}
